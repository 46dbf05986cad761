// What must hold for every file that is loaded.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "persistence/rdb/database_filler.hpp"
#include "persistence/rdb/file_reader.hpp"

namespace respawn::fuzz {

/// A file of borrowed bytes, to be read only.
class BorrowedFile final : public File {
 public:
  explicit BorrowedFile(std::string_view bytes) : bytes_(bytes) {}

  std::error_code append_some(std::string_view, std::size_t&) override {
    return std::make_error_code(std::errc::read_only_file_system);
  }

  std::error_code read(std::uint64_t offset, std::span<char> to, std::size_t& got) override {
    got = offset < bytes_.size() ? bytes_.copy(to.data(), to.size(), offset) : 0;
    return {};
  }

  std::error_code sync() override { return {}; }

  std::error_code truncate(std::uint64_t) override {
    return std::make_error_code(std::errc::read_only_file_system);
  }

  std::error_code size(std::uint64_t& bytes) override {
    bytes = bytes_.size();
    return {};
  }

 private:
  std::string_view bytes_;
};

/// It is refused, or means sound databases that are no larger than its bytes can be worth.
inline void check_rdb_file(std::string_view bytes) {
  constexpr std::size_t bytes_for_one_max = 8192;
  BorrowedFile file(bytes);
  persistence::FileSource source(file, 0, bytes.size());
  persistence::RdbReadOptions options;
  options.databases = 4;
  options.string_bytes_max = 1 << 20;
  options.verify_checksum = false;
  options.skip_unknown = true;
  keyspace::Databases databases(4);
  persistence::DatabaseFiller filler(databases, {.replace = true});
  persistence::RdbFileReader reader(source, options, filler);
  const auto failed = reader.read();
  RESPAWN_CHECK(!failed || !failed->text().empty());
  if (!failed) RESPAWN_CHECK(filler.finish().ok());
  RESPAWN_CHECK(databases.check_invariants().ok());
  std::size_t total = 0;
  for (std::size_t db = 0; db < databases.count(); ++db)
    databases.at(db).for_each([&](const keyspace::Entry& entry) { total += entry.memory_bytes(); });
  RESPAWN_CHECK(total <= (bytes.size() + 4) * bytes_for_one_max);
}

}  // namespace respawn::fuzz
