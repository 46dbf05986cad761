#include "server/configuration.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "config/reload.hpp"
#include "config/rewrite.hpp"
#include "engine/run/publish.hpp"
#include "engine/run/rights.hpp"
#include "server/command_names.hpp"
#include "server/crash_report.hpp"
#include "server/initial_users.hpp"
#include "server/proc_title.hpp"
#include "server/system_limits.hpp"

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
  // What was asked for first is to blame.
  const auto first = std::find_if(
      change.changes.begin(), change.changes.end(),
      [&](const config::Change& one) { return one.option == port || one.option == addresses; });
  const config::Option* asked = first->option;
  switch (listeners_.replace(change.config)) {
    case Listeners::Replaced::done:
      return std::nullopt;
    case Listeners::Replaced::cannot_listen:
      return Refusal{asked, asked == port ? "Unable to listen on this port. Check server logs."
                                          : "Failed to bind to specified addresses."};
    case Listeners::Replaced::nowhere:
      break;
  }
  return Refusal{asked, "nobody could connect any more, for there is no Unix socket"};
}

std::optional<Refusal> Configuration::apply(const config::Config& before,
                                            config::PreparedChange& change) {
  // First what can fail, and of that last what cannot be undone.
  config::Config& after = change.config;
  const config::Option* clients = changed_option(change.changes, Applies::descriptors);
  if (clients)
    if (auto reason = no_room_for_clients(after)) return Refusal{clients, *reason};
  const config::Option* directory = changed_option(change.changes, Applies::directory);
  if (directory) {
    if (::chdir(after.dir.c_str()) != 0) return Refusal{directory, std::strerror(errno)};
    std::error_code unknown;
    const std::string entered = std::filesystem::current_path(unknown).string();
    if (!unknown) after.dir = entered;
  }
  if (auto refusal = listen(change)) {
    if (directory && ::chdir(before.dir.c_str()) != 0)
      log_.write(LogLevel::warning, "Can't go back to " + before.dir);
    return refusal;
  }
  if (changed_option(change.changes, Applies::log)) {
    log_.configure(after);
    report_crashes(after.crash_log_enabled, log_.descriptor());
  }
  if (changed_option(change.changes, Applies::coalescing)) coalesce(context_, after);
  return std::nullopt;
}

void Configuration::announce(const std::shared_ptr<const config::Config>& now,
                             std::span<const config::Change> changes) {
  context_.take_over(now, changes);
  show_title(*now, file());
}

Result<std::string> Configuration::read_users(const config::Config& config) {
  return files_.read(users_file(config));
}

Status Configuration::write_users(const config::Config& config, const std::string& text) {
  return files_.replace(users_file(config), text);
}

Status Configuration::rewrite(const config::Config& config, const config::UserLines& users) {
  Status written = config::rewrite_file(config, users, source_, files_);
  if (written.ok())
    if (auto reading = config::read_again(source_, files_)) source_.reading = std::move(reading);
  return written;
}

Status Configuration::fill_users(engine::Store& store, std::span<const config::Directive> lines) {
  if (Status filled = server::fill_users(store, lines, files_); !filled) return filled;
  for (const auto& [name, user] : store.users.all())
    if (!user->enabled())
      log_.write(LogLevel::notice,
                 "The user '" + name +
                     "' is disabled (there is no 'on' modifier in the user "
                     "description). Make sure this is not a configuration error.");
  engine::announce_default_user(store, *this);
  return success();
}

void Configuration::reload(engine::Store& store) {
  auto reloaded = config::reload(*store.config, source_, files_);
  Status usable = reloaded ? check_renames(reloaded->directives) : failure(reloaded.error());
  if (!usable) {
    log_.write(LogLevel::warning, "Configuration reload rejected: " + usable.error());
    return;
  }
  for (const std::string& warning : reloaded->warnings) log_.write(LogLevel::warning, warning);
  for (const config::Change& change : reloaded->needs_restart)
    log_.write(LogLevel::warning, "Configuration change needs a restart",
               {{"option", std::string(change.option->name)},
                {"running", change.before},
                {"file", change.after}});
  const std::shared_ptr<const config::Config> before = store.config;
  if (auto refusal = engine::publish(store, *this, reloaded->now)) {
    log_.write(LogLevel::warning, "Configuration reload rejected: " +
                                      std::string(refusal->option->name) + ": " + refusal->reason);
    return;
  }
  source_.reading = reloaded->reading;
  for (const config::Change& change : reloaded->now.changes)
    log_change(change, *before, *store.config);
  log_.write(LogLevel::notice, "Configuration reloaded");
}

/// Of a secret only whether there is one.
void Configuration::log_change(const config::Change& change, const config::Config& before,
                               const config::Config& after) {
  Log::Fields fields{{"option", std::string(change.option->name)}};
  if (change.option->secret) {
    const bool was = !config::get(before, *change.option).empty();
    const bool is = !config::get(after, *change.option).empty();
    fields.emplace_back("secret", !is ? "removed" : was ? "changed" : "set");
  } else {
    fields.emplace_back("before", change.before);
    fields.emplace_back("after", change.after);
  }
  log_.write(LogLevel::notice, "Configuration changed", fields);
}

}  // namespace respawn::server
