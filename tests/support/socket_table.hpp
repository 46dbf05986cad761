// What the kernel says about this machine's sockets, read from /proc.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/support/raw_socket.hpp"

namespace respawn::support {

/// Whether the server that listens at `port` of 127.0.0.1 has this client probed (TCP keep-alive).
/// Throws std::runtime_error when there is no such connection.
bool is_probed(std::uint16_t port, const RawSocket& client);

/// The addresses at which somebody listens on `port` ("127.0.0.1", "0.0.0.0", "::1", "::"), and the
/// number of each socket, which no other ever has.
std::map<std::string, std::string> listeners_at(std::uint16_t port);

}  // namespace respawn::support
