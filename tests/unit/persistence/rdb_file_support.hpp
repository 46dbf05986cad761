// Whole RDB files, for the tests of what writes and reads them.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "persistence/crc64.hpp"
#include "persistence/rdb/database_filler.hpp"
#include "persistence/rdb/file_reader.hpp"
#include "persistence/rdb/file_sink.hpp"
#include "persistence/rdb/file_writer.hpp"
#include "persistence/value_encoder.hpp"
#include "tests/support/memory_files.hpp"
#include "tests/unit/persistence/support.hpp"

namespace respawn::persistence::test {

/// All there is, as text: "0:key" to its value and expiry.
using State = std::map<std::string, std::string>;

inline std::string described_value(const keyspace::Entry& entry) {
  std::string text;
  if (entry.type() == keyspace::Type::string) {
    keyspace::Scratch scratch;
    text = entry.bytes(scratch);
  } else {
    for (const std::string& each : contents(entry.container())) text += each + "\n";
  }
  return text + "|" + std::to_string(entry.expire_at_ms());
}

inline State state_of(const keyspace::Databases& data) {
  State state;
  for (std::size_t db = 0; db < data.count(); ++db)
    data.at(db).for_each([&](const keyspace::Entry& entry) {
      state[std::to_string(db) + ":" + std::string(entry.key())] = described_value(entry);
    });
  return state;
}

/// What came of reading some bytes as a file.
struct Loaded {
  std::unique_ptr<keyspace::Databases> data;
  std::optional<RdbFailure> failure;
  FillCounts counts;
  std::vector<std::string> functions;
};

inline Loaded load(const std::string& bytes, RdbReadOptions options = {}, FillOptions fill = {}) {
  support::MemoryFiles files;
  files.put("f", bytes);
  std::unique_ptr<File> file;
  EXPECT_FALSE(files.open("f", FileSystem::Open::read, file));
  Loaded loaded;
  loaded.data = std::make_unique<keyspace::Databases>(static_cast<std::size_t>(options.databases));
  FileSource source(*file, 0, bytes.size());
  DatabaseFiller filler(*loaded.data, std::move(fill));
  RdbFileReader reader(source, options, filler);
  loaded.failure = reader.read();
  if (!loaded.failure)
    if (Status finished = filler.finish(); !finished.ok())
      loaded.failure = RdbFailure{source.offset(), "", finished.error()};
  loaded.counts = filler.counts();
  loaded.functions = filler.functions();
  return loaded;
}

/// Writes a file by hand, item by item.
class HandMade {
 public:
  explicit HandMade(std::string magic) : bytes_(std::move(magic)) {}

  RdbWriter& writer() { return writer_; }

  HandMade& opcode(std::uint8_t code) {
    writer_.byte(code);
    return *this;
  }

  HandMade& string_key(std::string_view key, std::string_view value) {
    writer_.byte(0);
    writer_.string(key);
    writer_.string(value);
    return *this;
  }

  /// `checked`: with eight bytes of checksum, as from version 5 on.
  std::string end(bool checked = true) {
    writer_.byte(end_opcode);
    std::string whole = bytes_;
    if (checked) append_little_endian(whole, crc64(whole));
    return whole;
  }

 private:
  std::string bytes_;
  StringSink sink_{bytes_};
  RdbWriter writer_{sink_, false};
};

}  // namespace respawn::persistence::test
