// What the keyspace does of its own accord: keys and fields whose time is over, room, waits that
// end, rates.
#pragma once

#include <cstdint>

#include "engine/run/environment.hpp"
#include "engine/run/memory_limit.hpp"
#include "engine/run/unit_clock.hpp"

namespace respawn::engine {

/// Owner: the executor. Each removal is a unit of its own.
class Upkeep {
 public:
  Upkeep(Environment& environment, MemoryLimit& memory_limit, UnitClock& clock)
      : environment_(environment),
        store_(environment.store),
        memory_limit_(memory_limit),
        clock_(clock) {}

  /// To be called ten times a second with what clients sent and were sent: what INFO's
  /// instantaneous figures are made of.
  void sample_rates(std::uint64_t received_bytes, std::uint64_t sent_bytes);

  /// Answers the clients whose time is over, and ends a pause whose time is.
  void answer_expired_waits();

  /// Removes up to `keys_max` keys or fields whose time is over, exactly those. Returns when to
  /// call again (wall clock, ms; in the past: at once), or 0 for never.
  std::int64_t expire_keys(std::size_t keys_max);

  /// To be called ten times a second: goes on forgetting what client tracking remembers above its
  /// limit.
  void trim_tracking();

  /// Goes on making room where maxmemory is exceeded, for a bounded time; to be called again, after
  /// others had their turn, while memory_unsettled().
  void make_room();

  [[nodiscard]] bool memory_unsettled() const { return memory_limit_.unfinished(); }

  /// New keys get this clock from now on, if it is a new one.
  void renew_access_clock();

 private:
  std::int64_t expire_keys_now(std::size_t keys_max);
  bool expire_fields(std::size_t index, std::size_t& fields_max);
  void expire_fields_of(std::size_t index, const keyspace::Entry& entry, std::size_t& fields_max);

  Environment& environment_;
  Store& store_;
  MemoryLimit& memory_limit_;
  UnitClock& clock_;
  std::uint32_t access_clock_ = 0;  // what new keys get
};

}  // namespace respawn::engine
