// What RESPAWN tells of snapshots.
#pragma once

#include "commands/families.hpp"

namespace respawn::commands {

inline constexpr std::size_t snapshot_fields = 9;

/// Fields of a map about the snapshot that is under way, and the last one: size, duration, speed.
void write_snapshot_fields(Execution& x);

}  // namespace respawn::commands
