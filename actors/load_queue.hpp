// What a thread that loads data has ready for the keyspace.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/run/executor.hpp"

namespace respawn::actors {

/// A step of loading that only the keyspace may do: taking over databases that are complete,
/// running commands of a log, ending. Runs on the keyspace actor, in its context, while
/// Store::loading is active; short, for the loop waits.
using LoadStep = std::function<void(engine::Executor&)>;

/// Between the loading thread, which waits where the keyspace is behind, and the keyspace actor of
/// the moment: should one fail, its successor goes on with the next step. Owner: the server
/// context. Thread-safe.
class LoadQueue {
 public:
  static constexpr std::size_t steps_max = 64;

  /// `wake` is called behind each push, from the pushing thread.
  void on_push(std::function<void()> wake) { wake_ = std::move(wake); }

  /// False when nobody takes steps any more.
  bool push(LoadStep step) {
    {
      std::unique_lock lock(mutex_);
      taken_.wait(lock, [this] { return closed_ || steps_.size() < steps_max; });
      if (closed_) return false;
      steps_.push_back(std::move(step));
    }
    if (wake_) wake_();
    return true;
  }

  [[nodiscard]] std::optional<LoadStep> pop() {
    const std::lock_guard lock(mutex_);
    if (steps_.empty()) return std::nullopt;
    LoadStep step = std::move(steps_.front());
    steps_.pop_front();
    taken_.notify_one();
    return step;
  }

  /// The server ends: who waits in push() is sent away.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    steps_.clear();
    taken_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable taken_;
  std::deque<LoadStep> steps_;
  bool closed_ = false;
  std::function<void()> wake_;
};

}  // namespace respawn::actors
