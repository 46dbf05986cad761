// The server's actors on a simulated loop: virtual time, sockets in memory, a real supervision
// tree.
#pragma once

#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/acceptor_actor.hpp"
#include "actors/append_log_actor.hpp"
#include "actors/keyspace_actor.hpp"
#include "actors/server_context.hpp"
#include "commands/families.hpp"
#include "engine/run/log_opening.hpp"
#include "engine/run/publish.hpp"
#include "net/simulated_loop.hpp"
#include "protocol/request_writer.hpp"
#include "server/loop_runtime.hpp"
#include "supervision/messages.hpp"
#include "supervision/supervisor.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::actors::test {

using commands::test::array;
using commands::test::bulk;
using commands::test::bulks;
using commands::test::error;
using commands::test::integer;
using commands::test::null;
using commands::test::null_array;
using commands::test::ok;
using commands::test::simple;

/// What a client is told whose command ran when the keyspace actor failed.
inline constexpr std::string_view lost_message =
    "ERR the keyspace failed while this command ran; whether it took effect is unknown";
inline const std::string lost = error(lost_message);

/// What a client is told that has yet to say the password.
inline const std::string unauthenticated = error("NOAUTH Authentication required.");
inline const std::string too_many = error("ERR Protocol error: unauthenticated multibulk length");

/// Throws in the middle of a write, having written part of a reply: what a bug in a handler does.
inline void crash(engine::Execution& ex, engine::Args) {
  ex.reply.array(3);
  ex.reply.integer(1);
  RESPAWN_CHECK(!"a handler that fails");
}

/// The same behind a message to a channel.
inline void crash_publish(engine::Execution& ex, engine::Args args) {
  ex.env().subscriptions.publish(args[1], "last words");
  crash(ex, args);
}

inline constexpr engine::CommandSpec crash_rows[] = {
    engine::command({.name = "crash",
                     .syntax = "key",
                     .flags = {engine::Flag::write},
                     .keys = {engine::keys({engine::KeyFlag::RW}, 1)},
                     .since = "0.1.0",
                     .complexity = "O(1)",
                     .summary = "Fails.",
                     .run = crash}),
    engine::command({.name = "crash-publish",
                     .syntax = "channel",
                     .since = "0.1.0",
                     .complexity = "O(1)",
                     .summary = "Says something on a channel and fails.",
                     .run = crash_publish}),
};

/// One client, as a peer of the simulated network.
class Client {
 public:
  Client(net::SimulatedLoop& loop, net::SimulatedPeer peer) : loop_(&loop), peer_(peer) {}

  /// Sends raw bytes and returns what has come back.
  std::string send(std::string_view bytes) {
    peer_.write(bytes);
    loop_->run_until_idle();
    return peer_.read_all();
  }

  /// One command as an inline line.
  std::string run(std::string_view line) { return send(std::string(line) + "\r\n"); }

  std::string received() {
    loop_->run_until_idle();
    return peer_.read_all();
  }

  [[nodiscard]] bool closed() {
    loop_->run_until_idle();
    return peer_.is_closed();
  }

  net::SimulatedPeer& peer() { return peer_; }

 private:
  net::SimulatedLoop* loop_;
  net::SimulatedPeer peer_;
};

class World {
 public:
  static constexpr int listening_socket = 1;

  explicit World(config::Config config = open_config(), FileSystem* files = nullptr)
      : initial(std::make_shared<const config::Config>(std::move(config))),
        services(files),
        loop(system),
        disk_loop(system),
        context(initial, services.log),
        store(initial, families()) {
    context.connection_loops.push_back(&loop);
    services.configuration.on_announce = [this](const auto& now, const auto& changes) {
      context.take_over(now, changes);
    };
    runtime = std::make_shared<server::LoopRuntime>(loop);
    if (initial->appendonly) open_log();
    start();
    loop.run_until_idle();
    flush_disk();
  }

  ~World() {
    caf::anon_send(root, supervision::StopSupervisor{});
    root = nullptr;
    loop.run_until_idle();
    flush_disk();
    context.directory.close();
    context.append_log.close();
  }

  /// The disk actor, whose loop stands still otherwise, does what it has to.
  void flush_disk() {
    disk_loop.run_until_idle();
    loop.run_until_idle();
  }

