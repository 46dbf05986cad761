#include "net/simulated_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.hpp"
#include "net/simulated_stream.hpp"

namespace respawn::net {
namespace {

/// Not the number of any descriptor: somebody who closes it by mistake does no harm.
constexpr int first_socket = 1'000'000;
constexpr int first_port = 50'000;

/// A test that needs more turns than this without time going on has an endless loop in it.
constexpr int turns_max = 1'000'000;

std::string text_of(const Address& address) {
  return address.host + ":" + std::to_string(address.port);
}

}  // namespace

class SimulatedListener final : public Listener {
 public:
  SimulatedListener(SimulatedLoop& loop, int fd, AcceptHandler& handler)
      : loop_(loop), fd_(fd), handler_(&handler) {
    RESPAWN_CHECK(!loop_.listeners_.contains(fd));
    loop_.listeners_[fd] = this;
    loop_.deliver_backlog(fd);
  }

  ~SimulatedListener() override { loop_.listeners_.erase(fd_); }

  void pause() override { paused_ = true; }

  void resume() override {
    paused_ = false;
    loop_.deliver_backlog(fd_);
  }

  [[nodiscard]] bool paused() const { return paused_; }

  [[nodiscard]] AcceptHandler& handler() const { return *handler_; }

 private:
  SimulatedLoop& loop_;
  int fd_;
  AcceptHandler* handler_;
  bool paused_ = false;
};

SimulatedLoop::SimulatedLoop(caf::actor_system& system)
    : SimulatedLoop(system, std::make_unique<ManualClock>()) {}

SimulatedLoop::SimulatedLoop(caf::actor_system& system, std::unique_ptr<ManualClock> manual_clock)
    : LoopCore(system, *manual_clock),
      manual_clock_(std::move(manual_clock)),
      next_socket_(first_socket),
      next_port_(first_port) {
  enter();
}

SimulatedLoop::~SimulatedLoop() {
  shut_down();
}

void SimulatedLoop::run_until_idle() {
  for (int turn = 0; idle_us() == 0; ++turn) {
    RESPAWN_CHECK(turn < turns_max);
    run_turn();
  }
}

void SimulatedLoop::advance_us(std::int64_t microseconds) {
  run_until_idle();
  for (std::int64_t left = microseconds; left > 0;) {
    const std::int64_t wait = idle_us();
    const std::int64_t step = wait < 0 ? left : std::min(wait, left);
    manual_clock_->advance_us(step);
    left -= step;
    run_until_idle();
  }
}

SimulatedLoop::Connection SimulatedLoop::make_connection(std::string stream_side,
                                                         std::string peer_side) {
  auto connection = std::make_shared<SimulatedConnection>();
  connection->addresses = {std::move(peer_side), std::move(stream_side)};
  return connection;
}

SimulatedPeer SimulatedLoop::connect_peer(int listening_fd) {
  auto connection = make_connection("127.0.0.1:6379", "127.0.0.1:" + std::to_string(next_port_++));
  backlogs_[listening_fd].push_back(connection);
  deliver_backlog(listening_fd);
  return SimulatedPeer(std::move(connection));
}

void SimulatedLoop::deliver_backlog(int listening_fd) {
  post([this, listening_fd] {
    auto& backlog = backlogs_[listening_fd];
    while (!backlog.empty()) {
      const auto listener = listeners_.find(listening_fd);
      if (listener == listeners_.end() || listener->second->paused()) return;
      const AcceptedSocket socket = accept_first(listening_fd);
      guarded([&] { listener->second->handler().on_accepted(socket); });
    }
  });
}

AcceptedSocket SimulatedLoop::accept_first(int listening_fd) {
  auto& backlog = backlogs_[listening_fd];
  const AcceptedSocket socket{next_socket_++};
  accepted_[socket.fd] = std::move(backlog.front());
  backlog.pop_front();
  return socket;
}

std::vector<AcceptedSocket> SimulatedLoop::accept_waiting(int listening_fd) {
  std::vector<AcceptedSocket> accepted;
  while (!backlogs_[listening_fd].empty()) accepted.push_back(accept_first(listening_fd));
  return accepted;
}

void SimulatedLoop::fail_accept(int listening_fd, int error) {
  post([this, listening_fd, error] {
    const auto listener = listeners_.find(listening_fd);
    if (listener == listeners_.end() || listener->second->paused()) return;
    listener->second->pause();
    listener->second->handler().on_accept_error(error);
  });
}

void SimulatedLoop::serve(const Address& address) {
  served_[text_of(address)];
}

void SimulatedLoop::stop_serving(const Address& address) {
  served_.erase(text_of(address));
}

std::optional<SimulatedPeer> SimulatedLoop::take_connected(const Address& address) {
  const auto served = served_.find(text_of(address));
  if (served == served_.end() || served->second.empty()) return std::nullopt;
  SimulatedPeer peer(std::move(served->second.front()));
  served->second.pop_front();
  return peer;
}

std::unique_ptr<Stream> SimulatedLoop::adopt(AcceptedSocket socket, StreamHandler& handler) {
  const auto found = accepted_.find(socket.fd);
  RESPAWN_CHECK(found != accepted_.end());
  auto connection = std::move(found->second);
  accepted_.erase(found);
  return make_stream(
      LocalPtr<StreamCore>(new SimulatedStream(*this, std::move(connection), handler)));
}

std::unique_ptr<Listener> SimulatedLoop::listen(int listening_fd, AcceptHandler& handler) {
  return std::make_unique<SimulatedListener>(*this, listening_fd, handler);
}

namespace {

class SimulatedConnecting final : public Connecting {
 public:
  [[nodiscard]] std::weak_ptr<bool> alive() const { return alive_; }

 private:
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Connecting> SimulatedLoop::connect(const Address& address, ConnectHandler& handler,
                                                   StreamHandler& stream_handler) {
  auto connecting = std::make_unique<SimulatedConnecting>();
  post([this, address, &handler, &stream_handler, alive = connecting->alive()] {
    if (!alive.expired()) finish_connect(address, handler, stream_handler);
  });
  return connecting;
}

void SimulatedLoop::finish_connect(const Address& address, ConnectHandler& handler,
                                   StreamHandler& stream_handler) {
  const auto served = served_.find(text_of(address));
  if (served == served_.end()) return handler.on_connect_error(ECONNREFUSED);
  auto connection = make_connection("127.0.0.1:" + std::to_string(next_port_++), text_of(address));
  served->second.push_back(connection);
  handler.on_connected(make_stream(
      LocalPtr<StreamCore>(new SimulatedStream(*this, std::move(connection), stream_handler))));
}

}  // namespace respawn::net
