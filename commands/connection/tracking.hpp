// CLIENT's subcommands about client-side caching; their rows are among CLIENT's.
#pragma once

#include "commands/families.hpp"

namespace respawn::commands {

void client_tracking(Execution& x, Args args);
void client_caching(Execution& x, Args args);
void client_getredir(Execution& x, Args args);
void client_trackinginfo(Execution& x, Args args);

}  // namespace respawn::commands
