#include "net/socket_loop.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <unistd.h>
#include <caf/actor_system.hpp>
#include <cerrno>
#include <system_error>

#include "net/accept_errors.hpp"
#include "net/connect_attempt.hpp"

namespace respawn::net {

void LoopGate::close() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

void LoopGate::post(std::function<void()> function) {
  const std::lock_guard lock(mutex_);
  if (loop_ != nullptr) loop_->post(std::move(function));
}

SocketLoop::SocketLoop(caf::actor_system& system)
    : LoopCore(system, system_clock_),
      wake_fd_(eventfd(0, EFD_CLOEXEC)),
      gate_(std::make_shared<LoopGate>(*this)) {
  if (!wake_fd_.valid()) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void SocketLoop::run() {
  enter();
  system().thread_started();
  begin_run();
  while (!stopping_.load(std::memory_order_relaxed)) run_turn();
  end_run();
  system().thread_terminates();
  leave();
}

void SocketLoop::stop() {
  stopping_.store(true);
  wake();
}

std::unique_ptr<Connecting> SocketLoop::connect(const Address& address, ConnectHandler& handler,
                                                StreamHandler& stream_handler) {
  return start_connecting(*this, address, handler, stream_handler);
}

std::vector<AcceptedSocket> SocketLoop::accept_waiting(int listening_fd) {
  std::vector<AcceptedSocket> accepted;
  if (!set_nonblocking(listening_fd, true)) return accepted;
  for (;;) {
    const int fd = ::accept4(listening_fd, nullptr, nullptr, accept_flags());
    if (fd >= 0)
      accepted.push_back({fd});
    else if (!accept_error_passes(errno))
      return accepted;
  }
}

void SocketLoop::wake() {
  const std::uint64_t one = 1;
  while (::write(wake_fd_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void SocketLoop::shut_down_sockets() {
  gate_->close();
  shut_down();
}

}  // namespace respawn::net
