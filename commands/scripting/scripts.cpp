// The commands of scripts and functions. There is nothing to flush yet: running them comes with the
// script engine.
#include "commands/families.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

bool is_flush_mode(std::string_view word) {
  return iequals(word, "async") || iequals(word, "sync");
}

void script_flush(Execution& x, Args args) {
  if (args.size() > 3 || (args.size() == 3 && !is_flush_mode(args[2])))
    return x.fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  x.reply.ok();
}

void function_flush(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::subcommand_syntax(args[1], "function"));
  if (args.size() == 3 && !is_flush_mode(args[2]))
    return x.fail("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  x.reply.ok();
}

constexpr CommandSpec script_rows[] = {
    command({.name = "script|flush",
             .syntax = "[ASYNC | SYNC]",
             .group = Group::scripting,
             .flags = {Flag::noscript},
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "2.6.0",
             .complexity = "O(N) with N being the number of cached scripts.",
             .summary = "Forgets all cached scripts.",
             .run = script_flush}),
    command({.name = "script|help",
             .group = Group::scripting,
             .flags = {Flag::loading, Flag::stale},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec function_rows[] = {
    command({.name = "function|flush",
             .syntax = "[ASYNC | SYNC]",
             .group = Group::scripting,
             .flags = {Flag::write, Flag::noscript},
             .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
             .since = "7.0.0",
             .complexity = "O(N) with N being the number of functions.",
             .summary = "Deletes all libraries and their functions.",
             .run = function_flush}),
    command({.name = "function|help",
             .group = Group::scripting,
             .flags = {Flag::loading, Flag::stale},
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec scripts_rows[] = {
    command({.name = "script",
             .group = Group::scripting,
             .since = "2.6.0",
             .complexity = "Depends on subcommand.",
             .summary = "Manages cached scripts.",
             .subcommands = script_rows}),
    command({.name = "function",
             .group = Group::scripting,
             .since = "7.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Manages libraries of functions.",
             .subcommands = function_rows}),
};

}  // namespace

constinit const std::span<const CommandSpec> script_commands = scripts_rows;

}  // namespace respawn::commands
