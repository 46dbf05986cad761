#include "net/uring_stream.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace respawn::net {
namespace {

constexpr std::size_t pieces_max = 64;

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
  if (!held_.empty() || end_held_) continue_later();
  if (!armed_ && !end_held_) arm_receive();
}

void UringStream::stop_receiving() {
  if (!armed_ || cancelling_ || !loop_.usable()) return;
  cancelling_ = true;
  loop_.cancel_operation(*this, UringOperation::receive);
}

void UringStream::arm_receive() {
  if (!loop_.usable()) return;
  armed_ = true;
  loop_.prepare(*this, UringOperation::receive, [this](io_uring_sqe* sqe) {
    io_uring_prep_recv_multishot(sqe, fd(), nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = UringRing::buffer_group;
  });
}

void UringStream::on_completion(UringOperation operation, const io_uring_cqe& completion) {
  if (operation == UringOperation::receive)
    on_receive(completion);
  else
    on_send(completion);
}

void UringStream::on_receive(const io_uring_cqe& completion) {
  if ((completion.flags & IORING_CQE_F_MORE) == 0) armed_ = cancelling_ = false;
  const bool direct = receiving() && held_.empty();
  if (completion.res > 0) {
    loop_.note_receive(busy_mark_);
    if (direct)
      deliver(loop_.ring().received(completion));
    else if (!closed())
      held_.append(loop_.ring().received(completion));
  } else {
    const int error = -completion.res;
    if (error == ENOBUFS) loop_.ring().provide_more();
    const bool passes = error == ENOBUFS || error == ECANCELED || error == EINTR || error == EAGAIN;
    if (!passes && direct) deliver_end(error);
    if (!passes && !direct) {
      end_held_ = true;
      held_error_ = error;
    }
  }
  loop_.ring().recycle(completion);
  if (!armed_ && receiving() && !end_held_) arm_receive();
}

void UringStream::continue_receiving() {
  if (!held_.empty()) {
    const Buffer bytes = std::move(held_);
    deliver(bytes.view());
  }
  if (end_held_ && receiving()) deliver_end(held_error_);
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

void UringStream::transmit() {
  if (!loop_.usable()) return;
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

void UringStream::on_send(const io_uring_cqe& completion) {
  const int error = completion.res < 0 ? -completion.res : 0;
  const std::size_t bytes = error == 0 ? static_cast<std::size_t>(completion.res) : 0;
  output().end_send(bytes, loop_.buffer_pool());
  if (closed())
    output().clear();
  else if (error != 0 && error != EAGAIN && error != EINTR)
    send_failed(error);
  else if (!output().empty())
    transmit();
  else
    sent();
}

}  // namespace respawn::net
