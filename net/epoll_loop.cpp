#include "net/epoll_loop.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "net/accept_errors.hpp"
#include "net/connect_attempt.hpp"
#include "net/epoll_stream.hpp"

namespace respawn::net {
namespace {

constexpr std::size_t events_max = 512;
constexpr std::size_t scratch_bytes = 64 * 1024;

/// One listener does not hold up the turn for longer than it takes to accept these.
constexpr int accepted_per_turn_max = 256;

class EpollListenerCore final : public LocalCounted, public EpollSource {
 public:
  EpollListenerCore(EpollLoop& loop, int fd, AcceptHandler& handler)
      : loop_(loop), fd_(fd), handler_(&handler) {}

  void resume() {
    if (watched_) return;
    watched_ = loop_.watch(fd_, EPOLLIN, *this) == 0;
  }

  void pause() {
    if (watched_) loop_.forget(fd_, LocalPtr<LocalCounted>(this));
    watched_ = false;
  }

  void on_ready(std::uint32_t) override {
    const LocalPtr<EpollListenerCore> keep(this);
    for (int i = 0; i < accepted_per_turn_max && watched_; ++i) {
      const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) {
        loop_.guarded([&] { handler_->on_accepted({fd}); });
        continue;
      }
      const int error = errno;
      if (error == EAGAIN || error == EWOULDBLOCK) return;
      if (accept_error_passes(error)) continue;
      if (!connection_waits(fd_)) return;
      pause();
      loop_.guarded([&] { handler_->on_accept_error(error); });
    }
  }

 private:
  EpollLoop& loop_;
  int fd_;
  AcceptHandler* handler_;
  bool watched_ = false;
};

class EpollListener final : public Listener {
 public:
  explicit EpollListener(LocalPtr<EpollListenerCore> core) : core_(std::move(core)) {}

  ~EpollListener() override { core_->pause(); }

  void pause() override { core_->pause(); }

  void resume() override { core_->resume(); }

 private:
  LocalPtr<EpollListenerCore> core_;
};

class EpollConnect final : public PendingConnect, public EpollSource {
 public:
  EpollConnect(EpollLoop& loop, FileDescriptor socket, LocalPtr<ConnectAttempt> attempt)
      : loop_(loop), socket_(std::move(socket)), attempt_(std::move(attempt)) {}

  void start(const SocketAddress& to) {
    int error = ::connect(socket_.get(), to.get(), to.length) == 0 ? 0 : errno;
    // EAGAIN is a Unix socket whose backlog is full; there is nothing to wait for.
    if (error == EINPROGRESS) {
      error = loop_.watch(socket_.get(), EPOLLOUT, *this);
      watched_ = error == 0;
      if (watched_) return;
    }
    answer_later(error);
  }

  void on_ready(std::uint32_t) override {
    if (!attempt_) return;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    answer(error);
  }

  void give_up() override {
    if (watched_) loop_.forget(socket_.get(), LocalPtr<LocalCounted>(this));
    watched_ = false;
    socket_.reset();
    attempt_ = {};
  }

 private:
  void answer_later(int error) {
    loop_.post([keep = LocalPtr<EpollConnect>(this), error] {
      if (keep->attempt_) keep->answer(error);
    });
  }

  void answer(int error) {
    const LocalPtr<EpollConnect> keep(this);
    if (watched_) loop_.forget(socket_.get(), LocalPtr<LocalCounted>(this));
    watched_ = false;
    const LocalPtr<ConnectAttempt> attempt = std::move(attempt_);
    attempt->connected(std::move(socket_), error);
  }

  EpollLoop& loop_;
  FileDescriptor socket_;
  LocalPtr<ConnectAttempt> attempt_;
  bool watched_ = false;
};

}  // namespace

EpollLoop::EpollLoop(caf::actor_system& system)
    : SocketLoop(system),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      events_(events_max),
      scratch_(scratch_bytes) {
  if (!epoll_.valid()) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_fd(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

EpollLoop::~EpollLoop() {
  shut_down_sockets();
}

std::unique_ptr<Stream> EpollLoop::adopt(AcceptedSocket socket, StreamHandler& handler) {
  return make_stream(
      LocalPtr<StreamCore>(new EpollStream(*this, FileDescriptor(socket.fd), handler)));
}

std::unique_ptr<Listener> EpollLoop::listen(int listening_fd, AcceptHandler& handler) {
  auto core = make_local<EpollListenerCore>(*this, listening_fd, handler);
  // Another thread may be faster to accept; then we must not wait in accept().
  if (set_nonblocking(listening_fd, true).ok()) core->resume();
  return std::make_unique<EpollListener>(std::move(core));
}

LocalPtr<PendingConnect> EpollLoop::start_connect(FileDescriptor socket, const SocketAddress& to,
                                                  LocalPtr<ConnectAttempt> attempt) {
  const bool nonblocking = set_nonblocking(socket.get(), true).ok();
  RESPAWN_CHECK(nonblocking);
  auto pending = make_local<EpollConnect>(*this, std::move(socket), std::move(attempt));
  pending->start(to);
  return LocalPtr<PendingConnect>(pending.get());
}

int EpollLoop::watch(int fd, std::uint32_t events, EpollSource& source) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

int EpollLoop::change(int fd, std::uint32_t events, EpollSource& source) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0 ? 0 : errno;
}

void EpollLoop::forget(int fd, LocalPtr<LocalCounted> owner) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  retire(std::move(owner));
}

int EpollLoop::wait(std::int64_t timeout_us) {
  const int room = static_cast<int>(events_.size());
  timespec timeout{};
  timeout.tv_sec = timeout_us / 1'000'000;
  timeout.tv_nsec = timeout_us % 1'000'000 * 1000;
  const int count = epoll_pwait2(epoll_.get(), events_.data(), room,
                                 timeout_us < 0 ? nullptr : &timeout, nullptr);
  if (count >= 0 || errno != ENOSYS) return count;
  // Before Linux 5.11: milliseconds, rounded up so that a timer is never early.
  const auto timeout_ms = timeout_us < 0 ? -1 : static_cast<int>((timeout_us + 999) / 1000);
  return epoll_wait(epoll_.get(), events_.data(), room, timeout_ms);
}

void EpollLoop::poll(std::int64_t timeout_us) {
  const int count = wait(timeout_us);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr != nullptr) {
      static_cast<EpollSource*>(event.data.ptr)->on_ready(event.events);
    } else {
      std::uint64_t wakes = 0;
      if (::read(wake_fd(), &wakes, sizeof wakes) < 0)
        continue;  // only EINTR: it is still readable
    }
  }
}

}  // namespace respawn::net
