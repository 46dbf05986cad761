// How much memory a client takes.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/clients/session.hpp"

namespace respawn::engine {

/// What is kept, with its client and in a table of all clients, for a name that it subscribes to,
/// watches or tracks; about.
[[nodiscard]] constexpr std::size_t bytes_of_name(std::string_view name) {
  constexpr std::size_t node_bytes = 64;  // of a tree or a list
  return 2 * (node_bytes + name.size());
}

/// Of the arguments of the command that runs or waits. Other batches belong to their connections
/// and are not looked into.
[[nodiscard]] std::size_t argument_bytes(const Session& session);

/// Buffers, queued commands, and what it has asked to be told of; about, and cheap. For the
/// keyspace actor. O(arguments of the running command).
[[nodiscard]] std::size_t client_memory_bytes(const Session& session);

}  // namespace respawn::engine
