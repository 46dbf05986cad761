// What DEBUG and RESPAWN say of the append log.
#pragma once

#include "engine/run/execution.hpp"

namespace respawn::commands {

using namespace engine;

/// DEBUG AOF-FLUSH-SLEEP: a disk that is slow, for tests.
void debug_aof_flush_sleep(Execution& x, Args args);

/// DEBUG LOADAOF: the data becomes what the log holds.
void debug_loadaof(Execution& x, Args args);

/// RESPAWN DURABILITY: a map. "log" is off, starting (a first base is being written) or on; offsets
/// are bytes of the log since the start of the process; "durable-age-ms" is how long ago the last
/// flush was (-1: none yet); percentiles are of the flushes' durations.
void respawn_durability(Execution& x, Args args);

}  // namespace respawn::commands
