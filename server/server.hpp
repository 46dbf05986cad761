// The wiring: options become event loops, listening sockets and a supervision tree.
#pragma once

#include <atomic>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "actors/server_context.hpp"
#include "config/load.hpp"
#include "engine/run/services.hpp"
#include "net/event_loop.hpp"
#include "server/configuration.hpp"
#include "server/data_loader.hpp"
#include "server/keeper.hpp"
#include "server/listeners.hpp"
#include "server/logging.hpp"
#include "server/memory.hpp"
#include "server/process.hpp"
#include "server/service_manager.hpp"
#include "server/tree.hpp"
#include "supervision/supervisor.hpp"

namespace respawn::server {

/// Owner: main. Constructed, started, run, destroyed on the main thread, whose loop carries the
/// supervisors, the acceptors and the keyspace actor; with io-threads 1 also the connections. The
/// append log's actor has a thread of its own, for it waits for the disk.
///
/// root (rest_for_one)
/// ├─ store (one_for_one): append-log, keyspace
/// └─ network (one_for_one): connections (dynamic), acceptor:0...
class Server final : private engine::ShutdownService {
 public:
  /// The manager outlives the server.
  Server(config::Loaded loaded, std::shared_ptr<Log> log, const config::Files& files,
         const ServiceManager& manager, std::string executable);
  ~Server() override;

  /// Opens sockets and loops. Nothing runs yet; an error is for the user.
  Status open();

  /// Starts the tree and runs until shutdown. The exit code; an error is for the user: nobody was
  /// served.
  Result<int> run();

  // From any thread:

  /// Saves what the configuration says for SIGINT or SIGTERM, and stops. Nothing happens while it
  /// is stopping already.
  void stop(int signal);

  /// Whether it has been told to stop, and could until now.
  [[nodiscard]] bool stopping() const { return stop_wanted_.load(); }

  void request_reload();

 private:
  // engine::ShutdownService
  void request(const engine::ShutdownRequest& request) override;

  void fail() override { stop_wanted_.store(false); }

  Status abort() override;

  void end();
  void start_disk_thread();
  void finish_log();
  Status open_loops(const config::Config& config);
  void gather_facts();
  void start_io_threads();
  void log_start();
  void heal_data(const std::string& damage);
  void log_ready();
  void reload(engine::Store& store);
  void told(const Status& manager_told);

  [[nodiscard]] supervision::SupervisorSpec root_spec();
  [[nodiscard]] supervision::SupervisorSpec supervisor_spec(std::string path,
                                                            supervision::Strategy strategy) const;
  [[nodiscard]] supervision::ChildSpec keyspace_child();
  [[nodiscard]] supervision::ChildSpec append_log_child();
  [[nodiscard]] supervision::ChildSpec supervisor_child(
      std::string id, std::function<supervision::SupervisorSpec()> spec);
  caf::actor spawn_supervisor(supervision::SupervisorSpec spec);

  std::shared_ptr<const config::Config> initial_;
  std::shared_ptr<Log> log_;
  const ServiceManager& manager_;

  caf::actor_system_config caf_config_;
  std::unique_ptr<caf::actor_system> system_;
  actors::ServerContext context_;
  Keeper keeper_;
  std::vector<config::Directive> user_lines_;
  std::unique_ptr<net::EventLoop> main_loop_;
  std::unique_ptr<net::EventLoop> disk_loop_;
  std::thread disk_thread_;
  std::vector<std::unique_ptr<net::EventLoop>> io_loops_;
  std::vector<std::thread> io_threads_;
  Process process_;
  Memory memory_{context_.counters.announced_bytes};
  Tree tree_;
  Listeners listeners_;
  Configuration configuration_;
  engine::Services services_;
  std::shared_ptr<supervision::Runtime> runtime_;
  caf::actor root_;
  std::optional<DataLoader> loader_;
  std::atomic<bool> stop_wanted_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> reload_wanted_{false};  // and not begun: it outlives the keyspace actor
  int exit_code_ = 0;
};

}  // namespace respawn::server
