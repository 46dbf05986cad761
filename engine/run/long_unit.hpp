// The stack on which a command runs that may take long, and the time it has at once.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/fiber.hpp"
#include "engine/table/spec.hpp"

namespace respawn::engine {

/// Owner: the executor. A unit that runs here gives way when its slice is over: the loop has its
/// turns, and the unit goes on where it stopped. Meanwhile nobody else changes data. What is on the
/// stack owns nothing where it gives way, for the keyspace actor may end there.
///
/// A unit that talks (a script that is debugged) answers its client again and again before it
/// ends: it waits for what the client says next, and goes on with that.
class LongUnit {
 public:
  explicit LongUnit(const Clock& clock) : clock_(clock) {}

  // For what runs on the stack.

  /// Whether others should have their turn; to be asked every few microseconds. After
  /// questions_max times it is over, too.
  [[nodiscard]] bool slice_is_over() {
    if (!fiber_.inside()) return false;
    return ++questions_ >= questions_max || clock_.stopwatch_ns() >= slice_end_ns_;
  }

  /// Returns when the unit goes on. Requires that it runs here.
  void give_way() { fiber_.leave(); }

  /// Whether the unit can wait for its client.
  [[nodiscard]] bool talks() const { return talks_; }

  /// The reply so far goes out; returns when the client has said something more, which said() is,
  /// or when the unit has to do without (nothing is said then). Requires that it talks.
  void wait_for_client() {
    said_ = {};
    if (client_left_) return;
    waits_ = true;
    begun_ns_ = clock_.stopwatch_ns();
    fiber_.leave();
    begun_ns_ = clock_.stopwatch_ns();
    waits_ = woken_ = false;
  }

  /// The words of the client; they live until it is waited for again.
  [[nodiscard]] Args said() const { return said_; }

  [[nodiscard]] bool client_left() const { return client_left_; }

  /// From outside: it does not wait any longer.
  void wake() { woken_ = waits_; }

  /// When it began, by the stopwatch; of one that talks: when it began to wait for its client, or
  /// to go on behind that.
  [[nodiscard]] std::uint64_t begun_ns() const { return begun_ns_; }

  // For the executor.

  /// True when the work has ended; else it is suspended.
  bool start(Fiber::Work work, void* argument, std::int64_t slice_us, bool talks) {
    talks_ = talks;
    waits_ = woken_ = client_left_ = false;
    begin_slice(slice_us);
    begun_ns_ = slice_begin_ns_;
    return fiber_.start(work, argument);
  }

  bool go_on(std::int64_t slice_us) {
    begin_slice(slice_us);
    return fiber_.enter();
  }

  [[nodiscard]] bool suspended() const { return fiber_.active() && !fiber_.inside(); }

  /// Suspended, and its client is to say what comes next.
  [[nodiscard]] bool waits() const { return waits_; }

  [[nodiscard]] bool woken() const { return woken_; }

  /// What its client says. Requires waits().
  void say(Args words) { said_ = words; }

  /// Nobody is there to be waited for any more.
  void leave_client() {
    client_left_ = true;
    wake();
  }

 private:
  static constexpr int questions_max = 1'000;

  void begin_slice(std::int64_t slice_us) {
    questions_ = 0;
    slice_begin_ns_ = clock_.stopwatch_ns();
    slice_end_ns_ = slice_begin_ns_ + static_cast<std::uint64_t>(slice_us) * 1000;
  }

  const Clock& clock_;
  Fiber fiber_;
  int questions_ = 0;
  bool talks_ = false;
  bool waits_ = false;
  bool woken_ = false;
  bool client_left_ = false;
  Args said_;
  std::uint64_t begun_ns_ = 0;
  std::uint64_t slice_begin_ns_ = 0;
  std::uint64_t slice_end_ns_ = 0;
};

}  // namespace respawn::engine
