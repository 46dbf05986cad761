// The wiring: options become event loops, listening sockets and a supervision tree.
#pragma once

#include <atomic>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "actors/server_context.hpp"
#include "config/load.hpp"
#include "engine/run/services.hpp"
#include "net/event_loop.hpp"
#include "net/socket.hpp"
#include "server/keeper.hpp"
#include "server/logging.hpp"
#include "supervision/supervisor.hpp"

namespace respawn::server {

/// Owner: main. Constructed, started, run, destroyed on the main thread, whose loop carries the
/// supervisors, the acceptors and the keyspace actor; with io-threads 1 also the connections.
///
/// root (rest_for_one)
/// ├─ store (rest_for_one): keyspace
/// └─ network (one_for_one): connections (dynamic), acceptor:0...
class Server final : private engine::Services {
 public:
  Server(config::Loaded loaded, std::shared_ptr<Log> log, const config::Files& files,
         std::string executable);
  ~Server() override;

  /// Opens sockets and loops. Nothing runs yet; an error is for the user.
  Status open();

  /// Starts the tree and runs until shutdown. The exit code.
  int run();

  // From any thread:
  void request_shutdown(const engine::ShutdownRequest& request) override;
  void request_reload();

 private:
  // engine::Services, called by the keyspace actor
  void log(engine::LogLevel level, std::string_view text) override;
  Status apply_config(const std::shared_ptr<const config::Config>& before,
                      const std::shared_ptr<const config::Config>& after,
                      const std::vector<std::string>& changed) override;
  Status rewrite_config(const config::Config& config) override;

  [[nodiscard]] const engine::ProcessFacts& process() const override { return facts_; }

  [[nodiscard]] engine::MemoryFacts memory() const override;
  [[nodiscard]] std::uint64_t used_memory() const override;
  void purge_memory() override;
  [[nodiscard]] std::string allocator_report() const override;
  [[nodiscard]] engine::NetworkFacts network() const override;
  void reset_network_facts() override;
  [[nodiscard]] engine::TreeNode tree() const override;
  [[nodiscard]] Result<std::vector<engine::TreeNode>> children(std::string_view id) const override;
  [[nodiscard]] std::vector<engine::RestartRecord> restarts(std::size_t count_max) const override;
  Status kill_actor(std::string_view id) override;
  Status abort_shutdown() override;

  struct Listening {
    std::unique_ptr<net::ListeningSocket> socket;  // null: retired
    std::string host;                              // as in `bind`; "" for the Unix socket
  };

  Status open_listeners(const config::Config& config);
  Status open_loops(const config::Config& config);
  static Status listen_on(const std::string& host, const config::Config& config,
                          std::vector<Listening>& opened);
  Status replace_listeners(const config::Config& after, bool port_changed);
  void coalesce(const config::Config& config);
  void gather_facts();
  void reload(engine::Store& store);
  void log_ready();

  [[nodiscard]] supervision::SupervisorSpec root_spec();
  [[nodiscard]] supervision::SupervisorSpec supervisor_spec(std::string path,
                                                            supervision::Strategy strategy) const;
  [[nodiscard]] supervision::ChildSpec keyspace_child();
  [[nodiscard]] supervision::ChildSpec acceptor_child(std::size_t index);
  [[nodiscard]] supervision::ChildSpec supervisor_child(
      std::string id, std::function<supervision::SupervisorSpec()> spec);
  caf::actor spawn_supervisor(supervision::SupervisorSpec spec);

  const config::Source source_;
  std::shared_ptr<const config::Config> initial_;
  std::shared_ptr<Log> log_;
  const config::Files& files_;
  engine::ProcessFacts facts_;

  caf::actor_system_config caf_config_;
  std::unique_ptr<caf::actor_system> system_;
  actors::ServerContext context_;
  Keeper keeper_;
  std::unique_ptr<net::EventLoop> main_loop_;
  std::vector<std::unique_ptr<net::EventLoop>> io_loops_;
  std::vector<std::thread> io_threads_;
  std::vector<Listening> listeners_;  // by acceptor index
  std::shared_ptr<supervision::Runtime> runtime_;
  caf::actor root_;
  std::atomic<bool> stopping_{false};
  int exit_code_ = 0;
};

}  // namespace respawn::server
