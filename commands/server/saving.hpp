// What RESPAWN tells of snapshots.
#pragma once

#include "commands/families.hpp"

namespace respawn::commands {

/// The snapshot that is under way, and the last one: size, duration, speed. A flat map.
void respawn_durability(Execution& x, Args args);

}  // namespace respawn::commands
