#include "net/epoll_stream.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace respawn::net {
namespace {

constexpr std::size_t pieces_max = 64;

/// One stream does not hold up the turn for longer than it takes to send this.
constexpr std::size_t sent_per_turn_max = 1024 * 1024;

/// Nor for longer than it takes to receive this.
constexpr std::size_t received_at_once_max = 1024 * 1024;

}  // namespace

EpollStream::EpollStream(EpollLoop& loop, FileDescriptor socket, StreamHandler& handler)
    : StreamCore(loop, handler), loop_(loop), socket_(std::move(socket)) {
  set_addresses({peer_address_text(fd()), local_address_text(fd())});
}

int EpollStream::watch(bool writes) {
  if (watched_ && watched_writes_ == writes) return 0;
  const std::uint32_t events = EPOLLIN | EPOLLRDHUP | EPOLLET | (writes ? EPOLLOUT : 0u);
  const int error = watched_ ? loop_.change(fd(), events, *this) : loop_.watch(fd(), events, *this);
  if (error != 0) return error;
  watched_ = true;
  watched_writes_ = writes;
  return 0;
}

void EpollStream::start_receiving() {
  watch_error_ = watch(watched_writes_);
  if (readable_ || watch_error_ != 0) continue_later();
}

void EpollStream::stop_receiving() {}

void EpollStream::shut_down_sending() {
  ::shutdown(fd(), SHUT_WR);
}

void EpollStream::drop() {
  if (watched_) loop_.forget(fd(), LocalPtr<LocalCounted>(this));
  socket_.reset();
}

void EpollStream::on_ready(std::uint32_t events) {
  if (closed()) return;
  const LocalPtr<EpollStream> keep(this);
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) readable_ = true;
  if (readable_ && receiving()) continue_receiving();
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0 && watched_writes_ && !closed())
    flush_later();
}

void EpollStream::continue_receiving() {
  if (watch_error_ != 0) return deliver_end(watch_error_);
  const StreamHandler::LargeSpace large = large_space();
  std::vector<char>& scratch = loop_.scratch();
  // Whatever is smaller comes with what follows it.
  const bool direct = large.bytes.size() >= scratch.size();
  const std::span<char> space =
      direct ? large.bytes.first(std::min(large.bytes.size(), received_at_once_max))
             : std::span<char>(scratch);
  const ssize_t received = ::recv(fd(), space.data(), space.size(), MSG_DONTWAIT);
  if (received > 0) {
    const auto bytes = static_cast<std::size_t>(received);
    // A short read took all there was; the next arrival is a new edge.
    readable_ = bytes == space.size() || hung_up_;
    if (direct)
      deliver_large(bytes);
    else
      deliver({scratch.data(), bytes});
    if (readable_ && receiving()) continue_later();
  } else if (received == 0) {
    deliver_end(0);
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    readable_ = false;
  } else if (errno == EINTR) {
    continue_later();
  } else {
    deliver_end(errno);
  }
}

void EpollStream::transmit() {
  std::array<iovec, pieces_max> pieces;
  std::size_t total = 0;
  while (!output().empty()) {
    if (total >= sent_per_turn_max) return flush_later();
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = output().begin_send(pieces);
    const ssize_t taken =
        message.msg_iovlen == 1
            ? ::send(fd(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT)
            : ::sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    const int error = taken < 0 ? errno : 0;
    const std::size_t bytes = taken < 0 ? 0 : static_cast<std::size_t>(taken);
    output().end_send(bytes, loop_.buffer_pool());
    total += bytes;
    if (error == 0 || error == EINTR) continue;
    const bool full = error == EAGAIN || error == EWOULDBLOCK;
    const int failed = full ? watch(true) : error;
    if (failed != 0) return send_failed(failed);
    return total > 0 ? sent_some() : void();
  }
  if (watched_writes_) watch(false);
  sent();
}

}  // namespace respawn::net
