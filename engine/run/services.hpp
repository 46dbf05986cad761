// What the engine and its commands ask of the process around the keyspace, by roles; the wiring
// plays them, and fakes do in tests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/histogram.hpp"
#include "base/result.hpp"
#include "config/change.hpp"
#include "config/rewrite.hpp"

namespace respawn::engine {

// All are called on the keyspace actor's thread, and are quick: they send messages, they do not
// wait.

enum class LogLevel : std::uint8_t { debug, verbose, notice, warning };

class LogService {
 public:
  virtual ~LogService() = default;
  virtual void write(LogLevel level, std::string_view text) = 0;

  /// Whether write() does something at that level: asked before a text is made that is rarely
  /// wanted. Thread-safe, and cheap.
  [[nodiscard]] virtual bool enabled(LogLevel) const { return true; }
};

/// To be changed through publish() (publish.hpp) only.
class ConfigurationService {
 public:
  virtual ~ConfigurationService() = default;

  /// Has the world around (directory, listeners, loops, log) take over a change, and completes it
  /// by what only the world knows: a new `dir` becomes absolute. A refusal leaves everything as it
  /// was.
  [[nodiscard]] virtual std::optional<config::Refusal> apply(const config::Config& before,
                                                             config::PreparedChange& change) = 0;

  /// A changed configuration is in force: gives it to whoever keeps a copy.
  virtual void announce(const std::shared_ptr<const config::Config>& now,
                        std::span<const config::Change> changes) = 0;

  /// The file of users (aclfile) as a whole, and a new text in its place. Requires that there is
  /// one. Errors are the system's short text.
  [[nodiscard]] virtual Result<std::string> read_users(const config::Config& config) = 0;
  [[nodiscard]] virtual Status write_users(const config::Config& config,
                                           const std::string& text) = 0;

  /// Brings the file up to date. An error is the whole reply.
  virtual Status rewrite(const config::Config& config, const config::UserLines& users) = 0;
};

/// Facts about the process that INFO prints.
struct ProcessFacts {
  std::string run_id;  // 40 hex digits
  std::string executable;
  std::string config_file;    // "" when there is none
  std::string event_backend;  // "io_uring", "epoll"
  std::string allocator;      // "jemalloc-5.3.0"
  int io_threads = 1;
  std::int64_t started_ms = 0;             // wall clock
  std::uint64_t startup_memory_bytes = 0;  // used before there was any data
  std::string supervised = "no";           // by "systemd" or "upstart"
};

/// What the network side has counted.
struct NetworkFacts {
  std::uint64_t connections_received = 0;
  std::uint64_t connections_rejected = 0;
  std::uint64_t reads = 0;   // times that something was received from a client
  std::uint64_t writes = 0;  // times that something was handed to a client's socket
  // Of the loop on which the keyspace is, up to its last turn:
  std::uint64_t turns = 0;
  std::uint64_t turns_busy_us = 0;  // without the waits for events
  std::uint64_t turn_longest_us = 0;
};

class ProcessService {
 public:
  virtual ~ProcessService() = default;
  [[nodiscard]] virtual const ProcessFacts& facts() const = 0;
  [[nodiscard]] virtual NetworkFacts network() const = 0;

  /// From the arrival of each request until its replies were handed to the socket, in nanoseconds;
  /// null where nobody measures that.
  [[nodiscard]] virtual const SharedHistogram* reply_times() const { return nullptr; }

  virtual void reset_reply_times() {}

  virtual void reset_network() = 0;
};

/// Memory of the process, in bytes.
struct MemoryFacts {
  std::uint64_t used = 0;  // allocated by the allocator
  std::uint64_t resident = 0;
  std::uint64_t allocated = 0;
  std::uint64_t active = 0;
  std::uint64_t allocator_resident = 0;
};

class MemoryService {
 public:
  virtual ~MemoryService() = default;

  /// Costs a few dozen microseconds.
  [[nodiscard]] virtual MemoryFacts facts() const = 0;

  /// MemoryFacts::used, cheap enough for every command: exact as to what the calling thread
  /// allocates and frees, and as of its last facts() as to others.
  [[nodiscard]] virtual std::uint64_t used() const { return facts().used; }

  /// Gives memory that is not in use back to the system, as far as the allocator can.
  virtual void purge() = 0;

  /// What the allocator tells of itself, for people; "" when it tells nothing.
  [[nodiscard]] virtual std::string report() const = 0;
};

/// One actor of the supervision tree, for RESPAWN TREE and CHILDREN.
struct TreeNode {
  std::string id;        // "keyspace"
  std::string path;      // "root/store/keyspace"
  std::string kind;      // "worker" or "supervisor"
  std::string strategy;  // of a supervisor
  std::string restart;   // "permanent", "transient", "temporary"
  std::string state;     // "running", "restarting"...
  std::uint64_t restarts = 0;
  std::string last_exit;  // reason of the last abnormal end, or ""
  std::int64_t since_ms = 0;
  std::vector<TreeNode> children;
};

/// One entry of RESPAWN RESTARTS.
struct RestartRecord {
  std::int64_t wall_ms = 0;
  std::string path;
  std::string event;  // "child_terminated", "restarted", ...
  std::string reason;
  std::uint64_t attempt = 0;
};

/// The actors. An error is the whole reply.
class TreeService {
 public:
  virtual ~TreeService() = default;
  [[nodiscard]] virtual TreeNode root() const = 0;
  /// Of the supervisor with that id or path.
  [[nodiscard]] virtual Result<std::vector<TreeNode>> children(std::string_view id) const = 0;
  /// The newest first.
  [[nodiscard]] virtual std::vector<RestartRecord> restarts(std::size_t count_max) const = 0;
  /// Ends one actor brutally after the running turn.
  virtual Status kill(std::string_view id) = 0;
};

struct ShutdownRequest {
  bool save = false;
  bool nosave = false;
  bool now = false;
  bool force = false;
};

class ShutdownService {
 public:
  virtual ~ShutdownService() = default;
  /// Ends the server; what was to be saved has been.
  virtual void request(const ShutdownRequest& request) = 0;

  /// It cannot end: what was to be saved could not be.
  virtual void fail() {}

  /// An error is the whole reply.
  virtual Status abort() = 0;
};

/// All roles, each played by somebody. Owner: the wiring. Who needs one of them takes that one.
struct Services {
  LogService& log;
  ConfigurationService& configuration;
  ProcessService& process;
  MemoryService& memory;
  TreeService& tree;
  ShutdownService& shutdown;
  FileSystem& files = system_files();
};

}  // namespace respawn::engine
