// A field of a hash as the code around hashes sees it, whatever it is stored as.
#pragma once

#include <cstdint>
#include <string_view>

#include "keyspace/entry.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

/// Room for a field and a value that are stored as integers.
struct FieldScratch {
  Scratch field;
  Scratch value;
};

/// Borrowed: lives until the next change of the hash or of its FieldScratch.
struct HashField {
  std::string_view field;
  std::string_view value;
  std::int64_t expire_at_ms = never;

  /// Like a key, a field lives through the millisecond of its expiry.
  [[nodiscard]] bool expired(std::int64_t now_ms) const { return now_ms > expire_at_ms; }
};

/// Of the Database, kept with a hash whose fields may expire: under which time it is in the index
/// of such hashes, and which entry has it.
struct FieldSchedule {
  std::int64_t indexed_ms = never;
  Entry* owner = nullptr;
};

}  // namespace respawn::keyspace
