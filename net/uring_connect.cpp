#include "net/uring_connect.hpp"

#include <utility>

namespace respawn::net {
namespace {

class UringConnect final : public PendingConnect, public UringTarget {
 public:
  UringConnect(UringLoop& loop, FileDescriptor socket, const SocketAddress& to,
               LocalPtr<ConnectAttempt> attempt)
      : loop_(loop), socket_(std::move(socket)), to_(to), attempt_(std::move(attempt)) {}

  void start() {
    if (!loop_.usable()) return;
    loop_.prepare(*this, UringOperation::connect, [this](io_uring_sqe* sqe) {
      io_uring_prep_connect(sqe, socket_.get(), to_.get(), to_.length);
    });
  }

  void give_up() override {
    if (!std::exchange(attempt_, {}) || !loop_.usable()) return;
    loop_.cancel_operation(*this, UringOperation::connect);
  }

  void on_completion(UringOperation, const io_uring_cqe& completion) override {
    const LocalPtr<ConnectAttempt> attempt = std::exchange(attempt_, {});
    if (attempt) attempt->connected(std::move(socket_), -completion.res);
  }

  [[nodiscard]] LocalCounted& counted() override { return *this; }

 private:
  UringLoop& loop_;
  FileDescriptor socket_;
  SocketAddress to_;                  // the kernel reads it
  LocalPtr<ConnectAttempt> attempt_;  // none once given up or told
};

}  // namespace

LocalPtr<PendingConnect> connect_on_ring(UringLoop& loop, FileDescriptor socket,
                                         const SocketAddress& to,
                                         LocalPtr<ConnectAttempt> attempt) {
  auto pending = make_local<UringConnect>(loop, std::move(socket), to, std::move(attempt));
  pending->start();
  return LocalPtr<PendingConnect>(pending.get());
}

}  // namespace respawn::net
