// The event loop for every Linux: epoll, edge-triggered, with plain system calls.
#pragma once

#include <sys/epoll.h>

#include <vector>

#include "net/socket_loop.hpp"

namespace respawn::net {

/// Something with a descriptor that epoll watches. Owner: counted; whoever holds it has it
/// forgotten before letting go.
class EpollSource {
 public:
  virtual ~EpollSource() = default;
  /// `events` as of epoll_wait. May come once more after the loop was told to forget it.
  virtual void on_ready(std::uint32_t events) = 0;
};

class EpollLoop final : public SocketLoop {
 public:
  explicit EpollLoop(caf::actor_system& system);
  ~EpollLoop() override;

  std::unique_ptr<Stream> adopt(AcceptedSocket socket, StreamHandler& handler) override;
  std::unique_ptr<Listener> listen(int listening_fd, AcceptHandler& handler) override;
  LocalPtr<PendingConnect> start_connect(FileDescriptor socket, const SocketAddress& to,
                                         LocalPtr<ConnectAttempt> attempt) override;

  [[nodiscard]] const char* backend_name() const override { return "epoll"; }

  // For the sources. Both return an errno.
  int watch(int fd, std::uint32_t events, EpollSource& source);
  int change(int fd, std::uint32_t events, EpollSource& source);
  /// `owner` keeps the source alive until the end of the turn.
  void forget(int fd, LocalPtr<LocalCounted> owner);

  /// Where streams receive before they know how much it is.
  [[nodiscard]] std::vector<char>& scratch() { return scratch_; }

 protected:
  void poll(std::int64_t timeout_us) override;

  [[nodiscard]] int accept_flags() const override { return SOCK_CLOEXEC | SOCK_NONBLOCK; }

 private:
  int wait(std::int64_t timeout_us);

  FileDescriptor epoll_;
  std::vector<epoll_event> events_;
  std::vector<char> scratch_;
};

}  // namespace respawn::net
