// Starts a server binary for a test and ends it again, by its own process id.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process_usage.hpp"
#include "tests/support/wait_until.hpp"

namespace respawn::support {

/// A directory of its own, removed with everything in it at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The server under test: $RESPAWN_SERVER, or the respawn-server of this build. Empty when neither
/// exists.
std::string server_binary();

/// The reference: $REDIS_SERVER, or redis-server of the PATH. Empty when there is none.
std::string redis_binary();

/// A TCP port of 127.0.0.1 on which nothing listens now.
std::uint16_t free_port();

struct ServerOptions {
  std::string binary = server_binary();
  std::string config;                    // first argument: a file's path or "-"
  std::vector<std::string> arguments;    // behind --port and --dir, so they win
  std::string input;                     // standard input
  std::vector<std::string> environment;  // "NAME=value", before what is inherited
  void (*before_exec)() = nullptr;       // in the child; may only call what is safe there
  std::uint64_t descriptors_max = 0;     // RLIMIT_NOFILE, not to be raised; 0: inherited
  bool add_port = true;                  // --port <free> --dir <temporary>
  bool await_ready = true;               // the constructor returns when PING is answered
};

/// How a process ended: exit code, or signal (then code is -1).
struct ExitStatus {
  int code = -1;
  int signal = 0;

  [[nodiscard]] bool clean() const { return code == 0 && signal == 0; }
};

/// Owner: one test. The process gets a temporary working directory, its output goes to files in it,
/// and it is killed when this object (or the whole test process) ends. Throws std::runtime_error,
/// with the server's output, when it does not become ready.
class ServerProcess {
 public:
  explicit ServerProcess(ServerOptions options = {});
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  [[nodiscard]] std::uint16_t port() const { return port_; }

  [[nodiscard]] pid_t pid() const { return pid_; }

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }

  /// Everything written so far.
  [[nodiscard]] std::string standard_output() const;
  [[nodiscard]] std::string standard_error() const;

  [[nodiscard]] bool running();
  void signal(int number) const;

  /// How it ended, or none if it still runs at the deadline.
  std::optional<ExitStatus> wait_for_exit(Milliseconds deadline = patience);

  /// SIGTERM, then the exit status; none (and a SIGKILL) when it ignored that.
  std::optional<ExitStatus> stop();

  [[nodiscard]] ProcessUsage usage() const { return usage_of(pid_); }

 private:
  void start();
  void await_ready();
  void kill_now();

  ServerOptions options_;
  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;  // -1 when it was waited for
  std::optional<ExitStatus> exit_;
};

}  // namespace respawn::support