  static config::Config open_config() {
    config::Config config;
    config.protected_mode = false;
    return config;
  }

  Client connect() {
    Client client(loop, loop.connect_peer(listening_socket));
    loop.run_until_idle();
    return client;
  }

  void kill(const std::string& id) {
    caf::actor victim = context.board->find(id);
    ASSERT_TRUE(victim) << id;
    caf::anon_send_exit(victim, caf::exit_reason::kill);
    victim = nullptr;
    loop.run_until_idle();
  }

  /// Ends the actor behind everything that is in its mailbox at the moment.
  void kill_later(const std::string& id) {
    caf::anon_send_exit(context.board->find(id), caf::exit_reason::kill);
  }

  [[nodiscard]] bool has(const std::string& id) const {
    return static_cast<bool>(context.board->find(id));
  }

  void configure(const std::function<void(config::Config&)>& change) {
    config::PreparedChange prepared{*store.config, {}};
    change(prepared.config);
    prepared.changes = config::differences(*store.config, prepared.config);
    ASSERT_FALSE(engine::publish(store, services.configuration, prepared));
  }

  static std::vector<std::span<const engine::CommandSpec>> families() {
    auto all = commands::every_family();
    all.emplace_back(crash_rows);
    return all;
  }

  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  std::shared_ptr<const config::Config> initial;
  commands::test::FakeServices services;
  net::SimulatedLoop loop;
  net::SimulatedLoop disk_loop;
  ServerContext context;
  engine::Store store;
  persistence::LogDisk log_disk{store.log.tail, disk_loop.clock()};
  std::shared_ptr<supervision::Runtime> runtime;
  std::vector<supervision::SupervisionReport> reports;
  std::shared_ptr<ListeningPost> post =
      std::make_shared<ListeningPost>(ListeningPost{.fd = listening_socket});
  caf::actor root;

 private:
  void open_log() {
    context.append_log.connect(store.log.tail);
    engine::Executor executor(store, services, loop.clock());
    const Status opened = engine::open_append_log(executor.environment(), log_disk);
    ASSERT_TRUE(opened.ok()) << opened.error();
  }

  caf::actor spawn(supervision::SupervisorSpec spec) {
    spec.intensity = {.restarts = 1'000'000, .period_ms = 1000};
    supervision::SupervisorContext shared{
        runtime, context.board, [this](const auto& report) { reports.push_back(report); }};
    return net::spawn_on<supervision::SupervisorActor<net::LoopActor>>(loop, std::move(spec),
                                                                       std::move(shared));
  }

  supervision::ChildSpec branch(std::string id, std::function<supervision::SupervisorSpec()> spec) {
    supervision::ChildSpec child;
    child.id = std::move(id);
    child.type = supervision::ChildType::supervisor;
    child.start = [this, spec = std::move(spec)]() -> Result<caf::actor> { return spawn(spec()); };
    return child;
  }

  void start() {
    supervision::SupervisorSpec top{.path = "root",
                                    .strategy = supervision::Strategy::rest_for_one};
    top.children.push_back(branch("store", [this] {
      supervision::SupervisorSpec spec{.path = "root/store"};
      if (initial->appendonly)
        spec.children.push_back({.id = "append-log", .start = [this]() -> Result<caf::actor> {
                                   return net::spawn_on<AppendLogActor>(disk_loop, log_disk,
                                                                        context);
                                 }});
      spec.children.push_back({.id = "keyspace", .start = [this]() -> Result<caf::actor> {
                                 if (Status sound = store.databases.recover(); !sound)
                                   return failure(sound.error());
                                 engine::Services& world = services;
                                 return net::spawn_on<KeyspaceActor>(loop, store, world, context,
                                                                     [](engine::Store&) {});
                               }});
      return spec;
    }));
    top.children.push_back(branch("network", [this] {
      supervision::SupervisorSpec spec{.path = "root/network"};
      spec.children.push_back(branch("connections", [] {
        return supervision::SupervisorSpec{.path = "root/network/connections",
                                           .strategy = supervision::Strategy::dynamic};
      }));
      spec.children.push_back({.id = "acceptor:0", .start = [this]() -> Result<caf::actor> {
                                 return net::spawn_on<AcceptorActor>(loop, context, post);
                               }});
      return spec;
    }));
    root = spawn(std::move(top));
  }
};

}  // namespace respawn::actors::test
