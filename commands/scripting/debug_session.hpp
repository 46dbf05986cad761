// SCRIPT DEBUG: a script that is run step by step, by the hand of its client.
#pragma once

#include "commands/shared/scripts.hpp"

namespace respawn::commands {

/// Runs EVAL, which `evaluate` does, in the debugger. Requires that the running unit talks. The
/// connection is closed behind the reply, as redis-cli expects it.
void debug_script(Execution& x, Args args, void (*evaluate)(Execution& x, Args args));

}  // namespace respawn::commands
