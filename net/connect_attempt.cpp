#include "net/connect_attempt.hpp"

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

namespace respawn::net {
namespace {

class ConnectingHandle final : public Connecting {
 public:
  explicit ConnectingHandle(LocalPtr<ConnectAttempt> attempt) : attempt_(std::move(attempt)) {}

  ~ConnectingHandle() override { attempt_->give_up(); }

 private:
  LocalPtr<ConnectAttempt> attempt_;
};

}  // namespace

void ConnectAttempt::start(const Address& address) {
  error_ = EHOSTUNREACH;
  if (is_local_address(address.host)) {
    loop_.post([keep = LocalPtr<ConnectAttempt>(this),
                found = resolve(address.host, address.port)] { keep->resolved(found); });
    return;
  }
  // A plain pointer crosses to the other thread and back, because only the loop's thread may count.
  // If the loop is gone by then, this reference is never given back.
  retain();
  std::thread([this, address, gate = loop_.gate()] {
    gate->post([this, found = resolve(address.host, address.port)] {
      const LocalPtr<ConnectAttempt> keep(this);
      release();
      resolved(found);
    });
  }).detach();
}

void ConnectAttempt::give_up() {
  handler_ = nullptr;
  if (pending_) pending_->give_up();
  pending_ = {};
}

void ConnectAttempt::resolved(const Result<std::vector<SocketAddress>>& addresses) {
  if (addresses) addresses_ = addresses.value();
  std::reverse(addresses_.begin(), addresses_.end());
  try_next();
}

void ConnectAttempt::try_next() {
  pending_ = {};
  while (handler_ != nullptr && !addresses_.empty()) {
    const SocketAddress to = addresses_.back();
    addresses_.pop_back();
    FileDescriptor socket(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.valid()) {
      error_ = errno;
      continue;
    }
    pending_ = loop_.start_connect(std::move(socket), to, LocalPtr<ConnectAttempt>(this));
    return;
  }
  if (ConnectHandler* handler = std::exchange(handler_, nullptr); handler != nullptr)
    loop_.guarded([&] { handler->on_connect_error(error_); });
}

void ConnectAttempt::connected(FileDescriptor socket, int error) {
  if (handler_ == nullptr) return;
  if (error != 0) {
    error_ = error;
    try_next();
    return;
  }
  pending_ = {};
  ConnectHandler* handler = std::exchange(handler_, nullptr);
  loop_.guarded([&] {
    if (!set_no_delay(socket.get()).ok()) return handler->on_connect_error(ECONNABORTED);
    handler->on_connected(loop_.adopt({socket.release()}, *stream_handler_));
  });
}

std::unique_ptr<Connecting> start_connecting(SocketLoop& loop, const Address& address,
                                             ConnectHandler& handler,
                                             StreamHandler& stream_handler) {
  auto attempt = make_local<ConnectAttempt>(loop, handler, stream_handler);
  attempt->start(address);
  return std::make_unique<ConnectingHandle>(std::move(attempt));
}

}  // namespace respawn::net
