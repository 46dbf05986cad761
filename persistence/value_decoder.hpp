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

/// Whose numbers they are: those of types from 22 on mean different things.
enum class Dialect : std::uint8_t { redis, valkey };

/// The same behind its type's byte, into a value that is there already. Where all that is wrong is
/// that a collection is empty, from.met_empty() says so, and everything of it has been read.
[[nodiscard]] bool read_typed(std::uint8_t type, Dialect dialect, RdbReader& from,
                              const ValueLimits& limits, Value& value);

/// Whether values of this type can be here at all.
[[nodiscard]] bool is_known_type(std::uint8_t type);

/// Puts a value at a key, in the place of whatever is there. Takes its container.
void store_value(keyspace::Change& change, Value&& value, std::int64_t expire_at_ms);

}  // namespace respawn::persistence
