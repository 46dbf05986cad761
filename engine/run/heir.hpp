// What becomes of a unit that was cut off with its keyspace actor.
#pragma once

namespace respawn::engine {

struct Store;

/// The recovered record of the unit says what it had touched; what it had propagated by then may be
/// more or less than what it had done. From now on the record propagates the state of what was
/// touched, as it is: then whoever replays it has the same. Between UnitRecord::recover() and
/// unit_done(). O(what was touched; a database where all of one was).
void propagate_state(Store& store);

}  // namespace respawn::engine
