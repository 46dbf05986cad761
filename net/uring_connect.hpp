// Connecting on io_uring.
#pragma once

#include "net/connect_attempt.hpp"
#include "net/uring_loop.hpp"

namespace respawn::net {

LocalPtr<PendingConnect> connect_on_ring(UringLoop& loop, FileDescriptor socket,
                                         const SocketAddress& to, LocalPtr<ConnectAttempt> attempt);

}  // namespace respawn::net
