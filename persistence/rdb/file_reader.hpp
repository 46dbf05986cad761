// Reads an RDB file of Redis or Valkey, and hands over what is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "keyspace/entry.hpp"
#include "persistence/rdb/file_source.hpp"
#include "persistence/rdb_reader.hpp"
#include "persistence/value_decoder.hpp"

namespace respawn::persistence {

/// A key out of a file.
struct RdbKey {
  int db = 0;
  std::string name;
  Value value;
  std::int64_t expire_at_ms = keyspace::never;
  std::int64_t idle_s = -1;  // -1: not said
  int frequency = -1;
};

/// Who is handed it. An error ends the reading, and is its text.
class RdbVisitor {
 public:
  virtual ~RdbVisitor() = default;

  /// May take the name and the value out of the key; whatever is left there is used again.
  virtual Status key(RdbKey& key) = 0;

  virtual Status function(std::string_view code) = 0;

  /// A fact about the file; names that nobody knows are to be passed over.
  virtual void fact(std::string_view name, std::string_view value) = 0;

  /// Keys that the database will have.
  virtual void database(int, std::uint64_t /*keys*/, std::uint64_t /*expiring*/) {}

  /// Something was passed over: of a kind that is not here, or a collection without elements.
  virtual void skipped(std::string_view what, std::string_view name) = 0;

  /// Every few thousand bytes: how far it is. False ends the reading (with an error without text).
  virtual bool advance(std::uint64_t offset) = 0;
};

/// Where reading ended, and why. The text is for people, one line.
struct RdbFailure {
  std::uint64_t offset = 0;
  std::string key;  // that was being read; "" for none
  std::string reason;
  bool stopped = false;  // by the visitor's advance()

  [[nodiscard]] std::string text() const;
};

struct RdbReadOptions {
  int databases = 16;
  std::uint64_t string_bytes_max = RdbReader::string_bytes_most;
  bool verify_checksum = true;
  bool skip_unknown = false;  // values of kinds that are not here
  ValueLimits limits = {};
};

/// Owner: who loads, on one thread. Believes nothing of what it reads. O(bytes).
class RdbFileReader {
 public:
  RdbFileReader(FileSource& source, const RdbReadOptions& options, RdbVisitor& visitor)
      : source_(source),
        options_(options),
        visitor_(visitor),
        from_(source, options.string_bytes_max) {}

  /// The whole file, from its first byte to behind its checksum; what follows there is the
  /// caller's. None: all is well.
  [[nodiscard]] std::optional<RdbFailure> read();

 private:
  bool read_magic();
  bool read_item(std::uint8_t opcode);
  bool read_key(std::uint8_t type);
  bool read_rare(std::uint8_t opcode);
  bool read_fact();
  bool read_function();
  bool read_database();
  bool read_module();
  bool read_metadata();
  bool skip_value(std::uint8_t type);
  bool skip_module_parts();
  bool check_checksum();
  bool fail_key();
  bool note_skipped(std::string_view what);
  bool refuse(std::string reason);
  bool checked(const Status& status);

  FileSource& source_;
  const RdbReadOptions& options_;
  RdbVisitor& visitor_;
  RdbReader from_;
  RdbKey key_;
  Dialect dialect_ = Dialect::redis;
  int version_ = 0;
  std::uint64_t item_offset_ = 0;
  std::uint64_t told_offset_ = 0;
  RdbFailure failure_;
};

/// What a type is called: "list", "stream", "module data", "type 33".
[[nodiscard]] std::string rdb_type_name(std::uint8_t type, Dialect dialect);

}  // namespace respawn::persistence
