// respawn-server: reads its options, then serves until it is told to stop.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "base/file_system.hpp"
#include "config/load.hpp"
#include "config/reference.hpp"
#include "engine/run/saving.hpp"
#include "engine/run/version.hpp"
#include "server/command_names.hpp"
#include "server/crash_report.hpp"
#include "server/initial_users.hpp"
#include "server/proc_title.hpp"
#include "server/server.hpp"
#include "server/service_manager.hpp"
#include "server/signals.hpp"
#include "server/system_limits.hpp"

namespace respawn::server {
namespace {

int complain(const std::string& text) {
  std::cerr << text << (text.ends_with('\n') ? "" : "\n");
  return 1;
}

/// Says why the server does not start: once, wherever whoever started it looks.
int give_up(Log& log, const std::string& text) {
  const bool logged = log.enabled(engine::LogLevel::warning);
  if (logged) log.write(engine::LogLevel::warning, text);
  return logged && log.on_standard_output() ? 1 : complain(text);
}

/// Raises the limit of open files for maxclients, or lowers maxclients to what is allowed.
Status fit_maxclients(config::Config& config, Log& log) {
  const std::uint32_t allowed = clients_with_room(config);
  if (allowed == 0) return failure(too_few_descriptors(config));
  if (allowed == config.maxclients) return success();
  log.write(engine::LogLevel::warning, "The limit of open files is too low for maxclients",
            {{"limit", std::to_string(allowed + reserved_descriptors(config))},
             {"maxclients", std::to_string(config.maxclients)},
             {"lowered_to", std::to_string(allowed)}});
  config.maxclients = allowed;
  return success();
}

/// Becomes a background process of its own session.
Status daemonize() {
  const pid_t child = ::fork();
  if (child < 0) return failure("Can't fork into the background");
  if (child > 0) std::_Exit(0);
  ::setsid();
  if (std::freopen("/dev/null", "r", stdin) == nullptr ||
      std::freopen("/dev/null", "w", stdout) == nullptr ||
      std::freopen("/dev/null", "w", stderr) == nullptr)
    return failure("Can't detach from the terminal");
  return success();
}

void write_pidfile(const std::string& path, Log& log) {
  std::ofstream file(path);
  file << ::getpid() << '\n';
  if (!file.flush()) log.write(engine::LogLevel::warning, "Can't write the pid file " + path);
}

/// In the middle of whatever is done; what is not complete is not left behind.
[[noreturn]] void end_at_once() {
  std::vector<std::string> names;
  system_files().list(".", names);
  for (const std::string& name : names)
    if (name.starts_with(engine::temporary_prefix())) system_files().remove(name);
  std::_Exit(1);
}

/// Runs the server; signals reach it until it has stopped.
Result<int> run_until_told(Server& server, Log& log) {
  const SignalWatcher signals([&](int signal) {
    if (signal == SIGHUP) {
      log.reopen();
      return server.request_reload();
    }
    // Service managers repeat SIGTERM; a person who repeats SIGINT does not want to wait.
    if (server.stopping() && signal == SIGINT) end_at_once();
    log.write(engine::LogLevel::warning, signal == SIGINT
                                             ? "Received SIGINT scheduling shutdown..."
                                             : "Received SIGTERM scheduling shutdown...");
    server.stop(signal);
  });
  return server.run();
}

/// The first lines of the log.
void greet(const config::Loaded& loaded, const ServiceManager& manager, Log& log) {
  log.write(engine::LogLevel::notice, "Respawn " + std::string(engine::respawn_version) +
                                          " (compatible with Redis " +
                                          std::string(engine::redis_version) +
                                          ") is starting, PID: " + std::to_string(::getpid()));
  if (manager.present())
    log.write(engine::LogLevel::notice, "Supervised by " + std::string(manager.name()));
  if (!manager.complaint().empty()) log.write(engine::LogLevel::warning, manager.complaint());
  for (const std::string& warning : loaded.warnings) log.write(engine::LogLevel::warning, warning);
  if (auto shortened = shortened_backlog(loaded.config))
    log.write(engine::LogLevel::warning, *shortened);
}

/// From here on there is a log.
int serve_logged(const std::shared_ptr<Log>& log, const ServiceManager& manager,
                 config::Loaded loaded, const config::Files& files, const std::string& executable) {
  const config::Config& config = loaded.config;
  report_crashes(config.crash_log_enabled, log->descriptor());
  block_signals();
  greet(loaded, manager, *log);
  if (Status fits = fit_maxclients(loaded.config, *log); !fits) return give_up(*log, fits.error());
  const bool daemon = config.daemonize && !manager.present();
  std::string pid_path = config.pidfile.empty() && daemon ? "/var/run/respawn.pid" : config.pidfile;
  // The working directory may be another when the file is removed.
  if (!pid_path.empty()) pid_path = std::filesystem::absolute(pid_path).string();
  Server server(std::move(loaded), log, files, manager, executable);
  if (Status opened = server.open(); !opened) return give_up(*log, opened.error());
  if (!pid_path.empty()) write_pidfile(pid_path, *log);
  const Result<int> exit_code = run_until_told(server, *log);
  if (!pid_path.empty()) ::unlink(pid_path.c_str());
  return exit_code ? *exit_code : give_up(*log, exit_code.error());
}

int serve(config::Loaded loaded, const config::Files& files, const std::string& executable) {
  const ServiceManager manager(loaded.config.supervised, ManagerTraces::of_environment());
  // A manager watches the process that it started: that one does not leave for the background.
  if (loaded.config.daemonize && !manager.present())
    if (Status detached = daemonize(); !detached) return complain(detached.error());
  if (::chdir(loaded.config.dir.c_str()) != 0)
    return complain("Can't chdir to '" + loaded.config.dir + "'");
  static const SystemClock clock;
  auto log = Log::open(loaded.config, clock);
  if (!log) return complain(log.error());
  const AlternateStack stack;
  try {
    return serve_logged(*log, manager, std::move(loaded), files, executable);
  } catch (const std::system_error& error) {
    return give_up(**log, std::string("The system refuses what the server needs: ") + error.what());
  }
}

/// There is no going on without memory: better to end at once than in the middle of a change.
[[noreturn]] void out_of_memory() {
  std::fputs("Out of memory; ending the process\n", stderr);
  std::abort();
}

int main_with(const std::vector<std::string>& arguments) {
  std::set_new_handler(out_of_memory);
  const config::SystemFiles files;
  auto command_line = config::read_command_line(std::span<const std::string>(arguments).subspan(1));
  if (!command_line) return complain(command_line.error());
  switch (command_line->action) {
    case config::Action::help:
      std::cout << config::help_text();
      return 0;
    case config::Action::version:
      std::cout << "Respawn server v=" << engine::respawn_version << " (Redis "
                << engine::redis_version << " compatible)\n";
      return 0;
    case config::Action::serve:
    case config::Action::check_config:
      break;
  }
  auto loaded = config::load(*command_line, files);
  if (!loaded) return complain(loaded.error());
  if (Status names = check_renames(loaded->directives); !names) return complain(names.error());
  if (Status users = check_users(*loaded, files); !users) return complain(users.error());
  if (command_line->action == config::Action::check_config) {
    if (Status reachable = check_reachable(loaded->config); !reachable)
      return complain(reachable.error());
    for (const std::string& warning : loaded->warnings) std::cout << "warning: " << warning << '\n';
    std::cout << "The configuration is valid.\n";
    return 0;
  }
  return serve(std::move(*loaded), files, files.absolute(arguments[0]));
}

}  // namespace
}  // namespace respawn::server

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  respawn::server::claim_title_area(argc, argv);
  return respawn::server::main_with(arguments);
}
