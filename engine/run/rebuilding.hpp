// What becomes of data that a crash has damaged, where there is an append log.
#pragma once

#include "engine/run/environment.hpp"

namespace respawn::engine {

/// Whether base and log hold all that was there before the unit that did the damage.
[[nodiscard]] bool can_rebuild(const Store& store);

/// Where no keyspace actor is: the damaged data is forgotten, and the store is in its loading state
/// from now on. What was not yet written goes to the disk, which has to write it before the log is
/// read. Requires can_rebuild().
void begin_rebuilding(Store& store);

/// When all that the log holds has been applied: it goes on.
void end_rebuilding(Store& store);

}  // namespace respawn::engine
