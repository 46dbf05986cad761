// SCRIPT: the cache of scripts, and the script that runs.
#include "commands/shared/scripts.hpp"
#include "commands/scripting/script_control.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

void script_load(Execution& x, Args args) {
  auto script = Scripts::of(x.store()).compiled(args[2]);
  if (!script.ok()) return x.fail(script.error());
  x.reply.bulk((*script)->sha);
}

void script_exists(Execution& x, Args args) {
  Scripts& scripts = Scripts::of(x.store());
  x.reply.array(args.size() - 2);
  for (const std::string_view sha : args.subspan(2))
    x.reply.integer(scripts.cache.find(sha) ? 1 : 0);
}

/// Both modes are one: what is freed is small, but for the texts.
void script_flush(Execution& x, Args args) {
  const bool known = args.size() == 2 || (args.size() == 3 && is_flush_mode(args[2]));
  if (!known) return x.fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  Scripts::of(x.store()).flush_scripts();
  x.reply.ok();
}

void script_kill(Execution& x, Args) {
  kill_running(x, false);
}

/// What was replied before, and has not gone out, would be taken for the debugger's.
void script_debug(Execution& x, Args args) {
  if (!x.reply.buffer().empty())
    return x.fail("ERR SCRIPT DEBUG must be called outside a pipeline");
  ScriptDebug& debug = x.session().script_debug;
  if (iequals(args[2], "no"))
    debug = ScriptDebug::off;
  else if (iequals(args[2], "yes"))
    debug = ScriptDebug::taken_back;
  else if (iequals(args[2], "sync"))
    debug = ScriptDebug::kept;
  else
    return x.fail("ERR Use SCRIPT DEBUG YES/SYNC/NO");
  x.reply.ok();
}

constexpr CommandSpec script_rows[] = {
    command({.name = "script|debug",
             .syntax = "<YES | SYNC | NO>",
             .group = Group::scripting,
             .flags = {Flag::noscript},
             .since = "3.2.0",
             .complexity = "O(1)",
             .summary = "Sets whether the client's next script is debugged.",
             .run = script_debug}),
    command({.name = "script|exists",
             .syntax = "sha1 [sha1 ...]",
             .group = Group::scripting,
             .flags = {Flag::noscript},
             .tips = {"request_policy:all_shards", "response_policy:agg_logical_and"},
             .since = "2.6.0",
             .complexity = "O(N) with N being the number of scripts to check (so checking a single "
                           "script is an O(1) operation).",
             .summary = "Tells which scripts are cached.",
             .run = script_exists}),
    command({.name = "script|flush",
             .syntax = "[ASYNC | SYNC]",
             .group = Group::scripting,
             .flags = {Flag::noscript},
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "2.6.0",
             .complexity = "O(N) with N being the number of scripts in cache",
             .summary = "Forgets all cached scripts.",
             .run = script_flush}),
    command({.name = "script|kill",
             .group = Group::scripting,
             .flags = {Flag::noscript, Flag::allow_busy},
             .tips = {"request_policy:all_shards", "response_policy:one_succeeded"},
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Ends the script that runs, unless it has written.",
             .run = script_kill}),
    command({.name = "script|load",
             .syntax = "script",
             .group = Group::scripting,
             .flags = {Flag::noscript, Flag::stale},
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "2.6.0",
             .complexity = "O(N) with N being the length in bytes of the script body.",
             .summary = "Caches a script, for EVALSHA.",
             .run = script_load}),
    command({.name = "script|help",
             .group = Group::scripting,
             .flags = {Flag::loading, Flag::stale},
             .since = "5.0.0",
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
};

}  // namespace

bool is_flush_mode(std::string_view word) {
  return iequals(word, "async") || iequals(word, "sync");
}

void kill_running(Execution& x, bool is_function) {
  Scripts& scripts = Scripts::of(x.store());
  RunningScript& running = scripts.running;
  if (!running.active) return x.fail("NOTBUSY No scripts in execution right now.");
  if (scripts.session.applying)
    return x.fail(
        "UNKILLABLE The busy script was sent by a master instance in the context of replication "
        "and cannot be killed.");
  if (running.has_written)
    return x.fail(
        "UNKILLABLE Sorry the script already executed write commands against the dataset. You can "
        "either wait the script termination or kill the server in a hard way using the SHUTDOWN "
        "NOSAVE command.");
  if (running.is_function != is_function) return x.fail(scripts.busy_error());
  running.killed = true;
  x.env().long_unit.wake();
  x.reply.ok();
}

constinit const std::span<const CommandSpec> script_commands = scripts_rows;

}  // namespace respawn::commands
