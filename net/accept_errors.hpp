// Which failures of accept() are the new connection's own.
#pragma once

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

}  // namespace respawn::net
