// The steps of execution, numbered, so that a test can end the actor at each of them.
#pragma once

#include <cstdint>

#include "keyspace/database.hpp"

namespace respawn::engine {

enum class Step : std::uint8_t {
  batch,           // a client's commands are about to run
  handler,         // before it runs
  behind_handler,  // it ran
  events,          // its events are about to be told
  unit_end,        // its unit is about to be told
  serving,         // blocked clients are about to be served
  waiter,          // before a blocked client's command runs again
  behind_waiter,   // it ran again
  release,         // a blocked client has its reply
  continuing,      // its batch is about to go on
  wait_end,        // a wait is over without having been served
  expiry,          // a key whose time is over is about to be removed
  field_expiry,    // fields of a hash are
  eviction,        // a key is about to be removed to make room
  slice,           // a suspended unit is about to go on
  count_,
};

/// Told of every step, on the keyspace actor's thread; may throw, as anything there may.
class StepProbe {
 public:
  virtual ~StepProbe() = default;
  virtual void at(Step step) = 0;
};

/// Told of every key that a command looks up, before it does.
class LookupObserver {
 public:
  virtual ~LookupObserver() = default;
  virtual void looking_up(int db, const keyspace::Key& key) = 0;
};

}  // namespace respawn::engine
