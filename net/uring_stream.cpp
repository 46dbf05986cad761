#include "net/uring_stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace respawn::net {
namespace {

constexpr std::size_t pieces_max = 64;

/// Less than this is copied out of the kernel's buffers: cheaper than to end one receive and begin
/// another.
constexpr std::size_t large_min_bytes = 64 * 1024;

/// At once: bounds what a peer can have arrive before its owner hears of it.
constexpr std::size_t large_max_bytes = 1024 * 1024;

/// Receives behind something large that look for the next.
constexpr unsigned large_history = 4;

}  // namespace

struct UringStream::Pieces {
  msghdr message{};
  std::array<iovec, pieces_max> vectors{};
};

UringStream::UringStream(UringLoop& loop, FileDescriptor socket, StreamHandler& handler)
    : StreamCore(loop, handler), loop_(loop), socket_(std::move(socket)) {
  // The kernel does not wait on a non-blocking socket, it fails.
  const bool blocking = set_nonblocking(fd(), false).ok();
  RESPAWN_CHECK(blocking);
  set_addresses({peer_address_text(fd()), local_address_text(fd())});
}

UringStream::~UringStream() = default;

void UringStream::start_receiving() {
  if (!nothing_held() || end_held_) continue_later();
  if (!armed_ && !end_held_ && nothing_held()) arm_receive();
}

void UringStream::stop_receiving() {
  if (!armed_ || cancelling_ || !loop_.usable()) return;
  cancelling_ = true;
  loop_.cancel_operation(*this, UringOperation::receive);
}

