// Reads streams in the layouts of Redis 5 to 8.8.
#pragma once

#include <memory>

#include "keyspace/types/stream.hpp"
#include "persistence/rdb_format.hpp"
#include "persistence/rdb_reader.hpp"

namespace respawn::persistence {

/// The stream, or null where anything is not as it must be: order of IDs, counts, entries of which
/// a part is missing, who owns what is pending. O(n), O(n log n) for what is pending.
[[nodiscard]] std::unique_ptr<keyspace::Object> read_stream(RdbType type, RdbReader& from);

}  // namespace respawn::persistence
