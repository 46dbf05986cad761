// Reads a value in any layout that Redis up to 7.2 (and 7.4, for hashes) has written.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "keyspace/change.hpp"
#include "keyspace/types/hash.hpp"
#include "keyspace/types/list.hpp"
#include "keyspace/types/object.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"
#include "persistence/rdb_reader.hpp"

namespace respawn::persistence {

/// By which a value that is read gets its encoding.
struct ValueLimits {
  keyspace::ListLimits list;
  keyspace::SetLimits set;
  keyspace::HashLimits hash;
  keyspace::SortedSetLimits sorted_set;
};

/// A value on its way into a database: a container, or (without one) a string.
struct Value {
  std::string text;
  std::unique_ptr<keyspace::Object> object;
};

/// The value of the type that `from` begins with, its byte included. None when the type is unknown
/// (modules), or anything about the value is not as it must be: sizes, counts, order and
/// width of integers, duplicates, NaN, an empty collection. O(value), O(n log n) for a large sorted
/// set.
[[nodiscard]] std::optional<Value> read_value(RdbReader& from, const ValueLimits& limits);

/// Puts a value at a key, in the place of whatever is there.
void store_value(keyspace::Change& change, Value value, std::int64_t expire_at_ms);

}  // namespace respawn::persistence
