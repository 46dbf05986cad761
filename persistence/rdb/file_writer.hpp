// Writes an RDB file: what it says of itself, databases, keys, its end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/slices.hpp"
#include "keyspace/entry.hpp"
#include "persistence/rdb_format.hpp"
#include "persistence/rdb_writer.hpp"

namespace respawn::persistence {

class EntryCut;

/// What a file says of the server that wrote it.
struct RdbFacts {
  std::string server_version = {};  // of Redis, as others understand it
  std::int64_t created_s = 0;
  std::uint64_t used_memory_bytes = 0;
  std::string replication_id = {};
  std::int64_t replication_offset = 0;
  bool base_of_log = false;    // it is the first part of an append log
  bool fields_expire = false;  // a hash in it has fields that expire: a later version is needed
  bool producers_are_known = false;  // to a stream in it: likewise
};

/// What is said of a key's use, beside it.
enum class AccessNote : std::uint8_t { none, idle, frequency };

/// Owner: who saves. Requires the order of its functions; what is behind the end (the checksum) is
/// the sink's matter. O(bytes).
class RdbFileWriter {
 public:
  /// `note`: what the eviction policy goes by, which is what access clocks are made of.
  RdbFileWriter(RdbWriter writer, AccessNote note) : writer_(writer), note_(note) {}

  void begin(const RdbFacts& facts);

  /// A library of functions.
  void function(std::string_view code);

  /// How many keys the database has that are in the file: whoever loads it makes room.
  void database(int db, std::uint64_t keys, std::uint64_t expiring);

  /// The clock that idle times count from, in seconds (24 bits).
  void set_clock_s(std::uint32_t now_s) { now_s_ = now_s; }

  void key(int db, const keyspace::Entry& entry);

  /// One with a long value, in slices. The cut lives as long.
  Slices key(EntryCut& cut);

  void end();

 private:
  struct KeyFacts {
    std::int64_t expire_at_ms;
    std::uint32_t access_clock;
    RdbType type;
    std::string_view key;
  };

  void fact(std::string_view name, std::string_view value);
  void fact(std::string_view name, std::int64_t value);
  void select(int db);
  void facts_of(const KeyFacts& facts);

  RdbWriter writer_;
  AccessNote note_;
  int db_ = -1;
  std::uint32_t now_s_ = 0;
};

/// Nine bytes at the beginning: whose file it is, and its version.
[[nodiscard]] std::string rdb_magic(std::uint16_t version);

}  // namespace respawn::persistence
