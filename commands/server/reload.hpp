// DEBUG RELOAD: all data into the snapshot file and back.
#pragma once

#include "commands/families.hpp"

namespace respawn::commands {

/// Saves and loads again: encodings become what they are behind a load, keys whose time is over are
/// gone, access clocks begin anew. NOSAVE loads what is in the file; NOFLUSH loads it on top of
/// what is there, where MERGE replaces keys and a key that is there is an error otherwise.
/// Everybody waits. Where the file cannot be loaded nothing has changed, but with NOFLUSH. O(data).
void debug_reload(Execution& x, Args args);

}  // namespace respawn::commands
