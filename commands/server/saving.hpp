// What RESPAWN tells of snapshots.
#pragma once

#include "commands/families.hpp"

namespace respawn::commands {

inline constexpr std::size_t snapshot_fields = 15;

/// Fields of a map about the snapshot (or rewrite) that is under way, what it keeps as it was, and
/// the last one: size, duration, speed.
void write_snapshot_fields(Execution& x);

}  // namespace respawn::commands
