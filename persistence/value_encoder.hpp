// Writes a value as Redis does: small collections as listpack or intset, what is large element by
// element.
#pragma once

#include <cstdint>

#include "keyspace/entry.hpp"
#include "persistence/rdb_format.hpp"
#include "persistence/rdb_writer.hpp"

namespace respawn::persistence {

/// The layout that write_value() gives the value. All of them can be read by redis-server 7.0, but
/// for those of a hash of which a field expires (7.4) and of a stream that remembers producers
/// (8.6).
[[nodiscard]] RdbType rdb_type_of(const keyspace::Entry& entry);

/// The first version of the format that has this layout, and not less than rdb_version_written.
[[nodiscard]] std::uint16_t rdb_version_of(RdbType type);

/// Writes the value, without its type in front. Where Redis's order follows from the encoding (all
/// but hash tables), the bytes are Redis's. O(value).
void write_value(RdbWriter& to, const keyspace::Entry& entry);

}  // namespace respawn::persistence
