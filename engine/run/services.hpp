// What commands ask of the process around the keyspace; implemented by the wiring, and by a fake in
// tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"

namespace respawn::engine {

enum class LogLevel : std::uint8_t { debug, verbose, notice, warning };

/// Facts about the process that INFO prints.
struct ProcessFacts {
  std::string run_id;  // 40 hex digits
  std::string executable;
  std::string config_file;    // "" when there is none
  std::string event_backend;  // "io_uring", "epoll"
  std::string allocator;      // "jemalloc-5.3.0"
  int tcp_port = 0;
  int io_threads = 1;
  std::int64_t started_ms = 0;             // wall clock
  std::uint64_t startup_memory_bytes = 0;  // used before there was any data
  bool supervised = false;
};

/// Memory of the process, in bytes.
struct MemoryFacts {
  std::uint64_t used = 0;  // allocated by the allocator
  std::uint64_t resident = 0;
  std::uint64_t allocated = 0;
  std::uint64_t active = 0;
  std::uint64_t allocator_resident = 0;
};

/// What the network side has counted.
struct NetworkFacts {
  std::uint64_t connections_received = 0;
  std::uint64_t connections_rejected = 0;
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

struct ShutdownRequest {
  bool save = false;
  bool nosave = false;
  bool now = false;
  bool force = false;
};

/// Called on the keyspace actor's thread; implementations are quick (they send messages, they do
/// not wait).
class Services {
 public:
  virtual ~Services() = default;

  virtual void log(LogLevel level, std::string_view text) = 0;

  /// Gives a new configuration to the world around (listeners, loops, logger). An error refuses it,
  /// and nothing has changed then; its text is the option and the reason: "port: Unable to listen".
  virtual Status apply_config(const std::shared_ptr<const config::Config>& before,
                              const std::shared_ptr<const config::Config>& after,
                              const std::vector<std::string>& changed) = 0;
  virtual Status rewrite_config(const config::Config& config) = 0;

  [[nodiscard]] virtual const ProcessFacts& process() const = 0;
  [[nodiscard]] virtual MemoryFacts memory() const = 0;

  /// MemoryFacts::used, cheap enough for every command: exact as to what the calling thread
  /// allocates and frees, and as of its last memory() as to others.
  [[nodiscard]] virtual std::uint64_t used_memory() const { return memory().used; }

  /// Gives memory that is not in use back to the system, as far as the allocator can.
  virtual void purge_memory() = 0;
  /// What the allocator tells of itself, for people; "" when it tells nothing.
  [[nodiscard]] virtual std::string allocator_report() const = 0;
  [[nodiscard]] virtual NetworkFacts network() const = 0;
  virtual void reset_network_facts() = 0;

  [[nodiscard]] virtual TreeNode tree() const = 0;
  /// Of the supervisor with that id or path.
  [[nodiscard]] virtual Result<std::vector<TreeNode>> children(std::string_view id) const = 0;
  [[nodiscard]] virtual std::vector<RestartRecord> restarts(std::size_t count_max) const = 0;
  /// Ends one actor brutally after the running turn.
  virtual Status kill_actor(std::string_view id) = 0;

  virtual void request_shutdown(const ShutdownRequest& request) = 0;
  virtual Status abort_shutdown() = 0;
};

}  // namespace respawn::engine
