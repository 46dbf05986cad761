// MONITOR: shows every command to the clients that asked for it.
#pragma once

#include <cstdint>

#include "engine/clients/client_table.hpp"
#include "engine/table/spec.hpp"

namespace respawn::engine {

/// Sends `+<time> [<db> <client>] "<argument>" ...` to all monitors, unless the command is kept
/// from them (administrative ones are). Passwords are left out. `now_us` is the wall clock.
void feed_monitors(ClientTable& clients, const Session& session, const CommandSpec& spec, Args args,
                   std::int64_t now_us);

/// The same of a command that shows itself, in front of what it runs: a script.
void show_to_monitors(ClientTable& clients, const Session& session, const CommandSpec& spec,
                      Args args, std::int64_t now_us);

}  // namespace respawn::engine
