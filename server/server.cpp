#include "server/server.hpp"

#include <caf/send.hpp>
#include <csignal>

#include "actors/append_log_actor.hpp"
#include "actors/keyspace_actor.hpp"
#include "base/random.hpp"
#include "base/scheduling.hpp"
#include "engine/run/log_opening.hpp"
#include "server/crash_report.hpp"
#include "server/loop_runtime.hpp"
#include "server/loops.hpp"
#include "server/proc_title.hpp"
#include "server/signals.hpp"
#include "server/system_limits.hpp"
#include "supervision/messages.hpp"

namespace respawn::server {

using engine::LogLevel;
using supervision::ChildSpec;
using supervision::Strategy;
using supervision::SupervisorSpec;

Server::Server(config::Loaded loaded, std::shared_ptr<Log> log, const config::Files& files,
               const ServiceManager& manager, std::string executable)
    : initial_(std::make_shared<const config::Config>(std::move(loaded.config))),
      log_(std::move(log)),
      manager_(manager),
      context_(initial_, *log_),
      keeper_(initial_, loaded.directives),
      user_lines_(std::move(loaded.users)),
      process_(context_.counters),
      tree_(*context_.board),
      listeners_(context_, *log_),
      configuration_(std::move(loaded.source), files, context_, listeners_, *log_),
      services_{*log_, configuration_, process_, memory_, tree_, *this} {
  process_.facts().executable = std::move(executable);
  process_.facts().config_file = configuration_.file();
  process_.facts().supervised = manager_.name();
}

Server::~Server() {
  loader_.reset();
  context_.directory.close();
  context_.append_log.close();
  root_ = nullptr;
  for (auto& loop : io_loops_) loop->stop();
  for (std::thread& thread : io_threads_) thread.join();
  finish_log();
  disk_loop_.reset();
  // Loops hold what was still queued for actors; the system waits for the last of them.
  io_loops_.clear();
  main_loop_.reset();
  system_.reset();
}

Status Server::open() {
  caf_config_.set("scheduler.policy",
                  caf::atom("sharing"));  // its idle workers sleep instead of polling
  caf_config_.set("scheduler.max-threads", 1);
  // Here, where there is an error to return: the actor system ends the process instead.
  if (Status threads = try_threads(*initial_); !threads) return threads;
  if (Status users = configuration_.fill_users(keeper_.store(), user_lines_); !users) return users;
  context_.append_log.connect(keeper_.store().log.tail);
  if (Status listening = listeners_.open(*initial_); !listening) return listening;
  system_ = std::make_unique<caf::actor_system>(caf_config_);
  if (Status loops = open_loops(*initial_); !loops) return loops;
  runtime_ = std::make_shared<LoopRuntime>(*main_loop_);
  gather_facts();
  show_title(*initial_, configuration_.file());
  return success();
}

Status Server::open_loops(const config::Config& config) {
  const std::size_t io_loops =
      config.io_threads > 1 ? static_cast<std::size_t>(config.io_threads) : 0;
  auto made = make_loops(config.network_backend, 1 + io_loops, [this](net::Backend backend) {
    return net::make_event_loop(*system_, backend);
  });
  if (!made) return failure(made.error());
  if (!made->fallback_reason.empty())
    log_->write(LogLevel::notice, made->fallback_reason + "; using epoll");
  main_loop_ = std::move(made->loops.front());
  // It carries no sockets, so its back end matters to nobody.
  auto disk_loop = net::make_event_loop(*system_, net::Backend::epoll);
  if (!disk_loop) return failure(disk_loop.error());
  disk_loop_ = std::move(*disk_loop);
  listeners_.accept_on(*main_loop_);
  if (io_loops == 0) {
    context_.connection_loops.push_back(main_loop_.get());
    coalesce(context_, config);
    return success();
  }
  for (std::size_t i = 1; i < made->loops.size(); ++i) {
    context_.connection_loops.push_back(made->loops[i].get());
    io_loops_.push_back(std::move(made->loops[i]));
  }
  return success();
}

void Server::gather_facts() {
  engine::ProcessFacts& facts = process_.facts();
  facts.run_id = random_hex(40);
  facts.event_backend = main_loop_->backend_name();
  facts.allocator = allocator_name();
  facts.startup_memory_bytes = memory_facts().used;
  facts.io_threads = initial_->io_threads;
  facts.started_ms = main_loop_->clock().wall_us() / 1000;
}

Result<int> Server::run() {
  free_in_background();
  start_io_threads();  // first, for it may fail
  start_disk_thread();
  loader_.emplace(context_, keeper_, log_);
  context_.load_queue.on_push([this] {
    if (caf::actor keyspace = context_.directory.present())
      caf::anon_send(keyspace, actors::LoadAdvanced{});
  });
  log_start();
  if (Status found = engine::find_log(*initial_, system_files(), keeper_.log_disk()); !found)
    return failure(found.error());
  loader_->start([this] { main_loop_->post([this] { log_ready(); }); });
  root_ = spawn_supervisor(root_spec());
  root_->attach_functor([this](const caf::error& reason) {
    if (!stopping_.load()) {
      log_->write(LogLevel::warning, "The root supervisor gave up; ending the process",
                  {{"reason", caf::to_string(reason)}});
      exit_code_ = 1;
    }
    main_loop_->post([this] { main_loop_->stop(); });
  });
  main_loop_->run();
  listeners_.close();
  finish_log();
  log_->write(LogLevel::warning, "Respawn is now ready to exit, bye bye...");
  return exit_code_;
}

void Server::start_io_threads() {
  for (auto& loop : io_loops_)
    io_threads_.emplace_back([&loop = *loop, number = io_threads_.size() + 1] {
      const AlternateStack stack;
      name_thread("io-" + std::to_string(number));
      loop.run();
    });
}

void Server::start_disk_thread() {
  disk_thread_ = std::thread([this] {
    const AlternateStack stack;
    name_thread("append-log");
    ask_for_short_slices();
    disk_loop_->run();
  });
}

/// What the keyspace actor gave last is written and flushed.
void Server::finish_log() {
  if (!disk_thread_.joinable()) return;
  disk_loop_->stop();
  disk_thread_.join();
  keeper_.store().log.hand_over();
  keeper_.log_disk().finish();
}

/// Redis's words, for which programs that start a server wait; likewise those of log_ready().
void Server::log_start() {
  listeners_.log_addresses();
  log_->write(LogLevel::notice, "Server initialized");
}

void Server::log_ready() {
  const engine::ProcessFacts& facts = process_.facts();
  log_->write(LogLevel::notice, "Ready to accept connections",
              {{"backend", facts.event_backend},
               {"io_threads", std::to_string(facts.io_threads)},
               {"allocator", facts.allocator}});
  told(manager_.ready());
}

void Server::told(const Status& manager_told) {
  if (!manager_told) log_->write(LogLevel::warning, manager_told.error());
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
    SupervisorSpec store = supervisor_spec("root/store", Strategy::one_for_one);
    store.children.push_back(append_log_child());
    store.children.push_back(keyspace_child());
    return store;
  }));
  root.children.push_back(supervisor_child("network", [this] {
    SupervisorSpec network = supervisor_spec("root/network", Strategy::one_for_one);
    network.children.push_back(supervisor_child("connections", [this] {
      return supervisor_spec("root/network/connections", Strategy::dynamic);
    }));
    for (ChildSpec& acceptor : listeners_.acceptors())
      network.children.push_back(std::move(acceptor));
    return network;
  }));
  return root;
}

