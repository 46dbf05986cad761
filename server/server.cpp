#include "server/server.hpp"

#include <unistd.h>

#include <caf/send.hpp>

#include "actors/acceptor_actor.hpp"
#include "actors/keyspace_actor.hpp"
#include "base/random.hpp"
#include "config/reload.hpp"
#include "server/loop_runtime.hpp"
#include "server/memory.hpp"
#include "supervision/messages.hpp"

namespace respawn::server {

using engine::LogLevel;
using supervision::ChildSpec;
using supervision::Strategy;
using supervision::SupervisorSpec;

Server::Server(config::Loaded loaded, std::shared_ptr<Log> log, const config::Files& files,
               std::string executable)
    : source_(std::move(loaded.source)),
      initial_(std::make_shared<const config::Config>(std::move(loaded.config))),
      log_(std::move(log)),
      files_(files),
      context_(initial_),
      keeper_(initial_) {
  facts_.executable = std::move(executable);
  context_.log = [this](LogLevel level, std::string_view text) { log_->write(level, text); };
}

Server::~Server() {
  context_.directory.close();
  root_ = nullptr;
  for (auto& loop : io_loops_) loop->stop();
  for (std::thread& thread : io_threads_) thread.join();
  // Loops hold what was still queued for actors; the system waits for the last of them.
  io_loops_.clear();
  main_loop_.reset();
  system_.reset();
}

Status Server::open() {
  caf_config_.set("scheduler.policy",
                  caf::atom("sharing"));  // its idle workers sleep instead of polling
  caf_config_.set("scheduler.max-threads", 1);
  if (Status listening = open_listeners(*initial_); !listening) return listening;
  system_ = std::make_unique<caf::actor_system>(caf_config_);
  if (Status loops = open_loops(*initial_); !loops) return loops;
  runtime_ = std::make_shared<LoopRuntime>(*main_loop_);
  gather_facts();
  return success();
}

Status Server::open_listeners(const config::Config& config) {
  for (const std::string& host : config.bind)
    if (Status listening = listen_on(host, config, listeners_); !listening) return listening;
  if (config.port != 0 && listeners_.empty())
    return failure("No address to listen on: see the option bind");
  if (config.unixsocket.empty()) return success();
  auto socket = net::ListeningSocket::unix_path(
      config.unixsocket, static_cast<mode_t>(config.unixsocketperm), config.tcp_backlog);
  if (!socket) return failure(socket.error());
  listeners_.push_back({std::make_unique<net::ListeningSocket>(std::move(*socket)), ""});
  return success();
}

Status Server::listen_on(const std::string& host, const config::Config& config,
                         std::vector<Listening>& opened) {
  if (config.port == 0) return success();
  auto sockets =
      net::listen_tcp({host}, static_cast<std::uint16_t>(config.port), config.tcp_backlog);
  if (!sockets) return failure(sockets.error());
  for (net::ListeningSocket& socket : *sockets)
    opened.push_back({std::make_unique<net::ListeningSocket>(std::move(socket)), host});
  return success();
}

Status Server::open_loops(const config::Config& config) {
  const auto backend =
      config.network_backend == config::NetworkBackend::io_uring ? net::Backend::io_uring
      : config.network_backend == config::NetworkBackend::epoll  ? net::Backend::epoll
                                                                 : net::Backend::automatic;
  auto main_loop = net::make_event_loop(*system_, backend);
  if (!main_loop) return failure(main_loop.error());
  main_loop_ = std::move(*main_loop);
  if (config.io_threads <= 1) {
    context_.connection_loops.push_back(main_loop_.get());
    coalesce(config);
    return success();
  }
  for (int i = 0; i < config.io_threads; ++i) {
    auto loop = net::make_event_loop(*system_, backend);
    if (!loop) return failure(loop.error());
    context_.connection_loops.push_back(loop->get());
    io_loops_.push_back(std::move(*loop));
  }
  return success();
}

/// Loops of several threads do not: what they would hold back is a message from another loop.
void Server::coalesce(const config::Config& config) {
  if (io_loops_.empty())
    main_loop_->coalesce(static_cast<std::uint32_t>(config.network_coalesce_us));
}

void Server::gather_facts() {
  facts_.run_id = random_hex(40);
  facts_.config_file = source_.path;
  facts_.event_backend = main_loop_->backend_name();
  facts_.allocator = allocator_name();
  facts_.startup_memory_bytes = memory_facts().used;
  facts_.tcp_port = initial_->port;
  facts_.io_threads = initial_->io_threads;
  facts_.started_ms = main_loop_->clock().wall_us() / 1000;
}

int Server::run() {
  free_in_background();
  root_ = spawn_supervisor(root_spec());
  root_->attach_functor([this](const caf::error& reason) {
    if (!stopping_.load()) {
      log_->write(LogLevel::warning, "The root supervisor gave up; ending the process",
                  {{"reason", caf::to_string(reason)}});
      exit_code_ = 1;
    }
    main_loop_->post([this] { main_loop_->stop(); });
  });
  for (auto& loop : io_loops_) io_threads_.emplace_back([&loop = *loop] { loop.run(); });
  main_loop_->post([this] { log_ready(); });
  main_loop_->run();
  listeners_.clear();
  log_->write(LogLevel::warning, "Respawn is now ready to exit, bye bye...");
  return exit_code_;
}

void Server::log_ready() {
  for (const Listening& listening : listeners_)
    if (listening.socket)
      log_->write(LogLevel::notice, "Listening on " + listening.socket->address());
  log_->write(LogLevel::notice, "Ready to accept connections",
              {{"backend", facts_.event_backend},
               {"io_threads", std::to_string(facts_.io_threads)},
               {"allocator", facts_.allocator}});
}

// ---- The tree ----

caf::actor Server::spawn_supervisor(SupervisorSpec spec) {
  supervision::SupervisorContext context{runtime_, context_.board,
                                         [log = log_](const auto& report) { log->write(report); }};
  return net::spawn_on<supervision::SupervisorActor<net::LoopActor>>(*main_loop_, std::move(spec),
                                                                     std::move(context));
}

SupervisorSpec Server::supervisor_spec(std::string path, Strategy strategy) const {
  const auto config = context_.config.get();
  SupervisorSpec spec;
  spec.path = std::move(path);
  spec.strategy = strategy;
  spec.intensity = {.restarts = static_cast<std::uint32_t>(config->restart_intensity),
                    .period_ms = config->restart_period_ms};
  if (config->restart_backoff_max_ms > 0)
    spec.backoff = supervision::Backoff{.min_ms = config->restart_backoff_min_ms,
                                        .max_ms = config->restart_backoff_max_ms,
                                        .jitter = config->restart_backoff_jitter_percent / 100.0};
  return spec;
}

ChildSpec Server::supervisor_child(std::string id, std::function<SupervisorSpec()> spec) {
  ChildSpec child;
  child.id = std::move(id);
  child.type = supervision::ChildType::supervisor;
  child.start = [this, spec = std::move(spec)]() -> Result<caf::actor> {
    return spawn_supervisor(spec());
  };
  return child;
}

SupervisorSpec Server::root_spec() {
  SupervisorSpec root = supervisor_spec("root", Strategy::rest_for_one);
  root.children.push_back(supervisor_child("store", [this] {
    SupervisorSpec store = supervisor_spec("root/store", Strategy::rest_for_one);
    store.children.push_back(keyspace_child());
    return store;
  }));
  root.children.push_back(supervisor_child("network", [this] {
    SupervisorSpec network = supervisor_spec("root/network", Strategy::one_for_one);
    network.children.push_back(supervisor_child("connections", [this] {
      return supervisor_spec("root/network/connections", Strategy::dynamic);
    }));
    for (std::size_t i = 0; i < listeners_.size(); ++i)
      if (listeners_[i].socket) network.children.push_back(acceptor_child(i));
    return network;
  }));
  return root;
}

ChildSpec Server::keyspace_child() {
  ChildSpec child;
  child.id = "keyspace";
  child.start = [this]() -> Result<caf::actor> {
    if (Status sound = keeper_.inspect(); !sound) {
      log_->write(LogLevel::warning, "The data was damaged by a failed command; ending the process",
                  {{"reason", sound.error()}});
      std::_Exit(1);
    }
    engine::Services& services = *this;
    return net::spawn_on<actors::KeyspaceActor>(*main_loop_, keeper_.store(), services, context_,
                                                [this](engine::Store& store) { reload(store); });
  };
  return child;
}

ChildSpec Server::acceptor_child(std::size_t index) {
  ChildSpec child;
  child.id = "acceptor:" + std::to_string(index);
  child.start = [this, index]() -> Result<caf::actor> {
    const net::ListeningSocket& socket = *listeners_[index].socket;
    return net::spawn_on<actors::AcceptorActor>(*main_loop_, context_, socket.fd(),
                                                socket.port() == 0);
  };
  return child;
}

// ---- Stopping and reloading ----

void Server::request_shutdown(const engine::ShutdownRequest&) {
  if (stopping_.exchange(true)) return;
  log_->write(LogLevel::notice, "User requested shutdown...");
  main_loop_->post([this] { caf::anon_send(root_, supervision::StopSupervisor{}); });
}

Status Server::abort_shutdown() {
  return failure("ERR No shutdown in progress.");
}

void Server::request_reload() {
  if (caf::actor keyspace = context_.directory.present())
    caf::anon_send(keyspace, actors::ReloadRequested{});
}

void Server::reload(engine::Store& store) {
  auto reloaded = config::reload(*store.config, source_, files_);
  if (!reloaded) {
    log_->write(LogLevel::warning, "Configuration reload rejected: " + reloaded.error());
    return;
  }
  for (const config::Change& change : reloaded->needs_restart)
    log_->write(LogLevel::warning, "Configuration change needs a restart",
                {{"option", std::string(change.option->name)},
                 {"running", change.before},
                 {"file", change.after}});
  std::vector<std::string> names;
  for (const config::Change& change : reloaded->now.changes)
    names.emplace_back(change.option->name);
  auto after = std::make_shared<const config::Config>(std::move(reloaded->now.config));
  if (Status applied = apply_config(store.config, after, names); !applied) {
    log_->write(LogLevel::warning, "Configuration reload rejected: " + applied.error());
    return;
  }
  store.config = std::move(after);
  for (const config::Change& change : reloaded->now.changes)
    log_->write(LogLevel::notice, "Configuration changed",
                {{"option", std::string(change.option->name)},
                 {"before", change.option->secret ? "(secret)" : change.before},
                 {"after", change.option->secret ? "(secret)" : change.after}});
  log_->write(LogLevel::notice, "Configuration reloaded");
}

}  // namespace respawn::server
