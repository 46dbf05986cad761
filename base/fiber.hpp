// A stack of one's own: work that runs on it can stop in the middle, and go on later.
#pragma once

#include <cstddef>

namespace respawn {

/// Owner: one thread, which enters it; what runs on it leaves it. One piece of work at a time. The
/// stack is made once, with a page below it that ends the process when it is reached; entering and
/// leaving cost a few nanoseconds. Sanitizers are told of each switch.
///
/// Work that has not ended can be dropped: its stack is used again and nothing on it is destroyed,
/// so it must own nothing while it is outside.
class Fiber {
 public:
  /// Of the usable stack; what is not reached takes no memory. What runs here is bounded in depth
  /// (Lua: 200 calls of C within each other, a few hundred KB at most); the sanitizers
  /// make frames several times as large.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr std::size_t stack_bytes = 8 * 1024 * 1024;
#else
  static constexpr std::size_t stack_bytes = 1024 * 1024;
#endif

  /// Must not throw: it has no caller to catch it.
  using Work = void (*)(void* argument);

  /// The memory is asked for at the first start.
  Fiber() = default;
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs the work until it ends or leaves; true when it has ended. Requires !active(). Throws
  /// std::bad_alloc where there is no memory for the stack.
  bool start(Work work, void* argument);

  /// Goes on behind leave(); true when the work has ended. Requires active() && !inside().
  bool enter();

  /// From within: back to who started or entered it. Returns when it is entered again.
  void leave();

  /// Forgets what has not ended. Requires !inside().
  void drop();

  /// Whether there is work that has not ended.
  [[nodiscard]] bool active() const {
    return active_;
  }

  /// Whether it is running right now.
  [[nodiscard]] bool inside() const {
    return inside_;
  }

 private:
  struct Switch;  // what the sanitizers are told

  void make_stack();
  void run();

  char* memory_ = nullptr;
  void* context_ = nullptr;  // where the fiber goes on
  void* caller_ = nullptr;   // where who entered it goes on
  Work work_ = nullptr;
  void* argument_ = nullptr;
  bool active_ = false;
  bool inside_ = false;

  // Sanitizers' own.
  void* own_fake_stack_ = nullptr;
  void* callers_fake_stack_ = nullptr;
  const void* callers_stack_ = nullptr;
  std::size_t callers_stack_bytes_ = 0;
  void* own_thread_ = nullptr;
  void* callers_thread_ = nullptr;
};

}  // namespace respawn
