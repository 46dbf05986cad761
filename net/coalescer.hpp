// Decides for how many requests an event loop waits before it takes them all in one go.
#pragma once

#include <cstdint>

namespace respawn::net {

/// Owner: one event loop. The moderation that network cards apply to interrupts, for the wakes of
/// a loop: under load from many connections, a loop that sleeps until several requests are there,
/// for at most some microseconds, spends less on going to sleep and waking, and so does the client
/// that gets the replies together. It costs latency of that order, so it only happens while turns
/// find more than one request anyway, and at most half of the connections that are busy are waited
/// for (the other half would wait for replies that we hold back). Pure arithmetic, O(1).
class Coalescer {
 public:
  /// What a stream remembers for its loop.
  using Mark = std::uint32_t;

  /// A stream received something; counts the connections that are busy.
  void note_receive(Mark& mark) {
    ++received_;
    if (mark != period_) {
      mark = period_;
      ++busy_in_period_;
    }
    if (++received_in_period_ == period_receives) end_period();
  }

  /// How many receives to wait for now; 0 = for none in particular. Ends the count of the turn
  /// before.
  [[nodiscard]] unsigned plan();

 private:
  static constexpr unsigned period_receives = 256;
  /// Fewer busy connections than this are not waited for.
  static constexpr unsigned busy_min = 32;
  static constexpr unsigned wanted_max = 32;

  void end_period();

  unsigned wanted_ = 0;    // what the turn before waited for
  unsigned received_ = 0;  // in the turn before
  unsigned busy_ = 0;      // connections that received something in the last full period
  unsigned busy_in_period_ = 0;
  unsigned received_in_period_ = 0;
  Mark period_ = 1;  // marks begin with 0
};

}  // namespace respawn::net
