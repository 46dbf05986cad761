// CONFIG: reads and changes the configuration while the server runs.
#include "commands/families.hpp"
#include "commands/shared/help.hpp"
#include "config/change.hpp"
#include "engine/run/publish.hpp"
#include "engine/run/rights.hpp"

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

void config_set(Execution& x, Args args) {
  auto prepared =
      config::prepare(x.config(), args.subspan(2),
                      {.local = x.session().is_local(), .loading = x.store().loading.active});
  if (!prepared.ok()) return x.fail(prepared.error());
  if (auto refusal = publish(x.store(), x.env().services.configuration, *prepared))
    return x.fail(config::refusal_reply(prepared->changes, *refusal).text);
  x.reply.ok();
}

/// What a configuration file has to say of the users, "alice on ..." of each; nothing where they
/// have a file of their own.
std::vector<std::string> user_rules(const Store& store) {
  std::vector<std::string> rules;
  if (!store.config->aclfile.empty()) return rules;
  for (const auto& [name, user] : store.users.all()) rules.push_back(name + " " + user->text());
  return rules;
}

void config_rewrite(Execution& x, Args) {
  const std::vector<std::string> rules = user_rules(x.store());
  const config::UserLines users{rules, users_follow_from_requirepass(x.store())};
  if (Status written = x.env().services.configuration.rewrite(x.config(), users); !written.ok())
    return x.fail(written.error());
  x.reply.ok();
}

void config_resetstat(Execution& x, Args) {
  Store& store = x.store();
  store.statistics.reset();
  store.registry.reset_statistics();
  store.denials.reset_counts();
  store.request_times.reset();
  store.log.reset_statistics();
  store.databases.statistics = {};
  store.databases.garbage().reset_statistics();
  x.env().services.process.reset_network();
  x.reply.ok();
}

constexpr Flags config_admin_flags = {Flag::admin, Flag::noscript, Flag::loading, Flag::stale};

constexpr CommandSpec config_subcommands[] = {
    command({.name = "config|get",
             .syntax = "parameter [parameter ...]",
             .group = Group::server,
             .flags = config_admin_flags,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of parameters asked for",
             .summary = "Returns the values of parameters, named or by glob pattern.",
             .run = config_get}),
    command({.name = "config|set",
             .syntax = "parameter value [parameter value ...]",
             .group = Group::server,
             .flags = config_admin_flags,
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of parameters given",
             .summary = "Changes parameters: all of them or none.",
             .run = config_set}),
    command({.name = "config|rewrite",
             .group = Group::server,
             .flags = config_admin_flags,
             .since = "2.8.0",
             .complexity = "O(1)",
             .summary = "Brings the configuration file up to date.",
             .run = config_rewrite}),
    command({.name = "config|resetstat",
             .group = Group::server,
             .flags = config_admin_flags,
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

constexpr CommandSpec config_rows[] = {
    command({.name = "config",
             .group = Group::server,
             .since = "2.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Reads and changes the configuration.",
             .subcommands = config_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> config_commands = config_rows;

}  // namespace respawn::commands
