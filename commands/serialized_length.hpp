// How long a value is in a snapshot: DEBUG OBJECT's serializedlength.
#pragma once

#include <cstddef>

#include "keyspace/entry.hpp"

namespace respawn::commands {

/// Bytes of the value in the RDB format, without compression. Exact for strings, within a few bytes
/// per node for lists. O(1), but O(elements) for sets, sorted sets and hashes.
[[nodiscard]] std::size_t serialized_length(const keyspace::Entry& entry);

}  // namespace respawn::commands
