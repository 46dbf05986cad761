// What SCRIPT and FUNCTION have in common.
#pragma once

#include "commands/families.hpp"

namespace respawn::commands {

/// SCRIPT KILL, or FUNCTION KILL: marks what runs, and replies. Within microseconds of its next
/// turn it ends, whatever it catches.
void kill_running(Execution& x, bool is_function);

/// ASYNC or SYNC, in any case.
[[nodiscard]] bool is_flush_mode(std::string_view word);

}  // namespace respawn::commands
