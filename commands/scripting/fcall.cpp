// FCALL and FCALL_RO: functions of libraries.
#include "commands/scripting/script_host.hpp"
#include "commands/shared/key_specs.hpp"
#include "engine/clients/monitor.hpp"

namespace respawn::commands {

namespace {

void fcall(Execution& x, Args args) {
  ClientTable& clients = x.store().clients;
  if (!clients.monitors().empty())
    show_to_monitors(clients, x.session(), x.spec(), args, x.now_us());
  Scripts& scripts = Scripts::of(x.store());
  scripts.load_functions();  // so that what is found is compiled
  const scripting::RegisteredFunction* function = scripts.libraries.function(args[1]);
  if (!function) return x.fail("ERR Function not found");
  const auto key_count = key_count_of(x, args, "ERR Bad number of keys provided");
  if (!key_count) return;
  run_script(x, args, *key_count,
             {.name = function->name,
              .function = function->function,
              .is_function = true,
              .flags = function->flags,
              .read_only = x.spec().flags.has(Flag::readonly)});
}

Flags flags_of_fcall(const Store& store, const CommandSpec& spec, Args args) {
  const Scripts* scripts = Scripts::find(store);
  const auto* function = scripts ? scripts->libraries.function(args[1]) : nullptr;
  return function ? flags_of_script(spec.flags, function->flags) : spec.flags;
}

constexpr CommandSpec fcall_rows[] = {
    command({.name = "fcall",
             .syntax = "function numkeys [key [key ...]] [arg [arg ...]]",
             .group = Group::scripting,
             .flags = {Flag::noscript, Flag::stale, Flag::skip_monitor, Flag::may_replicate,
                       Flag::no_mandatory_keys, Flag::movablekeys, Flag::runs_script},
             .keys = {declared_keys({KeyFlag::RW, KeyFlag::access, KeyFlag::update},
                                    "We cannot tell how the keys will be used so we assume the "
                                    "worst, RW and UPDATE")},
             .since = "7.0.0",
             .complexity = "Depends on the function that is executed.",
             .summary = "Calls a function.",
             .run = fcall,
             .flags_of_call = flags_of_fcall}),
    command({.name = "fcall_ro",
             .syntax = "function numkeys [key [key ...]] [arg [arg ...]]",
             .group = Group::scripting,
             .flags = {Flag::readonly, Flag::noscript, Flag::stale, Flag::skip_monitor,
                       Flag::no_mandatory_keys, Flag::movablekeys, Flag::runs_script},
             .keys = {declared_keys({KeyFlag::RO, KeyFlag::access},
                                    "We cannot tell how the keys will be used so we assume the "
                                    "worst, RO and ACCESS")},
             .since = "7.0.0",
             .complexity = "Depends on the function that is executed.",
             .summary = "Calls a function that may only read.",
             .run = fcall,
             .flags_of_call = flags_of_fcall}),
};

}  // namespace

constinit const std::span<const CommandSpec> fcall_commands = fcall_rows;

}  // namespace respawn::commands
