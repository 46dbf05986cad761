// Writes streams as redis-server 7.0 reads them, or 8.6 where they remember producers.
#pragma once

#include "base/slices.hpp"
#include "keyspace/types/stream.hpp"
#include "persistence/rdb_writer.hpp"

namespace respawn::persistence {

/// A block of entries is a node. As RdbType::stream_2, where it is left out when consumers were
/// active; or as stream_4 if there are producers. O(n).
Slices write_stream(RdbWriter& to, const keyspace::Stream& stream);

}  // namespace respawn::persistence
