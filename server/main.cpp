// respawn-server: reads its options, then serves until it is told to stop.
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/reference.hpp"
#include "engine/run/version.hpp"
#include "server/server.hpp"
#include "server/signals.hpp"

namespace respawn::server {
namespace {

/// Descriptors that are not clients: loops, listeners, files.
constexpr std::uint32_t reserved_descriptors = 32;

int complain(const std::string& text) {
  std::cerr << text << (text.ends_with('\n') ? "" : "\n");
  return 1;
}

/// Raises the limit of open files for maxclients, or lowers maxclients to what is allowed.
void fit_maxclients(config::Config& config, Log& log) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = rlim_t{config.maxclients} + reserved_descriptors;
  if (limit.rlim_cur >= wanted) return;
  rlimit raised = limit;
  raised.rlim_cur = wanted;
  if (raised.rlim_max < wanted) raised.rlim_max = wanted;
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return;
  raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  if (limit.rlim_cur >= wanted) return;
  const auto allowed = limit.rlim_cur > reserved_descriptors
                           ? static_cast<std::uint32_t>(limit.rlim_cur - reserved_descriptors)
                           : 1;
  log.write(engine::LogLevel::warning, "The limit of open files is too low for maxclients",
            {{"limit", std::to_string(limit.rlim_cur)},
             {"maxclients", std::to_string(config.maxclients)},
             {"lowered_to", std::to_string(allowed)}});
  config.maxclients = allowed;
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

/// Runs the server; signals reach it until it has stopped.
int run_until_told(Server& server, Log& log) {
  std::atomic<int> stop_requests{0};
  const SignalWatcher signals([&](int signal) {
    if (signal == SIGHUP) return server.request_reload();
    if (++stop_requests > 1) std::_Exit(1);
    log.write(engine::LogLevel::warning, signal == SIGINT
                                             ? "Received SIGINT scheduling shutdown..."
                                             : "Received SIGTERM scheduling shutdown...");
    server.stop();
  });
  return server.run();
}

int serve(config::Loaded loaded, const config::Files& files, const std::string& executable) {
  if (loaded.config.daemonize)
    if (Status detached = daemonize(); !detached) return complain(detached.error());
  if (::chdir(loaded.config.dir.c_str()) != 0)
    return complain("Can't chdir to '" + loaded.config.dir + "'");
  auto log = Log::open(loaded.config);
  if (!log) return complain(log.error());

  block_signals();

  (*log)->write(engine::LogLevel::notice, "Respawn " + std::string(engine::respawn_version) +
                                              " (compatible with Redis " +
                                              std::string(engine::redis_version) +
                                              ") is starting, PID: " + std::to_string(::getpid()));
  for (const std::string& warning : loaded.warnings)
    (*log)->write(engine::LogLevel::warning, warning);
  fit_maxclients(loaded.config, **log);
  const std::string pidfile = loaded.config.pidfile;
  const bool daemon = loaded.config.daemonize;
  Server server(std::move(loaded), *log, files, executable);
  if (Status opened = server.open(); !opened) {
    (*log)->write(engine::LogLevel::warning, opened.error());
    return complain(opened.error());
  }
  const std::string pid_path = pidfile.empty() && daemon ? "/var/run/respawn.pid" : pidfile;
  if (!pid_path.empty()) write_pidfile(pid_path, **log);
  const int exit_code = run_until_told(server, **log);
  if (!pid_path.empty()) ::unlink(pid_path.c_str());
  return exit_code;
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
  if (command_line->action == config::Action::check_config) {
    for (const std::string& warning : loaded->warnings) std::cout << "warning: " << warning << '\n';
    std::cout << "The configuration is valid.\n";
    return 0;
  }
  return serve(std::move(*loaded), files, files.absolute(arguments[0]));
}

}  // namespace
}  // namespace respawn::server

int main(int argc, char** argv) {
  return respawn::server::main_with(std::vector<std::string>(argv, argv + argc));
}
