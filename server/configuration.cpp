#include "server/configuration.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/reload.hpp"
#include "config/rewrite.hpp"
#include "engine/run/publish.hpp"

namespace respawn::server {

using config::Applies;
using config::Refusal;
using engine::LogLevel;

void coalesce(const actors::ServerContext& context, const config::Config& config) {
  if (config.io_threads <= 1)
    context.connection_loops.front()->coalesce(
        static_cast<std::uint32_t>(config.network_coalesce_us));
}

std::optional<Refusal> Configuration::listen(const config::PreparedChange& change) {
  const config::Option* port = changed_option(change.changes, Applies::listening_port);
  const config::Option* addresses = changed_option(change.changes, Applies::listening_addresses);
  if (!port && !addresses) return std::nullopt;
  switch (listeners_.replace(change.config)) {
    case Listeners::Replaced::done:
      return std::nullopt;
    case Listeners::Replaced::cannot_listen:
      return port ? Refusal{port, "Unable to listen on this port"}
                  : Refusal{addresses, "Failed to bind to specified addresses."};
    case Listeners::Replaced::no_supervisor:
      break;
  }
  return Refusal{port ? port : addresses, "the network supervisor is restarting"};
}

std::optional<Refusal> Configuration::apply(const config::Config& before,
                                            const config::PreparedChange& change) {
  // First what can fail, and of that last what cannot be undone.
  const config::Config& after = change.config;
  const config::Option* directory = changed_option(change.changes, Applies::directory);
  if (directory && ::chdir(after.dir.c_str()) != 0) return Refusal{directory, std::strerror(errno)};
  if (auto refusal = listen(change)) {
    if (directory && ::chdir(before.dir.c_str()) != 0)
      log_.write(LogLevel::warning, "Can't go back to " + before.dir);
    return refusal;
  }
  if (changed_option(change.changes, Applies::log)) log_.configure(after);
  if (changed_option(change.changes, Applies::coalescing)) coalesce(context_, after);
  return std::nullopt;
}

void Configuration::announce(const std::shared_ptr<const config::Config>& now,
                             std::span<const config::Change> changes) {
  context_.take_over(now, changes);
}

Status Configuration::rewrite(const config::Config& config) {
  return config::rewrite_file(config, source_, files_);
}

void Configuration::reload(engine::Store& store) {
  auto reloaded = config::reload(*store.config, source_, files_);
  if (!reloaded) {
    log_.write(LogLevel::warning, "Configuration reload rejected: " + reloaded.error());
    return;
  }
  for (const config::Change& change : reloaded->needs_restart)
    log_.write(LogLevel::warning, "Configuration change needs a restart",
               {{"option", std::string(change.option->name)},
                {"running", change.before},
                {"file", change.after}});
  if (auto refusal = engine::publish(store, *this, reloaded->now)) {
    log_.write(LogLevel::warning, "Configuration reload rejected: " +
                                      std::string(refusal->option->name) + ": " + refusal->reason);
    return;
  }
  for (const config::Change& change : reloaded->now.changes)
    log_.write(LogLevel::notice, "Configuration changed",
               {{"option", std::string(change.option->name)},
                {"before", change.option->secret ? "(secret)" : change.before},
                {"after", change.option->secret ? "(secret)" : change.after}});
  log_.write(LogLevel::notice, "Configuration reloaded");
}

}  // namespace respawn::server
