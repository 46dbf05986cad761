// Writes streams as redis-server 7.0 reads them.
#pragma once

#include "keyspace/types/stream.hpp"
#include "persistence/rdb_writer.hpp"

namespace respawn::persistence {

/// As RdbType::stream_2: a block of entries is a node. When consumers were active is left out.
/// O(n).
void write_stream(RdbWriter& to, const keyspace::Stream& stream);

}  // namespace respawn::persistence
