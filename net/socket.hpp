// Sockets as the operating system has them: listening ones, their options and addresses as text.
#pragma once

#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace respawn::net {

/// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;

  explicit FileDescriptor(int fd) : fd_(fd) {}

  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  ~FileDescriptor() { reset(); }

  void reset();

  [[nodiscard]] int get() const { return fd_; }

  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// An address as the socket calls take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }

  [[nodiscard]] int family() const { return storage.ss_family; }
};

/// Whether both are the same place to listen at: protocol, host and port.
bool is_same_place(const SocketAddress& one, const SocketAddress& other);

/// Whether the kernel lets nobody listen at one of them while somebody listens at the other: they
/// are the same place, or one of them is every address of its protocol.
bool in_the_way(const SocketAddress& one, const SocketAddress& other);

/// A bound and listening socket; the destructor closes it, and nobody listens there any more. A
/// Unix socket's file is removed then, if it is still the one that was made here. TCP_NODELAY is
/// on, and accepted sockets inherit it.
class ListeningSocket {
 public:
  /// `host` is a name or an address; "*" is every IPv4 and "::*" every IPv6 address. Port 0 lets
  /// the kernel choose. Error: "Could not create server TCP listening socket HOST:PORT: CALL:
  /// REASON".
  static Result<ListeningSocket> tcp(const std::string& host, std::uint16_t port, int backlog);

  /// A socket file on which nobody listens any more is replaced, any other file is an error.
  /// `permissions` of 0 leaves them to the umask; there is no moment at which more is permitted.
  /// Error: "Failed opening Unix socket: CALL: REASON".
  static Result<ListeningSocket> unix_path(const std::string& path, mode_t permissions,
                                           int backlog);

  ListeningSocket(ListeningSocket&&) noexcept = default;
  ListeningSocket& operator=(ListeningSocket&&) noexcept;
  ~ListeningSocket();

  /// Before it is closed: the kernel answers nobody any more who wants to connect, so that whoever
  /// is connected can be accepted to the last one; let_in() is due for each. Where the kernel
  /// cannot, it goes on.
  void turn_away() const;

  [[nodiscard]] int fd() const { return fd_.get(); }

  /// "127.0.0.1:6379", "[::1]:6379" or "/path/of.sock:0".
  [[nodiscard]] const std::string& address() const { return address_; }

  /// Where a TCP socket is bound.
  [[nodiscard]] const SocketAddress& bound() const { return bound_; }

  /// The port bound; 0 for a Unix socket.
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  friend Result<std::vector<ListeningSocket>> listen_tcp(const std::vector<std::string>& bind,
                                                         std::uint16_t port, int backlog);

  ListeningSocket() = default;
  static Result<ListeningSocket> from_bound(FileDescriptor fd);

  FileDescriptor fd_;
  std::string address_;
  SocketAddress bound_;
  std::uint16_t port_ = 0;
  std::string path_;  // of a Unix socket
  dev_t device_ = 0;  // identify its file
  ino_t inode_ = 0;
};

/// For a socket that was accepted behind turn_away(), which it may have inherited: what its peer
/// sends arrives (what came in between is sent again).
void let_in(int fd);

/// One socket for each of Redis' "bind" addresses, in their order. An address with a leading '-' is
/// skipped when this machine does not have it, and any address of a protocol that the kernel does
/// not know is skipped. All or nothing; none left is no error.
Result<std::vector<ListeningSocket>> listen_tcp(const std::vector<std::string>& bind,
                                                std::uint16_t port, int backlog);

/// What an entry of "bind" stands for, in the order in which listen_tcp() tries it. May ask a name
/// server. Error: as of listen_tcp().
Result<std::vector<SocketAddress>> places_to_listen(const std::string& entry, std::uint16_t port);

/// TCP keep-alive probes after `seconds` of silence, every third of that, given up after three;
/// 0 turns them off. Descriptors below 0 (simulation) and Unix sockets are left alone.
Status set_keepalive(int fd, int seconds);

/// Small writes go out at once (on by default for what ListeningSocket accepts and for connect()).
/// Descriptors below 0 and Unix sockets are left alone.
Status set_no_delay(int fd, bool on = true);

/// "127.0.0.1:6379", "[::1]:6379", "/path/of.sock:0"; a Unix socket without a path gives "".
std::string address_text(const SocketAddress& address);

/// Of a connected socket. The ends of a Unix socket have the same text, the path that was bound.
std::string peer_address_text(int fd);
std::string local_address_text(int fd);

/// What `host` stands for, in the order to try. `host` is a name, an IPv4 or IPv6 address, or
/// "unix:/path". May ask a name server (so it may block) unless is_local_address(host). Error: the
/// resolver's text.
Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port);

/// Whether resolve() answers without a name server: literal addresses, "localhost", Unix sockets.
bool is_local_address(const std::string& host);

/// Sets or clears O_NONBLOCK.
Status set_nonblocking(int fd, bool on);

}  // namespace respawn::net
