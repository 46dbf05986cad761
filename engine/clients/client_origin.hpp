// Who a client is, and where it comes from.
#pragma once

#include <cstdint>
#include <string>

#include "base/loopback.hpp"

namespace respawn::engine {

/// Written by the acceptor and the connection actor before the keyspace hears of the client
/// (ClientConnected); constant from then on, so anybody may read it.
struct ClientOrigin {
  std::uint64_t id = 0;
  int fd = -1;
  std::string peer_address;
  std::string local_address;
  std::int64_t created_ms = 0;  // wall clock
  bool unix_socket = false;

  /// Connected over a Unix socket or loopback.
  [[nodiscard]] bool is_local() const { return unix_socket || is_loopback(peer_address); }
};

}  // namespace respawn::engine
