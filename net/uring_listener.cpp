#include "net/uring_listener.hpp"

#include <cerrno>
#include <utility>

#include "net/accept_errors.hpp"

namespace respawn::net {
namespace {

/// A multishot accept. When it fails though nobody has come (see connection_waits()), this waits
/// for somebody with a poll before it tries again.
class ListenerCore final : public LocalCounted, public UringTarget {
 public:
  ListenerCore(UringLoop& loop, int fd, AcceptHandler& handler)
      : loop_(loop), fd_(fd), handler_(&handler) {}

  void resume() {
    if (std::exchange(active_, true)) return;
    if (current_ == UringOperation::none) start(UringOperation::accept);
  }

  void pause() {
    if (!std::exchange(active_, false)) return;
    cancel();
  }

  void end() {
    handler_ = nullptr;
    pause();
  }

  void on_completion(UringOperation operation, const io_uring_cqe& completion) override {
    if ((completion.flags & IORING_CQE_F_MORE) == 0) current_ = UringOperation::none;
    if (operation == UringOperation::accept)
      on_accept(completion.res);
    else if (active_)
      start(UringOperation::accept);
  }

  [[nodiscard]] LocalCounted& counted() override { return *this; }

 private:
  void start(UringOperation operation) {
    if (!loop_.usable()) return;
    current_ = operation;
    loop_.prepare(*this, operation, [&](io_uring_sqe* sqe) {
      if (operation == UringOperation::accept)
        io_uring_prep_multishot_accept(sqe, fd_, nullptr, nullptr, SOCK_CLOEXEC);
      else
        io_uring_prep_poll_add(sqe, fd_, POLLIN);
    });
  }

  void cancel() {
    if (current_ == UringOperation::none || !loop_.usable()) return;
    loop_.cancel_operation(*this, current_);
    // At once: the owner may close the descriptor now. Should the kernel still be at work on it,
    // ListeningSocket ends that.
    if (loop_.on_loop_thread()) loop_.ring().submit_and_settle();
  }

  void on_accept(int result) {
    if (result >= 0) {
      FileDescriptor socket(result);
      // Accepted just before the listener was paused: the peer believes that it is connected.
      if (handler_ != nullptr) handler_->on_accepted({socket.release()});
    } else if (active_ && !accept_error_passes(-result) && result != -ECANCELED &&
               result != -EAGAIN) {
      return on_error(-result);
    }
    if (active_ && current_ == UringOperation::none) start(UringOperation::accept);
  }

  void on_error(int error) {
    if (!connection_waits(fd_)) return start(UringOperation::poll);
    active_ = false;
    handler_->on_accept_error(error);
  }

  UringLoop& loop_;
  int fd_;
  AcceptHandler* handler_;  // null once the owner has let go
  bool active_ = false;
  UringOperation current_ = UringOperation::none;
};

class UringListener final : public Listener {
 public:
  explicit UringListener(LocalPtr<ListenerCore> core) : core_(std::move(core)) {}

  ~UringListener() override { core_->end(); }

  void pause() override { core_->pause(); }

  void resume() override { core_->resume(); }

 private:
  LocalPtr<ListenerCore> core_;
};

}  // namespace

std::unique_ptr<Listener> listen_on_ring(UringLoop& loop, int listening_fd,
                                         AcceptHandler& handler) {
  auto core = make_local<ListenerCore>(loop, listening_fd, handler);
  // The kernel does not wait on a non-blocking socket, it fails.
  if (set_nonblocking(listening_fd, false).ok()) core->resume();
  return std::make_unique<UringListener>(std::move(core));
}

}  // namespace respawn::net
