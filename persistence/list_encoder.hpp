// Writes lists as redis-server 7.0 does: a node for each block.
#pragma once

#include "base/slices.hpp"
#include "keyspace/types/list.hpp"
#include "persistence/rdb_writer.hpp"

namespace respawn::persistence {

/// As RdbType::list_quicklist_2. O(n).
void write_list(RdbWriter& to, const keyspace::List& list);

/// The same, a node in each slice. The list stays as it is meanwhile.
Slices write_list_in_slices(RdbWriter& to, const keyspace::List& list);

}  // namespace respawn::persistence
