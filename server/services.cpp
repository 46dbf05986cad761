// What commands ask of the process: the part of Server that implements engine::Services.
#include <unistd.h>

#include <algorithm>
#include <caf/send.hpp>
#include <cerrno>
#include <cstring>

#include "config/rewrite.hpp"
#include "server/memory.hpp"
#include "server/server.hpp"
#include "supervision/messages.hpp"

namespace respawn::server {

namespace {

using supervision::ChildRow;
using supervision::TreeRow;

engine::TreeNode to_node(const ChildRow& row, std::string path) {
  engine::TreeNode node;
  node.id = row.id;
  node.path = std::move(path);
  node.kind = supervision::to_string(row.type);
  node.restart = supervision::to_string(row.restart);
  node.state = supervision::to_string(row.state);
  node.restarts = row.restarts;
  node.last_exit = row.last_exit;
  node.since_ms = row.since_wall_ms;
  return node;
}

/// Rows are in preorder with their depth: takes the row at `at` and everything below it.
engine::TreeNode take_subtree(const std::vector<TreeRow>& rows, std::size_t& at) {
  const TreeRow& row = rows[at++];
  engine::TreeNode node = to_node(row.child, row.path);
  if (row.strategy) node.strategy = supervision::to_string(*row.strategy);
  while (at < rows.size() && rows[at].depth > row.depth)
    node.children.push_back(take_subtree(rows, at));
  return node;
}

bool names(const std::vector<std::string>& changed, std::string_view option) {
  return std::find(changed.begin(), changed.end(), option) != changed.end();
}

}  // namespace

void Server::log(engine::LogLevel level, std::string_view text) {
  log_->write(level, text);
}

Status Server::apply_config(const std::shared_ptr<const config::Config>& before,
                            const std::shared_ptr<const config::Config>& after,
                            const std::vector<std::string>& changed) {
  if (names(changed, "dir") && ::chdir(after->dir.c_str()) != 0)
    return failure(std::string("dir: ") + std::strerror(errno));
  if (names(changed, "port") || names(changed, "bind")) {
    if (Status replaced = replace_listeners(*after, names(changed, "port")); !replaced) {
      if (names(changed, "dir") && ::chdir(before->dir.c_str()) != 0)
        log_->write(engine::LogLevel::warning, "Can't go back to " + before->dir);
      return replaced;
    }
  }
  log_->set_level(after->loglevel);
  coalesce(*after);
  facts_.tcp_port = after->port;
  context_.config.set(after);
  return success();
}

Status Server::replace_listeners(const config::Config& after, bool port_changed) {
  // All new sockets are open before an old one is closed; addresses that stay keep theirs.
  std::vector<Listening> fresh;
  std::vector<std::size_t> retired;
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const Listening& old = listeners_[i];
    if (!old.socket || old.socket->port() == 0) continue;
    if (old.socket->port() == after.port && names(after.bind, old.host))
      kept.push_back(old.host);
    else
      retired.push_back(i);
  }
  for (const std::string& host : after.bind) {
    if (names(kept, host)) continue;
    if (Status listening = listen_on(host, after, fresh); !listening) {
      log_->write(engine::LogLevel::warning, listening.error());
      return failure(port_changed ? "port: Unable to listen on this port"
                                  : "bind: Failed to bind to specified addresses.");
    }
  }
  caf::actor network = context_.board->find("root/network");
  if (!network) return failure("port: the network supervisor is restarting");
  for (std::size_t index : retired) {
    const std::string id = "acceptor:" + std::to_string(index);
    caf::anon_send(network, supervision::TerminateChild{id});
    caf::anon_send(network, supervision::DeleteChild{id});
  }
  for (Listening& listening : fresh) {
    listeners_.push_back(std::move(listening));
    caf::anon_send(network, supervision::StartChild{acceptor_child(listeners_.size() - 1)});
  }
  // The acceptors let go of the descriptors in their next turn.
  main_loop_->call_after(1'000'000, [this, retired] {
    for (std::size_t index : retired) listeners_[index].socket.reset();
  });
  return success();
}

Status Server::rewrite_config(const config::Config& config) {
  return config::rewrite_file(config, source_, files_);
}

engine::MemoryFacts Server::memory() const {
  return memory_facts();
}

std::uint64_t Server::used_memory() const {
  return used_memory_bytes();
}

void Server::purge_memory() {
  server::purge_memory();
}

std::string Server::allocator_report() const {
  return server::allocator_report();
}

engine::NetworkFacts Server::network() const {
  return {.connections_received = context_.counters.received.load(std::memory_order_relaxed),
          .connections_rejected = context_.counters.rejected.load(std::memory_order_relaxed)};
}

void Server::reset_network_facts() {
  context_.counters.received.store(0, std::memory_order_relaxed);
  context_.counters.rejected.store(0, std::memory_order_relaxed);
  context_.counters.received_bytes.store(0, std::memory_order_relaxed);
  context_.counters.sent_bytes.store(0, std::memory_order_relaxed);
}

engine::TreeNode Server::tree() const {
  const std::vector<TreeRow> rows = context_.board->tree();
  std::size_t at = 0;
  return rows.empty() ? engine::TreeNode{} : take_subtree(rows, at);
}

Result<std::vector<engine::TreeNode>> Server::children(std::string_view id) const {
  const std::string wanted(id);
  for (const TreeRow& row : context_.board->tree()) {
    if (!row.strategy || (row.path != wanted && row.child.id != wanted)) continue;
    std::vector<engine::TreeNode> nodes;
    if (auto rows = context_.board->children(row.path))
      for (const ChildRow& child : *rows)
        nodes.push_back(to_node(child, row.path + "/" + child.id));
    return nodes;
  }
  return failure("ERR no such supervisor");
}

std::vector<engine::RestartRecord> Server::restarts(std::size_t count_max) const {
  std::vector<supervision::SupervisionReport> reports = context_.board->recent_reports();
  std::vector<engine::RestartRecord> records;
  for (auto report = reports.rbegin(); report != reports.rend() && records.size() < count_max;
       ++report)
    records.push_back({.wall_ms = report->wall_ms,
                       .path = report->supervisor + "/" + report->child,
                       .event = std::string(supervision::to_string(report->kind)),
                       .reason = report->reason,
                       .attempt = report->attempt});
  return records;
}

Status Server::kill_actor(std::string_view id) {
  if (id == "root") return failure("ERR the root supervisor cannot be killed, use SHUTDOWN");
  caf::actor victim = context_.board->find(std::string(id));
  if (!victim) return failure("ERR no such actor");
  caf::anon_send_exit(victim, caf::exit_reason::kill);
  return success();
}

}  // namespace respawn::server
