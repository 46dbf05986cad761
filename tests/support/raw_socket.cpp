#include "tests/support/raw_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace respawn::support {

namespace {

[[noreturn]] void fail(const std::string& what, int error = 0) {
  throw std::runtime_error(error == 0 ? what : what + ": " + std::strerror(error));
}

/// Whether `fd` is ready for `events` before the deadline.
bool ready(int fd, short events, SteadyClock::time_point deadline) {
  const auto left = std::chrono::duration_cast<Milliseconds>(deadline - SteadyClock::now()).count();
  pollfd item{fd, events, 0};
  return ::poll(&item, 1, static_cast<int>(std::clamp<long>(left + 1, 0, 1'000'000))) > 0;
}

int connect_to(int family, const sockaddr* address, socklen_t size, int receive_buffer_bytes) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket", errno);
  if (receive_buffer_bytes > 0)
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  if (::connect(fd, address, size) != 0) {
    const int error = errno;
    ::close(fd);
    fail("connect", error);
  }
  const int on = 1;
  if (family != AF_UNIX) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int connect_tcp(const std::string& host, std::uint16_t port, int receive_buffer_bytes) {
  if (host.find(':') != std::string::npos) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, host.c_str(), &address.sin6_addr) != 1) fail("bad address " + host);
    return connect_to(AF_INET6, reinterpret_cast<sockaddr*>(&address), sizeof address,
                      receive_buffer_bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) fail("bad address " + host);
  return connect_to(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof address,
                    receive_buffer_bytes);
}

}  // namespace

RawSocket::RawSocket(std::uint16_t port) : RawSocket(port, Options{}) {}

RawSocket::RawSocket(std::uint16_t port, const Options& options)
    : fd_(connect_tcp(options.host, port, options.receive_buffer_bytes)) {}

RawSocket RawSocket::connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail("path too long: " + path);
  std::copy(path.begin(), path.end(), address.sun_path);
  return RawSocket(connect_to(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof address, 0));
}

RawSocket::RawSocket(RawSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

RawSocket& RawSocket::operator=(RawSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(received_, other.received_);
  return *this;
}

RawSocket::~RawSocket() {
  close();
}

void RawSocket::write(std::string_view bytes) {
  const auto deadline = SteadyClock::now() + patience;
  while (!bytes.empty()) {
    if (!ready(fd_, POLLOUT, deadline)) fail("the server does not take what is written");
    bytes.remove_prefix(write_some(bytes));
  }
}

std::size_t RawSocket::write_some(std::string_view bytes) {
  const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EINTR) return 0;
  fail("send", errno);
}

bool RawSocket::writable_within(Milliseconds time) {
  return ready(fd_, POLLOUT, SteadyClock::now() + time);
}

long RawSocket::receive(SteadyClock::time_point deadline) {
  char chunk[65536];
  for (;;) {
    if (!ready(fd_, POLLIN, deadline)) return -1;
    const auto got = ::recv(fd_, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got > 0) received_.append(chunk, static_cast<std::size_t>(got));
    if (got >= 0) return got;
    if (errno == ECONNRESET || errno == EPIPE) return 0;
    if (errno != EAGAIN && errno != EINTR) fail("recv", errno);
  }
}

std::string RawSocket::read_exactly(std::size_t bytes) {
  const auto deadline = SteadyClock::now() + patience;
  while (received_.size() < bytes) {
    const auto got = receive(deadline);
    if (got == 0) fail("closed after " + printable(received_));
    if (got < 0) fail("no more bytes after " + printable(received_));
  }
  auto taken = received_.substr(0, bytes);
  received_.erase(0, bytes);
  return taken;
}

Reply RawSocket::read_reply(Milliseconds deadline) {
  const auto end = SteadyClock::now() + deadline;
  for (;;) {
    std::string_view rest = received_;
    if (auto reply = take_reply(rest)) {
      received_.erase(0, received_.size() - rest.size());
      return std::move(*reply);
    }
    const auto got = receive(end);
    if (got == 0) fail("closed instead of a reply, after " + printable(received_));
    if (got < 0) fail("no reply in time, after " + printable(received_));
  }
}

std::vector<Reply> RawSocket::read_replies(std::size_t count, Milliseconds deadline) {
  std::vector<Reply> replies;
  replies.reserve(count);
  while (replies.size() < count) replies.push_back(read_reply(deadline));
  return replies;
}

std::optional<Reply> RawSocket::take_arrived() {
  for (;;) {
    std::string_view rest = received_;
    if (auto reply = take_reply(rest)) {
      received_.erase(0, received_.size() - rest.size());
      return reply;
    }
    const auto got = receive(SteadyClock::time_point{});  // long over
    if (got == 0) fail("closed, after " + printable(received_));
    if (got < 0) return std::nullopt;
  }
}

std::string RawSocket::read_until_end(Milliseconds deadline) {
  const auto end = SteadyClock::now() + deadline;
  for (;;) {
    const auto got = receive(end);
    if (got < 0) fail("not closed after " + printable(received_));
    if (got == 0) return std::exchange(received_, {});
  }
}

bool RawSocket::silent_for(Milliseconds time) {
  return received_.empty() && receive(SteadyClock::now() + time) < 0;
}

bool RawSocket::closed_within(Milliseconds deadline) {
  const auto end = SteadyClock::now() + deadline;
  for (;;) {
    const auto got = receive(end);
    received_.clear();
    if (got <= 0) return got == 0;
  }
}

void RawSocket::finish_writing() {
  ::shutdown(fd_, SHUT_WR);
}

void RawSocket::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void RawSocket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string RawSocket::local_address() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &size);
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(&storage);
    ::inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(address->sin6_port));
  }
  const auto* address = reinterpret_cast<const sockaddr_in*>(&storage);
  ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
  return std::string(text) + ":" + std::to_string(ntohs(address->sin_port));
}

}  // namespace respawn::support
