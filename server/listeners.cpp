#include "server/listeners.hpp"

#include <algorithm>
#include <caf/send.hpp>

#include "actors/acceptor_actor.hpp"
#include "supervision/messages.hpp"

namespace respawn::server {

namespace {

std::string acceptor_id(std::size_t index) {
  return "acceptor:" + std::to_string(index);
}

}  // namespace

Status Listeners::listen_on(const std::string& host, const config::Config& config,
                            std::vector<Listening>& opened) {
  if (config.port == 0) return success();
  auto sockets =
      net::listen_tcp({host}, static_cast<std::uint16_t>(config.port), config.tcp_backlog);
  if (!sockets) return failure(sockets.error());
  for (net::ListeningSocket& socket : *sockets)
    opened.push_back({std::make_unique<net::ListeningSocket>(std::move(socket)), host});
  return success();
}

Status Listeners::open(const config::Config& config) {
  for (const std::string& host : config.bind)
    if (Status listening = listen_on(host, config, open_); !listening) return listening;
  if (config.port != 0 && open_.empty())
    return failure("No address to listen on: see the option bind");
  if (config.unixsocket.empty()) return success();
  auto socket = net::ListeningSocket::unix_path(
      config.unixsocket, static_cast<mode_t>(config.unixsocketperm), config.tcp_backlog);
  if (!socket) return failure(socket.error());
  open_.push_back({std::make_unique<net::ListeningSocket>(std::move(*socket)), ""});
  return success();
}

supervision::ChildSpec Listeners::acceptor(std::size_t index) {
  supervision::ChildSpec child;
  child.id = acceptor_id(index);
  child.start = [this, index]() -> Result<caf::actor> {
    const net::ListeningSocket& socket = *open_[index].socket;
    return net::spawn_on<actors::AcceptorActor>(*loop_, context_, socket.fd(), socket.port() == 0);
  };
  return child;
}

std::vector<supervision::ChildSpec> Listeners::acceptors() {
  std::vector<supervision::ChildSpec> specs;
  for (std::size_t i = 0; i < open_.size(); ++i)
    if (open_[i].socket && !open_[i].retired) specs.push_back(acceptor(i));
  return specs;
}

/// At those of its addresses where nothing is open.
Status Listeners::listen_anew(const config::Config& after, std::vector<Listening>& fresh) const {
  for (const std::string& host : after.bind) {
    const bool is_open = std::any_of(open_.begin(), open_.end(), [&](const Listening& one) {
      return one.is_at(host, after.port);
    });
    if (is_open) continue;
    if (Status listening = listen_on(host, after, fresh); !listening) return listening;
  }
  return success();
}

/// The TCP sockets that `after` does not name.
std::vector<std::size_t> Listeners::unwanted(const config::Config& after) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    const Listening& one = open_[i];
    if (one.retired || !one.socket || one.socket->port() == 0) continue;
    if (one.socket->port() != after.port ||
        std::find(after.bind.begin(), after.bind.end(), one.host) == after.bind.end())
      found.push_back(i);
  }
  return found;
}

/// Sockets that were retired a moment ago and are wanted again.
void Listeners::call_back(const config::Config& after, std::vector<Listening>& fresh) {
  for (const std::string& host : after.bind)
    for (Listening& one : open_)
      if (one.retired && one.is_at(host, after.port))
        fresh.push_back({std::move(one.socket), one.host});
}

Listeners::Replaced Listeners::replace(const config::Config& after) {
  // All new sockets are open before an old one is closed; addresses that stay keep theirs.
  std::vector<Listening> fresh;
  if (Status listening = listen_anew(after, fresh); !listening) {
    log_.write(engine::LogLevel::warning, listening.error());
    return Replaced::cannot_listen;
  }
  const caf::actor supervisor = context_.board->find("root/network");
  if (!supervisor) return Replaced::no_supervisor;
  call_back(after, fresh);
  retire(supervisor, unwanted(after));
  for (Listening& listening : fresh) {
    open_.push_back(std::move(listening));
    caf::anon_send(supervisor, supervision::StartChild{acceptor(open_.size() - 1)});
  }
  return Replaced::done;
}

void Listeners::retire(const caf::actor& supervisor, const std::vector<std::size_t>& indices) {
  constexpr std::int64_t letting_go_us = 1'000'000;
  for (std::size_t index : indices) {
    open_[index].retired = true;
    caf::anon_send(supervisor, supervision::TerminateChild{acceptor_id(index)});
    caf::anon_send(supervisor, supervision::DeleteChild{acceptor_id(index)});
  }
  // The acceptors let go of the descriptors in their next turn.
  loop_->call_after(letting_go_us, [this, indices] {
    for (std::size_t index : indices) open_[index].socket.reset();
  });
}

void Listeners::log_addresses() const {
  for (const Listening& listening : open_)
    if (listening.socket && !listening.retired)
      log_.write(engine::LogLevel::notice, "Listening on " + listening.socket->address());
}

}  // namespace respawn::server
