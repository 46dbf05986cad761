#include "server/listeners.hpp"

#include <algorithm>
#include <caf/send.hpp>

#include "supervision/messages.hpp"

namespace respawn::server {

namespace {

constexpr const char* supervisor_path = "root/network";
constexpr std::int64_t supervisor_retry_us = 10'000;

constexpr const char* listens_nowhere = "Configured to not listen anywhere, exiting.";

std::string acceptor_id(std::size_t number) {
  return "acceptor:" + std::to_string(number);
}

bool contains(const std::vector<std::size_t>& numbers, std::size_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

/// Takes an acceptor out of the tree: its specification can go when it is down. Lives until then.
class Removal final : public net::LoopActor {
 public:
  Removal(caf::actor_config& config, net::EventLoop& loop, caf::actor supervisor, std::string id)
      : net::LoopActor(config, loop), supervisor_(std::move(supervisor)), id_(std::move(id)) {}

  const char* name() const override { return "removal"; }

 protected:
  caf::behavior make_behavior() override {
    request(supervisor_, caf::infinite, supervision::TerminateChild{id_})
        .then(
            [this](const supervision::ChildAnswer&) {
              caf::anon_send(supervisor_, supervision::DeleteChild{id_});
              quit();
            },
            [this](const caf::error&) { quit(); });
    return {[](supervision::StopSupervisor) {}};
  }

  void on_exit() override { supervisor_ = nullptr; }

 private:
  caf::actor supervisor_;
  const std::string id_;
};

}  // namespace

Status check_reachable(const config::Config& config) {
  const bool tcp = config.port != 0 && !config.bind.empty();
  if (tcp || !config.unixsocket.empty()) return success();
  return failure(listens_nowhere);
}

// ---- At start ----

Status Listeners::open(const config::Config& config) {
  if (config.port != 0)
    for (const std::string& entry : config.bind)
      if (Status opened = open_each({{entry, config.port}}, config.tcp_backlog); !opened)
        return opened;
  if (!config.unixsocket.empty()) {
    auto socket = net::ListeningSocket::unix_path(
        config.unixsocket, static_cast<mode_t>(config.unixsocketperm), config.tcp_backlog);
    if (!socket) return failure(socket.error());
    add(std::move(*socket), {});
  }
  return open_.empty() ? failure(listens_nowhere) : success();
}

/// Up to the first place where that fails; none where an optional address is not there.
Status Listeners::open_each(const std::vector<Place>& places, int backlog) {
  for (const Place& place : places) {
    auto sockets = net::listen_tcp({place.entry}, static_cast<std::uint16_t>(place.port), backlog);
    if (!sockets) return failure(sockets.error());
    for (net::ListeningSocket& socket : *sockets) add(std::move(socket), place);
  }
  return success();
}

void Listeners::add(net::ListeningSocket socket, Place place) {
  auto post = std::make_shared<actors::ListeningPost>(
      actors::ListeningPost{.fd = socket.fd(), .unix_socket = place.port == 0});
  open_.push_back({next_number_++, std::move(socket), std::move(place), std::move(post)});
}

supervision::ChildSpec Listeners::acceptor(const Listening& listening) {
  supervision::ChildSpec child;
  child.id = acceptor_id(listening.number);
  child.start = [this, post = listening.post]() -> Result<caf::actor> {
    return net::spawn_on<actors::AcceptorActor>(*loop_, context_, post);
  };
  return child;
}

std::vector<supervision::ChildSpec> Listeners::acceptors() {
  std::vector<supervision::ChildSpec> specs;
  for (const Listening& listening : open_) specs.push_back(acceptor(listening));
  return specs;
}

void Listeners::log_addresses() const {
  for (const Listening& listening : open_)
    log_.write(engine::LogLevel::notice, "Listening on " + listening.socket.address());
}

// ---- At run time ----

Listeners::Replaced Listeners::replace(const config::Config& after) {
  const auto change = difference(after);
  if (!change) {
    log_.write(engine::LogLevel::warning, change.error());
    return Replaced::cannot_listen;
  }
  const std::size_t first_fresh = next_number_;
  // Where nothing is in the way comes first: most of what fails does so while all is open.
  Status opened = open_each(change->free, after.tcp_backlog);
  std::vector<Place> closed;
  if (opened) {
    closed = close_each(change->blocking);
    opened = open_each(change->blocked, after.tcp_backlog);
  }
  if (opened && is_reachable_without(change->unwanted)) {
    close_each(change->unwanted);
    start_acceptors(first_fresh);
    return Replaced::done;
  }
  if (!opened) log_.write(engine::LogLevel::warning, opened.error());
  std::erase_if(open_, [&](const Listening& one) { return one.number >= first_fresh; });
  restore(closed, after.tcp_backlog);
  start_acceptors(first_fresh);
  return opened ? Replaced::nowhere : Replaced::cannot_listen;
}

/// An error where an entry of `bind` stands for nothing.
Result<Listeners::Difference> Listeners::difference(const config::Config& after) const {
  struct Wanted {
    Place place;
    std::vector<net::SocketAddress> addresses;
  };

  std::vector<Wanted> missing;
  Numbers staying;
  for (const std::string& entry : after.bind) {
    if (after.port == 0) break;
    auto addresses = net::places_to_listen(entry, static_cast<std::uint16_t>(after.port));
    if (!addresses) return failure(addresses.error());
    const auto open = std::find_if(open_.begin(), open_.end(), [&](const Listening& one) {
      return one.is_tcp() && !contains(staying, one.number) &&
             std::any_of(addresses->begin(), addresses->end(), [&](const auto& address) {
               return net::is_same_place(address, one.socket.bound());
             });
    });
    if (open != open_.end())
      staying.push_back(open->number);
    else
      missing.push_back({{entry, after.port}, std::move(*addresses)});
  }
  Difference found;
  for (const Listening& one : open_)
    if (one.is_tcp() && !contains(staying, one.number)) found.unwanted.push_back(one.number);
  for (const Wanted& wanted : missing) {
    bool blocked = false;
    for (const Listening& one : open_) {
      const bool blocks =
          contains(found.unwanted, one.number) &&
          std::any_of(wanted.addresses.begin(), wanted.addresses.end(), [&](const auto& address) {
            return net::in_the_way(address, one.socket.bound());
          });
      if (blocks && !contains(found.blocking, one.number)) found.blocking.push_back(one.number);
      blocked = blocked || blocks;
    }
    (blocked ? found.blocked : found.free).push_back(wanted.place);
  }
  return found;
}

void Listeners::close() {
  for (const Listening& listening : open_) listening.post->take_back();
  open_.clear();
}

/// Where they were. Numbers that are closed already are passed over.
std::vector<Listeners::Place> Listeners::close_each(const Numbers& numbers) {
  std::vector<Place> places;
  for (const Listening& listening : open_) {
    if (!contains(numbers, listening.number)) continue;
    drain(listening);
    places.push_back(listening.place);
    remove_acceptor(listening.number);
    log_.write(engine::LogLevel::notice, "No longer listening on " + listening.socket.address());
  }
  std::erase_if(open_, [&](const Listening& one) { return contains(numbers, one.number); });
  return places;
}

/// Serves those who have connected: to them the address was open.
void Listeners::drain(const Listening& listening) {
  listening.post->take_back();
  listening.socket.turn_away();
  for (const net::AcceptedSocket socket : loop_->accept_waiting(listening.socket.fd())) {
    net::let_in(socket.fd);
    actors::welcome(context_, std::make_shared<actors::Admission>(context_, socket), false,
                    loop_->clock().wall_us() / 1000);
  }
}

/// Undoes close_each().
void Listeners::restore(const std::vector<Place>& places, int backlog) {
  bool complete = true;
  for (const Place& place : places) {
    if (Status opened = open_each({place}, backlog); !opened) {
      complete = false;
      log_.write(engine::LogLevel::warning, "An address is lost: " + opened.error());
    }
  }
  if (complete) return;
  if (open_.empty())
    log_.write(engine::LogLevel::warning, "The server listens nowhere: nobody can connect");
  log_addresses();
}

/// In the next turn: until then it hears of those whom the kernel had accepted.
void Listeners::remove_acceptor(std::size_t number) {
  const auto remove = [this, number](const caf::actor& supervisor) {
    net::spawn_on<Removal>(*loop_, supervisor, acceptor_id(number));
  };
  loop_->call_after(0, [this, remove] { tell_supervisor(remove); });
}

/// For the sockets from this number on.
void Listeners::start_acceptors(std::size_t first_number) {
  for (const Listening& listening : open_) {
    if (listening.number < first_number) continue;
    log_.write(engine::LogLevel::notice, "Listening on " + listening.socket.address());
    tell_supervisor([spec = acceptor(listening), post = listening.post](const auto& supervisor) {
      if (post->fd >= 0) caf::anon_send(supervisor, supervision::StartChild{spec});
    });
  }
}

/// As soon as there is one: it may be starting, with the sockets of before or of now; what it knows
/// already it passes over.
void Listeners::tell_supervisor(const std::function<void(const caf::actor&)>& what) {
  if (const caf::actor supervisor = context_.board->find(supervisor_path)) return what(supervisor);
  loop_->call_after(supervisor_retry_us, [this, what] { tell_supervisor(what); });
}

bool Listeners::is_reachable_without(const Numbers& unwanted) const {
  return std::any_of(open_.begin(), open_.end(),
                     [&](const Listening& one) { return !contains(unwanted, one.number); });
}

}  // namespace respawn::server
