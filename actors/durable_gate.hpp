// What goes out to clients waits here until the append log is durable that far.
#pragma once

#include <cstdint>
#include <vector>

#include "persistence/append_log/log_tail.hpp"

namespace respawn::actors {

/// Who has output that waits.
class DurableWaiter {
 public:
  /// The log has come further, or has failed: looks again at what waits.
  virtual void on_log_progress() = 0;

 protected:
  ~DurableWaiter() = default;
};

/// Owner: the server's context, one for each loop that carries connections; used on the thread of
/// that loop alone. The disk actor has one call per loop and flush made: release().
class DurableGate {
 public:
  enum class Verdict : std::uint8_t {
    go,
    wait,
    lost,  // whether it will ever be true, nobody knows: the client is closed
  };

  /// Null: everything goes out.
  explicit DurableGate(const persistence::LogTail* tail) : tail_(tail) {}

  DurableGate(const DurableGate&) = delete;
  DurableGate& operator=(const DurableGate&) = delete;

  /// May what depends on this offset go out?
  [[nodiscard]] Verdict judge(std::uint64_t offset) const {
    if (tail_ == nullptr) return Verdict::go;
    // In this order: it does not become durable by failing.
    const bool failed = tail_->failed();
    if (offset <= tail_->durable()) return Verdict::go;
    return failed ? Verdict::lost : Verdict::wait;
  }

  /// Is told of progress, until leave(). Not to be called twice.
  void enter(DurableWaiter& waiter) { waiters_.push_back(&waiter); }

  void leave(DurableWaiter& waiter);

  /// Everybody who waits looks again, and enters again if he still has to wait.
  void release();

 private:
  const persistence::LogTail* tail_;
  std::vector<DurableWaiter*> waiters_;
  std::vector<DurableWaiter*> called_;  // of a release that runs; null: has left meanwhile
};

}  // namespace respawn::actors