ChildSpec Server::append_log_child() {
  ChildSpec child;
  child.id = "append-log";
  child.start = [this]() -> Result<caf::actor> {
    return net::spawn_on<actors::AppendLogActor>(*disk_loop_, keeper_.log_disk(), context_);
  };
  return child;
}

ChildSpec Server::keyspace_child() {
  ChildSpec child;
  child.id = "keyspace";
  child.start = [this]() -> Result<caf::actor> {
    if (Status sound = keeper_.inspect(); !sound) heal_data(sound.error());
    caf::actor keyspace =
        net::spawn_on<actors::KeyspaceActor>(*main_loop_, keeper_.store(), services_, context_,
                                             [this](engine::Store& store) { reload(store); });
    // In case one is wanted that its predecessor did not come to.
    caf::anon_send(keyspace, actors::ReloadRequested{});
    return keyspace;
  };
  return child;
}

/// Damaged data is taken from the append log, or is the end of the process.
void Server::heal_data(const std::string& damage) {
  const Status rebuilding = loader_->rebuild();
  if (!rebuilding.ok()) {
    log_->write(LogLevel::warning, "The data was damaged by a failed command; ending the process",
                {{"reason", damage}, {"not rebuilt", rebuilding.error()}});
    std::_Exit(1);
  }
  log_->write(LogLevel::warning,
              "The data was damaged by a failed command; it is taken from the append log again",
              {{"reason", damage}});
}

// ---- Stopping and reloading ----

void Server::stop(int signal) {
  if (stop_wanted_.exchange(true)) return;
  const auto config = context_.config.get();
  const int flags = signal == SIGINT ? config->shutdown_on_sigint : config->shutdown_on_sigterm;
  const engine::ShutdownRequest request = {.save = (flags & config::shutdown_flag::save) != 0,
                                           .nosave = (flags & config::shutdown_flag::nosave) != 0,
                                           .now = (flags & config::shutdown_flag::now) != 0,
                                           .force = (flags & config::shutdown_flag::force) != 0};
  // Without one there is nobody who could save.
  if (caf::actor keyspace = context_.directory.present())
    caf::anon_send(keyspace, actors::ShutdownRequested{request});
  else
    end();
}

void Server::request(const engine::ShutdownRequest&) {
  stop_wanted_.store(true);
  end();
}

void Server::end() {
  if (stopping_.exchange(true)) return;
  told(manager_.stopping());
  main_loop_->post([this] {
    listeners_.close();  // before any client sees that its connection is closed
    caf::anon_send(root_, supervision::StopSupervisor{});
  });
}

Status Server::abort() {
  return failure("ERR No shutdown in progress.");
}

void Server::request_reload() {
  told(manager_.reloading());
  reload_wanted_.store(true);
  if (caf::actor keyspace = context_.directory.present())
    caf::anon_send(keyspace, actors::ReloadRequested{});
}

void Server::reload(engine::Store& store) {
  if (!reload_wanted_.exchange(false)) return;
  configuration_.reload(store);
  if (!stopping_.load()) told(manager_.reloaded());
}

}  // namespace respawn::server
