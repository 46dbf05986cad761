// CONFIG: reads and changes the configuration while the server runs.
#include <memory>
#include <utility>
#include <vector>

#include "commands/families.hpp"
#include "commands/shared/help.hpp"
#include "config/change.hpp"

namespace respawn::commands {

namespace {

void config_get(Execution& x, Args args) {
  const auto values = config::get(x.config(), args.subspan(2));
  x.reply.map(values.size());
  for (const auto& [name, value] : values) {
    x.reply.bulk(name);
    x.reply.bulk(value);
  }
}

/// The change that an error of Services::apply_config is about, and the reason behind its name.
Error refusal_of(const std::vector<config::Change>& changes, std::string_view error) {
  for (const config::Change& change : changes) {
    const std::string_view name = change.option->name;
    if (error.starts_with(name) && error.substr(name.size()).starts_with(": "))
      return config::refusal(change, error.substr(name.size() + 2));
  }
  return config::refusal(changes.front(), error);
}

void config_set(Execution& x, Args args) {
  Store& store = x.store();
  auto prepared = config::prepare(*store.config, args.subspan(2),
                                  {.local = x.session().is_local(), .loading = false});
  if (!prepared.ok()) return x.fail(prepared.error());
  std::vector<std::string> changed;
  for (const config::Change& change : prepared->changes) changed.emplace_back(change.option->name);
  if (!changed.empty()) {
    auto after = std::make_shared<const config::Config>(std::move(prepared->config));
    if (Status applied = x.env().services.apply_config(store.config, after, changed); !applied.ok())
      return x.fail(refusal_of(prepared->changes, applied.error()).text);
    store.config = std::move(after);
  }
  x.reply.ok();
}

void config_rewrite(Execution& x, Args) {
  if (Status written = x.env().services.rewrite_config(x.config()); !written.ok())
    return x.fail(written.error());
  x.reply.ok();
}

void config_resetstat(Execution& x, Args) {
  Store& store = x.store();
  store.statistics.reset();
  store.registry.reset_statistics();
  store.databases.statistics = {};
  store.databases.garbage().reset_statistics();
  x.env().services.reset_network_facts();
  x.reply.ok();
}

constexpr Flags admin_flags = {Flag::admin, Flag::noscript, Flag::loading, Flag::stale};

constexpr CommandSpec subcommands[] = {
    command({.name = "config|get",
             .syntax = "parameter [parameter ...]",
             .group = Group::server,
             .flags = admin_flags,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of parameters asked for",
             .summary = "Returns the values of parameters, named or by glob pattern.",
             .run = config_get}),
    command({.name = "config|set",
             .syntax = "parameter value [parameter value ...]",
             .group = Group::server,
             .flags = admin_flags,
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of parameters given",
             .summary = "Changes parameters: all of them or none.",
             .run = config_set}),
    command({.name = "config|rewrite",
             .group = Group::server,
             .flags = admin_flags,
             .since = "2.8.0",
             .complexity = "O(1)",
             .summary = "Brings the configuration file up to date.",
             .run = config_rewrite}),
    command({.name = "config|resetstat",
             .group = Group::server,
             .flags = admin_flags,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Sets the counters that INFO prints back to zero.",
             .run = config_resetstat}),
    command({.name = "config|help",
             .group = Group::server,
             .flags = {Flag::loading, Flag::stale},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec rows[] = {
    command({.name = "config",
             .group = Group::server,
             .since = "2.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Reads and changes the configuration.",
             .subcommands = subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> config_commands = rows;

}  // namespace respawn::commands
