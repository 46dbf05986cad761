// FUNCTION: libraries of functions.
#include "base/glob.hpp"
#include "commands/scripting/script_control.hpp"
#include "commands/shared/function_loading.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

using scripting::FunctionLibraries;
using scripting::Library;
using scripting::RegisteredFunction;

/// How long a library may take to be loaded: no limit for one that is replayed.
LoadHost load_host(Execution& x) {
  const Clock* clock = x.session().applying ? nullptr : &x.env().clock;
  return {clock, &x.env().services.log};
}

/// Functions are propagated with the data.
void reply_changed(Execution& x) {
  x.changed_beside_keys();
  x.reply.ok();
}

void function_load(Execution& x, Args args) {
  bool replace = false;
  for (const std::string_view option : args.subspan(2, args.size() - 3)) {
    if (!iequals(option, "replace"))
      return x.fail("ERR Unknown option given: " + std::string(errors::up_to_nul(option)));
    replace = true;
  }
  Scripts& scripts = Scripts::of(x.store());
  scripts.functions().limit_memory(static_cast<std::size_t>(x.config().script_memory_limit_bytes));
  LoadHost host = load_host(x);
  host.give_way(x.env().long_unit, scripts.running);
  // So that others are told what they wait for, and a successor knows that Lua was in the middle.
  const RunningScript outer = scripts.running;
  scripts.running = {.active = true,
                     .is_function = true,
                     .name = "FUNCTION LOAD",
                     .command = args,
                     .begun_ns = x.env().clock.stopwatch_ns()};
  auto name = load_library(scripts, scripts.libraries, args.back(), replace, host);
  scripts.running = outer;
  if (!name.ok()) return x.fail(name.error());
  x.changed_beside_keys();
  x.reply.bulk(*name);
}

Flags flags_of_load(const Store&, const CommandSpec& spec, Args) {
  return spec.flags;
}

void function_delete(Execution& x, Args args) {
  Scripts& scripts = Scripts::of(x.store());
  if (!scripts.libraries.find(args[2])) return x.fail("ERR Library not found");
  scripts.forget(scripts.libraries.take(args[2]));
  reply_changed(x);
}

void function_flush(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::subcommand_syntax(args[1], "function"));
  if (args.size() == 3 && !is_flush_mode(args[2]))
    return x.fail("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  Scripts::of(x.store()).flush_functions();
  reply_changed(x);
}

void function_kill(Execution& x, Args) {
  kill_running(x, true);
}

// ---- Bytes ----

void function_dump(Execution& x, Args) {
  x.reply.bulk(dump_libraries(Scripts::of(x.store()).libraries));
}

/// Behind FUNCTION RESTORE's policy; none of them has changed where it fails.
Status put_in_place(Scripts& scripts, FunctionLibraries& restored, std::string_view policy) {
  if (iequals(policy, "flush")) {
    for (const auto& [name, library] : scripts.libraries.all()) scripts.forget(library);
    scripts.libraries = std::move(restored);
    return success();
  }
  auto replaced = scripts.libraries.join(restored, iequals(policy, "replace"));
  if (!replaced.ok()) return failure("ERR " + replaced.error());
  for (const Library& library : *replaced) scripts.forget(library);
  return success();
}

