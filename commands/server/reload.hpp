// DEBUG RELOAD: all data through the snapshot's format and back.
#pragma once

#include "commands/families.hpp"

namespace respawn::commands {

/// As if everything had been saved and loaded again: encodings become what they are behind a load,
/// keys whose time is over are gone, access clocks begin anew. In memory, without a file, so the
/// option NOSAVE (load what is in the file) is an error; NOFLUSH and MERGE change nothing. O(data).
void debug_reload(Execution& x, Args args);

}  // namespace respawn::commands
