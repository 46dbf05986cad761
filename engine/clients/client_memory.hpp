// How much memory a client takes.
#pragma once

#include <cstddef>

#include "engine/clients/session.hpp"

namespace respawn::engine {

/// Of the arguments of the command that runs or waits. Other batches belong to their connections
/// and are not looked into.
[[nodiscard]] std::size_t argument_bytes(const Session& session);

/// Buffers, queued commands, and what it has asked to be told of; about, and cheap. For the
/// keyspace actor. O(arguments + subscriptions + watched keys).
[[nodiscard]] std::size_t client_memory_bytes(const Session& session);

}  // namespace respawn::engine