void function_restore(Execution& x, Args args) {
  if (args.size() > 4) return x.fail(errors::subcommand_syntax(args[1], "function"));
  const std::string_view policy = args.size() == 4 ? args[3] : "append";
  if (!iequals(policy, "append") && !iequals(policy, "replace") && !iequals(policy, "flush"))
    return x.fail(
        "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  Scripts& scripts = Scripts::of(x.store());
  FunctionLibraries restored;
  LoadHost host = load_host(x);
  Status status = restore_libraries(scripts, restored, args[2], host);
  if (status.ok()) status = put_in_place(scripts, restored, policy);
  if (status.ok()) return reply_changed(x);
  for (const auto& [name, library] : restored.all()) scripts.forget(library);
  x.fail(status.error());
}

// ---- What there is ----

void reply_function(Execution& x, const RegisteredFunction& function) {
  x.reply.map(3);
  x.reply.bulk("name");
  x.reply.bulk(function.name);
  x.reply.bulk("description");
  function.description ? x.reply.bulk(*function.description) : x.reply.null();
  x.reply.bulk("flags");
  std::size_t count = 0;
  for (const auto& [name, flag] : scripting::script_flag_names)
    count += function.flags.has(flag) ? 1 : 0;
  x.reply.set(count);
  for (const auto& [name, flag] : scripting::script_flag_names)
    if (function.flags.has(flag)) x.reply.simple(name);
}

void reply_library(Execution& x, const Library& library, bool with_code) {
  x.reply.map(with_code ? 4 : 3);
  x.reply.bulk("library_name");
  x.reply.bulk(library.name);
  x.reply.bulk("engine");
  x.reply.bulk("LUA");
  x.reply.bulk("functions");
  x.reply.array(library.functions.size());
  for (const RegisteredFunction& function : library.functions) reply_function(x, function);
  if (!with_code) return;
  x.reply.bulk("library_code");
  x.reply.bulk(library.code);
}

struct ListOptions {
  bool with_code = false;
  std::optional<std::string_view> pattern;
};

Result<ListOptions> parse_list(Args args) {
  ListOptions options;
  for (ArgCursor at(args, 2); !at.done();) {
    if (!options.with_code && at.take("WITHCODE")) {
      options.with_code = true;
    } else if (!options.pattern && at.take("LIBRARYNAME")) {
      if (at.done()) return failure("ERR library name argument was not given");
      options.pattern = at.next();
    } else {
      return failure("ERR Unknown argument " + std::string(errors::up_to_nul(at.next())));
    }
  }
  return options;
}

void function_list(Execution& x, Args args) {
  auto options = parse_list(args);
  if (!options.ok()) return x.fail(options.error());
  std::vector<const Library*> listed;
  for (const auto& [name, library] : Scripts::of(x.store()).libraries.all())
    if (!options->pattern || glob_match(*options->pattern, name, true)) listed.push_back(&library);
  x.reply.array(listed.size());
  for (const Library* library : listed) reply_library(x, *library, options->with_code);
}

void reply_running(Execution& x, const RunningScript& running) {
  constexpr std::uint64_t ns_per_ms = 1'000'000;
  if (!running.active) return x.reply.null();
  x.reply.map(3);
  x.reply.bulk("name");
  x.reply.bulk(running.name);
  x.reply.bulk("command");
  x.reply.array(running.command.size());
  for (const std::string_view word : running.command) x.reply.bulk(word);
  x.reply.bulk("duration_ms");
  x.reply.integer(
      static_cast<std::int64_t>((x.env().clock.stopwatch_ns() - running.begun_ns) / ns_per_ms));
}

void function_stats(Execution& x, Args) {
  const Scripts& scripts = Scripts::of(x.store());
  const RunningScript& running = scripts.running;
  if (running.active && !running.is_function) return x.fail(scripts.busy_error());
  x.reply.map(2);
  x.reply.bulk("running_script");
  reply_running(x, running);
  x.reply.bulk("engines");
  x.reply.map(1);
  x.reply.bulk("LUA");
  x.reply.map(2);
  x.reply.bulk("libraries_count");
  x.reply.integer(static_cast<std::int64_t>(scripts.libraries.all().size()));
  x.reply.bulk("functions_count");
  x.reply.integer(static_cast<std::int64_t>(scripts.libraries.function_count()));
}

constexpr CommandSpec function_rows[] = {
    command({.name = "function|delete",
             .syntax = "library-name",
             .group = Group::scripting,
             .flags = {Flag::write, Flag::noscript},
             .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Deletes a library and its functions.",
             .run = function_delete}),
    command({.name = "function|dump",
             .group = Group::scripting,
             .flags = {Flag::noscript},
             .since = "7.0.0",
             .complexity = "O(N) where N is the number of functions",
             .summary = "Returns all libraries as bytes, for FUNCTION RESTORE.",
             .run = function_dump}),
    command({.name = "function|flush",
             .syntax = "[ASYNC | SYNC]",
             .group = Group::scripting,
             .flags = {Flag::write, Flag::noscript},
             .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
             .since = "7.0.0",
             .complexity = "O(N) where N is the number of functions deleted",
             .summary = "Deletes all libraries and their functions.",
             .run = function_flush}),
    command({.name = "function|kill",
             .group = Group::scripting,
             .flags = {Flag::noscript, Flag::allow_busy},
             .tips = {"request_policy:all_shards", "response_policy:one_succeeded"},
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Ends the function that runs, unless it has written.",
             .run = function_kill}),
    command({.name = "function|list",
             .syntax = "[LIBRARYNAME library-name-pattern] [WITHCODE]",
             .group = Group::scripting,
             .flags = {Flag::noscript},
             .tips = {"nondeterministic_output_order"},
             .since = "7.0.0",
             .complexity = "O(N) where N is the number of functions",
             .summary = "Returns the libraries and their functions.",
             .run = function_list}),
    command({.name = "function|load",
             .syntax = "[REPLACE] function-code",
             .group = Group::scripting,
             .flags = {Flag::write, Flag::denyoom, Flag::noscript, Flag::runs_script},
             .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
             .since = "7.0.0",
             .complexity = "O(1) (considering compilation time is redundant)",
             .summary = "Adds a library, or puts it in the place of one.",
             .run = function_load,
             .flags_of_call = flags_of_load}),
    command({.name = "function|restore",
             .syntax = "serialized-value [FLUSH | APPEND | REPLACE]",
             .group = Group::scripting,
             .flags = {Flag::write, Flag::denyoom, Flag::noscript},
             .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
             .since = "7.0.0",
             .complexity = "O(N) where N is the number of functions on the payload",
             .summary = "Adds the libraries that FUNCTION DUMP returned.",
             .run = function_restore}),
    command({.name = "function|stats",
             .group = Group::scripting,
             .flags = {Flag::noscript, Flag::allow_busy},
             .tips = {"nondeterministic_output", "request_policy:all_shards",
                      "response_policy:special"},
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Returns the function that runs, and how many there are.",
             .run = function_stats}),
    command({.name = "function|help",
             .group = Group::scripting,
             .flags = {Flag::loading, Flag::stale},
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec functions_rows[] = {
    command({.name = "function",
             .group = Group::scripting,
             .since = "7.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Manages libraries of functions.",
             .subcommands = function_rows}),
};

}  // namespace

constinit const std::span<const CommandSpec> function_commands = functions_rows;

}  // namespace respawn::commands
