// Long work that stops now and then, so that others get their turn.
#pragma once

#include <coroutine>
#include <utility>

namespace respawn {

/// A coroutine that says where it may be interrupted:
///   Slices count(Walk walk) { for (; walk.valid(); walk.next()) co_await end_of_slice; }
///   for (Slices work = count(walk); work.next();) serve_others();
/// Its parameters are copied into it; what they refer to outlives it. Owner: who calls next(); on
/// one thread. An exception leaves through next(), which must not be called again then.
class Slices {
 public:
  struct promise_type {
    Slices get_return_object() {
      return Slices(std::coroutine_handle<promise_type>::from_promise(*this));
    }

    static std::suspend_always initial_suspend() noexcept { return {}; }

    static std::suspend_always final_suspend() noexcept { return {}; }

    static void return_void() {}

    static void unhandled_exception() { throw; }
  };

  Slices() = default;

  Slices(Slices&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

  Slices& operator=(Slices other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }

  ~Slices() {
    if (handle_) handle_.destroy();
  }

  /// Whether there is any work at all, done or not.
  explicit operator bool() const { return static_cast<bool>(handle_); }

  /// Does one slice. False when that was the last one.
  bool next() {
    handle_.resume();
    return !handle_.done();
  }

  /// All that is left.
  void run() {
    while (next()) {
    }
  }

 private:
  explicit Slices(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

inline constexpr std::suspend_always end_of_slice;

}  // namespace respawn
