// What a failed accept() means.
#pragma once

#include <poll.h>

#include <cerrno>

namespace respawn::net {

/// Whether accept() may simply be tried again: the connection died while it waited, or the call was
/// interrupted. Everything else (no descriptors, no memory) lasts, and pauses the listener.
constexpr bool accept_error_passes(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EOPNOTSUPP:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

/// Whether somebody waits to be accepted. The kernel reserves a descriptor before it looks, so that
/// a process without free ones sees EMFILE also when nobody has come.
inline bool connection_waits(int listening_fd) {
  pollfd waiting{listening_fd, POLLIN, 0};
  return ::poll(&waiting, 1, 0) != 0;
}

}  // namespace respawn::net
