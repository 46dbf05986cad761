// HELP of a container command, made from the rows of its subcommands.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

/// A subcommand with its arguments, and what it does.
using HelpEntry = std::pair<std::string, std::string_view>;

/// The handler of every "<container>|help" row. HELP itself comes last.
void container_help(Execution& x, Args args);

/// The same for a command that tells its subcommands apart by itself.
void help_reply(Execution& x, std::string_view command, std::span<const HelpEntry> entries);

}  // namespace respawn::commands
