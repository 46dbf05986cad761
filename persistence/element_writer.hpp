// The elements of a large hash or sorted set in the RDB format, whoever walks over them.
#pragma once

#include <cstdint>

#include "keyspace/entry.hpp"
#include "keyspace/types/hash_field.hpp"
#include "keyspace/types/sorted_set.hpp"
#include "persistence/rdb_writer.hpp"

namespace respawn::persistence {

inline void write_field(RdbWriter& to, const keyspace::HashField& field) {
  to.string(field.field);
  to.string(field.value);
}

/// Expiries count from the earliest one, which is 1; 0 is none.
inline void write_expiring_field(RdbWriter& to, const keyspace::HashField& field,
                                 std::int64_t earliest_ms) {
  const bool expires = field.expire_at_ms != keyspace::never;
  to.length(expires ? static_cast<std::uint64_t>(field.expire_at_ms - earliest_ms) + 1 : 0);
  write_field(to, field);
}

inline void write_scored(RdbWriter& to, const keyspace::ScoredText& element) {
  to.string(element.member);
  to.number(element.score);
}

}  // namespace respawn::persistence
