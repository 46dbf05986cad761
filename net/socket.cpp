#include "net/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

namespace respawn::net {
namespace {

constexpr std::string_view unix_prefix = "unix:";

std::string error_text(int error) {
  return std::generic_category().message(error);
}

Error call_failed(const char* call, int error) {
  return failure(std::string(call) + ": " + error_text(error));
}

bool set_option(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool is_tcp(int fd) {
  if (fd < 0) return false;
  int domain = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
  return domain == AF_INET || domain == AF_INET6;
}

std::string host_and_port(const std::string& host, std::uint16_t port) {
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

struct Lookup {
  std::string host;  // empty for every address
  std::uint16_t port = 0;
  int family = AF_UNSPEC;
  int flags = 0;
};

Result<std::vector<SocketAddress>> look_up(const Lookup& lookup) {
  addrinfo hints{};
  hints.ai_family = lookup.family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = lookup.flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(lookup.host.empty() ? nullptr : lookup.host.c_str(),
                                 std::to_string(lookup.port).c_str(), &hints, &found);
  if (status != 0) return failure(gai_strerror(status));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.length = info->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

Result<SocketAddress> unix_address(std::string_view path) {
  SocketAddress address;
  auto* un = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.empty() || path.size() >= sizeof un->sun_path) return call_failed("bind", ENAMETOOLONG);
  un->sun_family = AF_UNIX;
  std::memcpy(un->sun_path, path.data(), path.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

/// A failed step of making a listening socket; the number decides whether it may be skipped.
struct ListenFailure {
  const char* call = nullptr;
  int error = 0;
};

/// Returns a listening socket, or an invalid one and why.
FileDescriptor open_tcp_listener(const SocketAddress& address, int backlog, ListenFailure& why) {
  FileDescriptor fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto failed = [&](const char* call) {
    why = {call, errno};
    return FileDescriptor();
  };
  if (!fd.valid()) return failed("socket");
  if (address.family() == AF_INET6 && !set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1))
    return failed("setsockopt");
  if (!set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) return failed("setsockopt SO_REUSEADDR");
  if (!set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1)) return failed("setsockopt TCP_NODELAY");
  if (bind(fd.get(), address.get(), address.length) != 0) return failed("bind");
  if (listen(fd.get(), backlog) != 0) return failed("listen");
  return fd;
}

Result<SocketAddress> bound_address(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getsockname(fd, address.get(), &address.length) != 0)
    return call_failed("getsockname", errno);
  return address;
}

std::uint16_t port_of(const SocketAddress& address) {
  if (address.family() == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
  if (address.family() == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
  return 0;
}

bool is_every_host(const SocketAddress& address) {
  if (address.family() == AF_INET)
    return reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr.s_addr == INADDR_ANY;
  return address.family() == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(
             &reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr);
}

bool has_same_host(const SocketAddress& one, const SocketAddress& other) {
  if (one.family() == AF_INET)
    return reinterpret_cast<const sockaddr_in*>(&one.storage)->sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in*>(&other.storage)->sin_addr.s_addr;
  const auto* left = reinterpret_cast<const sockaddr_in6*>(&one.storage);
  const auto* right = reinterpret_cast<const sockaddr_in6*>(&other.storage);
  return left->sin6_scope_id == right->sin6_scope_id &&
         std::memcmp(&left->sin6_addr, &right->sin6_addr, sizeof left->sin6_addr) == 0;
}

bool has_same_port(const SocketAddress& one, const SocketAddress& other) {
  const bool comparable = one.family() == AF_INET || one.family() == AF_INET6;
  return comparable && one.family() == other.family() && port_of(one) == port_of(other);
}

/// What a kernel without some protocol says.
bool protocol_is_missing(int error) {
  return error == ENOPROTOOPT || error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT ||
         error == EPFNOSUPPORT || error == EAFNOSUPPORT;
}

std::string end_text(int fd, bool peer) {
  const auto read = [fd](bool of_peer) {
    SocketAddress address;
    address.length = sizeof address.storage;
    const int status = of_peer ? getpeername(fd, address.get(), &address.length)
                               : getsockname(fd, address.get(), &address.length);
    return status == 0 ? address_text(address) : std::string();
  };
  std::string text = read(peer);
  return text.empty() ? read(!peer) : text;  // only one end of a Unix socket has a path
}

}  // namespace

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool is_same_place(const SocketAddress& one, const SocketAddress& other) {
  return has_same_port(one, other) && has_same_host(one, other);
}

bool in_the_way(const SocketAddress& one, const SocketAddress& other) {
  return has_same_port(one, other) &&
         (has_same_host(one, other) || is_every_host(one) || is_every_host(other));
}

namespace {

bool is_optional(const std::string& entry) {
  return entry.starts_with('-');
}

std::string host_of(const std::string& entry) {
  return is_optional(entry) ? entry.substr(1) : entry;
}

Error tcp_failure(const std::string& host, std::uint16_t port, const std::string& reason) {
  return failure("Could not create server TCP listening socket " + host + ":" +
                 std::to_string(port) + ": " + reason);
}

}  // namespace

Result<std::vector<SocketAddress>> places_to_listen(const std::string& entry, std::uint16_t port) {
  const std::string host = host_of(entry);
  const bool any = host == "*" || host == "::*";
  const bool six = host.find(':') != std::string::npos;
  auto places = look_up({any ? "" : host, port, six ? AF_INET6 : AF_INET, AI_PASSIVE});
  if (!places) return tcp_failure(host, port, places.error());
  return places;
}

Result<ListeningSocket> ListeningSocket::tcp(const std::string& host, std::uint16_t port,
                                             int backlog) {
  auto sockets = listen_tcp({host}, port, backlog);
  if (!sockets) return failure(sockets.error());
  if (sockets->empty()) return tcp_failure(host, port, error_text(EAFNOSUPPORT));
  return std::move(sockets->front());
}

Result<std::vector<ListeningSocket>> listen_tcp(const std::vector<std::string>& bind,
                                                std::uint16_t port, int backlog) {
  std::vector<ListeningSocket> sockets;
  for (const std::string& entry : bind) {
    const std::string host = host_of(entry);
    const auto places = places_to_listen(entry, port);
    if (!places) return failure(places.error());
    ListenFailure why;
    FileDescriptor fd;
    for (std::size_t i = 0; i < places->size() && !fd.valid(); ++i)
      fd = open_tcp_listener((*places)[i], backlog, why);
    if (!fd.valid()) {
      if (is_optional(entry) && why.error == EADDRNOTAVAIL) continue;
      if (protocol_is_missing(why.error)) continue;
      return tcp_failure(host, port, call_failed(why.call, why.error).text);
    }
    auto socket = ListeningSocket::from_bound(std::move(fd));
    if (!socket) return tcp_failure(host, port, socket.error());
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

Result<ListeningSocket> ListeningSocket::from_bound(FileDescriptor fd) {
  const auto bound = bound_address(fd.get());
  if (!bound) return failure(bound.error());
  ListeningSocket socket;
  socket.fd_ = std::move(fd);
  socket.address_ = address_text(*bound);
  socket.bound_ = *bound;
  socket.port_ = port_of(*bound);
  return socket;
}

namespace {

/// Whether nobody listens on the socket file at `address` any more. Where that cannot be told,
/// somebody does.
bool is_left_behind(const SocketAddress& address) {
  const FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return fd.valid() && connect(fd.get(), address.get(), address.length) != 0 &&
         errno == ECONNREFUSED;
}

}  // namespace

Result<ListeningSocket> ListeningSocket::unix_path(const std::string& path, mode_t permissions,
                                                   int backlog) {
  const auto failed = [](const char* call) {
    return failure("Failed opening Unix socket: " + call_failed(call, errno).text);
  };
  const auto address = unix_address(path);
  if (!address) return failure("Failed opening Unix socket: " + address.error());
  ListeningSocket made;
  made.fd_ = FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made.fd_.valid()) return failed("socket");

  struct stat file {};

  if (lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) && is_left_behind(*address))
    unlink(path.c_str());
  // Linux makes the file with the mode of the socket (less the umask), so it never permits more;
  // chmod() then adds what the umask took.
  if (permissions != 0 && fchmod(made.fd(), permissions) != 0) return failed("fchmod");
  if (bind(made.fd(), address->get(), address->length) != 0) return failed("bind");
  made.path_ = path;
  if (lstat(path.c_str(), &file) != 0) return failed("stat");
  made.device_ = file.st_dev;
  made.inode_ = file.st_ino;
  if (permissions != 0 && chmod(path.c_str(), permissions) != 0) return failed("chmod");
  if (listen(made.fd(), backlog) != 0) return failed("listen");
  made.address_ = address_text(*address);
  return made;
}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  std::swap(bound_, other.bound_);
  std::swap(port_, other.port_);
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

ListeningSocket::~ListeningSocket() {
  if (!fd_.valid()) return;
  // Closing is not enough: while clients come, io_uring's accept may hold the socket for a moment
  // longer though it was cancelled.
  ::shutdown(fd(), SHUT_RDWR);
  if (path_.empty()) return;

  struct stat file {};

  if (lstat(path_.c_str(), &file) != 0) return;
  if (file.st_dev == device_ && file.st_ino == inode_) unlink(path_.c_str());
}

void ListeningSocket::turn_away() const {
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &nothing};
  setsockopt(fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void let_in(int fd) {
  const int ignored = 0;
  setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
}

Status set_keepalive(int fd, int seconds) {
  if (!is_tcp(fd)) return success();
  if (seconds == 0) {
    if (!set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 0)) return call_failed("setsockopt", errno);
    return success();
  }
  const bool done = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
                    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds) &&
                    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(seconds / 3, 1)) &&
                    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  if (!done) return call_failed("setsockopt", errno);
  return success();
}

Status set_no_delay(int fd, bool on) {
  if (!is_tcp(fd)) return success();
  if (!set_option(fd, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0))
    return call_failed("setsockopt", errno);
  return success();
}

std::string address_text(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  switch (address.family()) {
    case AF_INET:
      inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr, text,
                sizeof text);
      return host_and_port(text, port_of(address));
    case AF_INET6:
      inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr, text,
                sizeof text);
      return host_and_port(text, port_of(address));
    case AF_UNIX: {
      const auto* un = reinterpret_cast<const sockaddr_un*>(&address.storage);
      if (address.length <= offsetof(sockaddr_un, sun_path) || un->sun_path[0] == '\0') return "";
      const std::size_t room = address.length - offsetof(sockaddr_un, sun_path);
      return std::string(un->sun_path, strnlen(un->sun_path, room)) + ":0";
    }
    default:
      return "";
  }
}

std::string peer_address_text(int fd) {
  return end_text(fd, true);
}

std::string local_address_text(int fd) {
  return end_text(fd, false);
}

Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port) {
  if (!host.starts_with(unix_prefix)) return look_up({host, port, AF_UNSPEC, 0});
  auto address = unix_address(std::string_view(host).substr(unix_prefix.size()));
  if (!address) return failure(address.error());
  return std::vector<SocketAddress>{*address};
}

bool is_local_address(const std::string& host) {
  in6_addr scratch{};
  return host == "localhost" || host.starts_with(unix_prefix) ||
         inet_pton(AF_INET, host.c_str(), &scratch) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &scratch) == 1;
}

Status set_nonblocking(int fd, bool on) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return call_failed("fcntl", errno);
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (wanted != flags && fcntl(fd, F_SETFL, wanted) != 0) return call_failed("fcntl", errno);
  return success();
}

}  // namespace respawn::net