void UringStream::arm_receive() {
  if (!loop_.usable()) return;
  if (large_space().bytes.size() >= large_min_bytes) return arm_large();
  armed_ = true;
  if (large_history_ > 0) --large_history_;
  loop_.prepare(*this, UringOperation::receive, [this](io_uring_sqe* sqe) {
    if (large_history_ > 0)
      io_uring_prep_recv(sqe, fd(), nullptr, 0, 0);
    else
      io_uring_prep_recv_multishot(sqe, fd(), nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = UringRing::buffer_group;
  });
}

/// The rest of it comes as one operation, into the owner's memory.
void UringStream::arm_large() {
  StreamHandler::LargeSpace large = large_space();
  const std::size_t bytes = std::min(large.bytes.size(), large_max_bytes);
  armed_ = true;
  large_ = std::move(large.block);
  large_history_ = large_history;
  loop_.prepare(*this, UringOperation::receive, [&](io_uring_sqe* sqe) {
    io_uring_prep_recv(sqe, fd(), large.bytes.data(), bytes, 0);
  });
}

/// What the kernel has put into its buffers by then is still copied.
void UringStream::make_way_for_large() {
  if (armed_ && !cancelling_ && large_space().bytes.size() >= large_min_bytes) stop_receiving();
}

void UringStream::on_completion(UringOperation operation, const io_uring_cqe& completion) {
  if (operation == UringOperation::receive)
    on_receive(completion);
  else
    on_send(completion);
}

void UringStream::on_receive(const io_uring_cqe& completion) {
  if ((completion.flags & IORING_CQE_F_MORE) == 0) armed_ = cancelling_ = false;
  if (completion.res <= 0) {
    large_.reset();
    on_receive_failure(-completion.res);
  } else {
    loop_.note_receive(busy_mark_);
    large_ ? take_large(static_cast<std::size_t>(completion.res)) : take_received(completion);
  }
  loop_.ring().recycle(completion);
  if (!armed_ && receiving() && !end_held_ && nothing_held()) arm_receive();
}

void UringStream::take_received(const io_uring_cqe& completion) {
  if (receiving() && nothing_held()) {
    deliver(loop_.ring().received(completion));
    make_way_for_large();
  } else if (!closed()) {
    held_.append(loop_.ring().received(completion));
  }
}

void UringStream::take_large(std::size_t bytes) {
  if (receiving()) {
    large_.reset();
    deliver_large(bytes);
  } else {
    held_large_ = bytes;
  }
}

void UringStream::on_receive_failure(int error) {
  if (error == ENOBUFS) loop_.ring().provide_more();
  if (error == ENOBUFS || error == ECANCELED || error == EINTR || error == EAGAIN) return;
  if (receiving() && nothing_held()) return deliver_end(error);
  end_held_ = true;
  held_error_ = error;
}

void UringStream::continue_receiving() {
  if (held_large_ > 0) {
    large_.reset();
    deliver_large(std::exchange(held_large_, 0));
  }
  if (!held_.empty() && receiving()) {
    const Buffer bytes = std::move(held_);
    deliver(bytes.view());
  }
  if (end_held_ && receiving()) return deliver_end(held_error_);
  if (!armed_ && receiving() && nothing_held()) arm_receive();
}

void UringStream::shut_down_sending() {
  ::shutdown(fd(), SHUT_WR);
}

void UringStream::drop() {
  if (!armed_ && !output().sending()) {
    socket_.reset();
    return;
  }
  // What is under way completes by this, and the peer learns of it now.
  if (::shutdown(fd(), SHUT_RDWR) == 0 || !loop_.usable()) return;
  if (armed_ && !cancelling_) loop_.cancel_operation(*this, UringOperation::receive);
  cancelling_ = armed_;
  if (output().sending()) loop_.cancel_operation(*this, UringOperation::send);
}

/// Sends without the ring; false when that is not the end of it.
bool UringStream::send_directly() {
  std::array<iovec, pieces_max> vectors;
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = output().begin_send(vectors);
  constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  const ssize_t taken = message.msg_iovlen == 1
                            ? ::send(fd(), vectors[0].iov_base, vectors[0].iov_len, flags)
                            : ::sendmsg(fd(), &message, flags);
  const int error = taken < 0 ? errno : 0;
  output().end_send(error == 0 ? static_cast<std::size_t>(taken) : 0, loop_.buffer_pool());
  if (error != 0 && error != EAGAIN && error != EINTR) {
    send_failed(error);
    return true;
  }
  if (!output().empty()) return false;
  sent();
  return true;
}

void UringStream::transmit() {
  if (!loop_.usable()) return;
  if (loop_.sends_directly() && send_directly()) return;
  std::array<iovec, pieces_max> vectors;
  const std::size_t count = output().begin_send(vectors);
  if (count > 1) {
    if (!pieces_) pieces_ = std::make_unique<Pieces>();
    std::copy_n(vectors.begin(), count, pieces_->vectors.begin());
    pieces_->message.msg_iov = pieces_->vectors.data();
    pieces_->message.msg_iovlen = count;
  }
  // MSG_WAITALL: what does not fit now is sent when it does, as one operation.
  constexpr int flags = MSG_NOSIGNAL | MSG_WAITALL;
  loop_.prepare(*this, UringOperation::send, [&](io_uring_sqe* sqe) {
    if (count == 1)
      io_uring_prep_send(sqe, fd(), vectors[0].iov_base, vectors[0].iov_len, flags);
    else
      io_uring_prep_sendmsg(sqe, fd(), &pieces_->message, static_cast<unsigned>(flags));
  });
}

/// The handler may close, or add.
void UringStream::go_on_sending() {
  transmit();
  sent_some();
}

void UringStream::on_send(const io_uring_cqe& completion) {
  const int error = completion.res < 0 ? -completion.res : 0;
  const std::size_t bytes = error == 0 ? static_cast<std::size_t>(completion.res) : 0;
  output().end_send(bytes, loop_.buffer_pool());
  if (closed())
    output().clear();
  else if (error != 0 && error != EAGAIN && error != EINTR)
    send_failed(error);
  else if (output().empty())
    sent();
  else
    go_on_sending();
}

}  // namespace respawn::net
