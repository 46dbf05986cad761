// Accepting connections on io_uring.
#pragma once

#include <memory>

#include "net/uring_loop.hpp"

namespace respawn::net {

std::unique_ptr<Listener> listen_on_ring(UringLoop& loop, int listening_fd, AcceptHandler& handler);

}  // namespace respawn::net
