// The timers of one event loop: a binary heap by deadline whose entries are cancelled in O(1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace respawn::net {

/// Owner: one loop, on its thread. Timers fire in the order of their deadlines, equal ones in the
/// order in which they were added. Invariant: cancelled entries never outnumber the living ones by
/// more than the slack, so that a timer that is armed and cancelled for ever costs no memory.
/// add O(log n), cancel O(1) amortized.
class TimerQueue {
 public:
  using Callback = std::function<void()>;

  /// Returns an id that is never 0.
  std::uint64_t add(std::int64_t deadline_us, Callback callback);

  /// Ids of timers that fired or were cancelled are ignored.
  void cancel(std::uint64_t id);

  [[nodiscard]] bool empty() const { return living_ == 0; }

  /// REQUIRES: not empty(). Drops cancelled entries on the way.
  [[nodiscard]] std::int64_t next_deadline_us();

  /// A mark for take_due(): timers added from now on are younger than it.
  [[nodiscard]] std::uint64_t mark() const { return next_sequence_; }

  /// Moves the callback of the first timer due at `now_us` and older than `mark` to `callback`.
  bool take_due(std::int64_t now_us, std::uint64_t mark, Callback& callback);

  /// Drops every timer.
  void clear();

 private:
  struct Entry {
    std::int64_t deadline_us;
    std::uint64_t sequence;
    std::uint32_t slot;
    std::uint32_t generation;
  };

  struct Slot {
    Callback callback;
    std::uint32_t generation = 0;
  };

  static bool later(const Entry& a, const Entry& b);
  [[nodiscard]] bool stale(const Entry& entry) const;
  void drop_stale_front();
  void pop_front();
  Callback free_slot(std::uint32_t slot);
  void compact();

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::size_t living_ = 0;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace respawn::net
