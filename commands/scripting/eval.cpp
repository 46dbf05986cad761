// EVAL, EVALSHA and their read-only forms: scripts that clients send.
#include "commands/scripting/debug_session.hpp"
#include "commands/scripting/script_host.hpp"
#include "commands/shared/key_specs.hpp"
#include "engine/clients/monitor.hpp"

namespace respawn::commands {

namespace {

using scripting::Script;

constexpr std::string_view no_script = "NOSCRIPT No matching script. Please use EVAL.";

/// In front of what it runs.
void show(Execution& x, Args args) {
  ClientTable& clients = x.store().clients;
  if (!clients.monitors().empty())
    show_to_monitors(clients, x.session(), x.spec(), args, x.now_us());
}

bool is_read_only(const CommandSpec& spec) {
  return spec.flags.has(Flag::readonly);
}

void run_cached(Execution& x, Args args, std::size_t key_count, const Script& script) {
  run_script(x, args, key_count,
             {.name = script.sha,
              .function = script.function,
              .flags = script.header.flags,
              .read_only = is_read_only(x.spec())});
}

/// Compiled; null and an error reply where it cannot be.
Script* script_of_text(Execution& x, std::string_view source) {
  auto script = Scripts::of(x.store()).compiled(source);
  if (script.ok()) return *script;
  x.fail(script.error());
  return nullptr;
}

Script* script_of_sha(Execution& x, std::string_view sha) {
  Scripts& scripts = Scripts::of(x.store());
  Script* script = scripts.cache.find(sha);
  if (!script) {
    x.fail(no_script);
    return nullptr;
  }
  if (Status compiled = scripts.compile(*script); !compiled.ok()) {
    x.fail(compiled.error());
    return nullptr;
  }
  return script;
}

void evaluate(Execution& x, Args args) {
  const auto key_count = key_count_of(x, args, errors::not_an_integer);
  if (!key_count) return;
  if (const Script* script = script_of_text(x, args[1])) run_cached(x, args, *key_count, *script);
}

void eval(Execution& x, Args args) {
  show(x, args);
  x.env().long_unit.talks() ? debug_script(x, args, evaluate) : evaluate(x, args);
}

void evalsha(Execution& x, Args args) {
  constexpr std::size_t sha_digits = 40;
  show(x, args);
  if (args[1].size() != sha_digits) return x.fail(no_script);
  if (x.env().long_unit.talks())
    return x.fail("ERR Please use EVAL instead of EVALSHA for debugging");
  const auto key_count = key_count_of(x, args, errors::not_an_integer);
  if (!key_count) return;
  if (const Script* script = script_of_sha(x, args[1])) run_cached(x, args, *key_count, *script);
}

/// As the script says it in its first line; nothing where it is not known.
Flags flags_of_eval(const Store& store, const CommandSpec& spec, Args args) {
  const bool by_sha = spec.name.starts_with("evalsha");
  Scripts* scripts = static_cast<Scripts*>(store.scripts.get());
  const Script* script = nullptr;
  if (scripts) script = by_sha ? scripts->cache.find(args[1]) : scripts->cache.find_source(args[1]);
  if (script) return flags_of_script(spec.flags, script->header.flags);
  if (by_sha) return spec.flags;
  const auto header = scripting::read_script_header(args[1]);
  return header.ok() ? flags_of_script(spec.flags, header->flags) : spec.flags;
}

constexpr KeyFlags written = {KeyFlag::RW, KeyFlag::access, KeyFlag::update};
constexpr KeyFlags read = {KeyFlag::RO, KeyFlag::access};
constexpr Flags writing = {
    Flag::noscript,          Flag::stale,       Flag::skip_monitor, Flag::may_replicate,
    Flag::no_mandatory_keys, Flag::movablekeys, Flag::runs_script};
constexpr Flags reading = {Flag::readonly,         Flag::noscript,    Flag::stale,
                           Flag::skip_monitor,     Flag::movablekeys, Flag::runs_script,
                           Flag::no_mandatory_keys};

constexpr CommandSpec eval_rows[] = {
    command({.name = "eval",
             .syntax = "script numkeys [key [key ...]] [arg [arg ...]]",
             .group = Group::scripting,
             .flags = writing,
             .keys = {declared_keys(written,
                                    "We cannot tell how the keys will be used so we assume the "
                                    "worst, RW and UPDATE")},
             .since = "2.6.0",
             .complexity = "Depends on the script that is executed.",
             .summary = "Runs a Lua script.",
             .run = eval,
             .flags_of_call = flags_of_eval}),
    command({.name = "eval_ro",
             .syntax = "script numkeys [key [key ...]] [arg [arg ...]]",
             .group = Group::scripting,
             .flags = reading,
             .keys = {declared_keys(read,
                                    "We cannot tell how the keys will be used so we assume the "
                                    "worst, RO and ACCESS")},
             .since = "7.0.0",
             .complexity = "Depends on the script that is executed.",
             .summary = "Runs a Lua script that may only read.",
             .run = eval,
             .flags_of_call = flags_of_eval}),
    command({.name = "evalsha",
             .syntax = "sha1 numkeys [key [key ...]] [arg [arg ...]]",
             .group = Group::scripting,
             .flags = writing,
             .keys = {counted_keys(written, 2)},
             .since = "2.6.0",
             .complexity = "Depends on the script that is executed.",
             .summary = "Runs a cached Lua script, named by its SHA-1.",
             .run = evalsha,
             .flags_of_call = flags_of_eval}),
    command({.name = "evalsha_ro",
             .syntax = "sha1 numkeys [key [key ...]] [arg [arg ...]]",
             .group = Group::scripting,
             .flags = reading,
             .keys = {counted_keys(read, 2)},
             .since = "7.0.0",
             .complexity = "Depends on the script that is executed.",
             .summary = "Runs a cached Lua script that may only read, named by its SHA-1.",
             .run = evalsha,
             .flags_of_call = flags_of_eval}),
};

}  // namespace

constinit const std::span<const CommandSpec> eval_commands = eval_rows;

}  // namespace respawn::commands
