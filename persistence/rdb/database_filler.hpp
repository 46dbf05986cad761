// Puts the keys of an RDB file into databases.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "keyspace/databases.hpp"
#include "persistence/rdb/file_reader.hpp"

namespace respawn::persistence {

/// What came of it.
struct FillCounts {
  std::uint64_t keys_loaded = 0;
  std::uint64_t keys_expired = 0;  // were over, and left out
  std::uint64_t keys_empty = 0;
  std::uint64_t skipped = 0;  // of kinds that are not here
};

struct FillOptions {
  /// Keys that ended before it are left out (wall clock, ms).
  std::int64_t now_ms = std::numeric_limits<std::int64_t>::min();
  bool replace = false;  // a key that is there already; else it is an error
  /// What the access clock of a key becomes of which the file says something; none: nothing.
  std::function<std::uint32_t(std::int64_t idle_s, int frequency)> access_clock = {};
  int delay_us = 0;  // per key, for tests
};

/// Owner: who loads. The databases are its own while it does: nobody else sees them, or whoever
/// does waits.
class DatabaseFiller : public RdbVisitor {
 public:
  DatabaseFiller(keyspace::Databases& databases, FillOptions options)
      : databases_(databases), options_(std::move(options)) {}

  [[nodiscard]] const FillCounts& counts() const { return counts_; }

  /// Libraries of functions, in their order.
  [[nodiscard]] std::vector<std::string>& functions() { return functions_; }

  /// Puts in what it still holds; to be called when the file has been read. An error as key().
  Status finish();

  // RdbVisitor
  Status key(RdbKey& key) override;
  Status function(std::string_view code) override;

  void fact(std::string_view, std::string_view) override {}

  void skipped(std::string_view what, std::string_view name) override;

  bool advance(std::uint64_t) override { return true; }

 private:
  /// Keys that wait while the places where they belong are fetched into the cache.
  static constexpr std::size_t ahead = 16;

  struct Waiting {
    RdbKey key;
    std::uint64_t hash = 0;
    bool used = false;
  };

  Status put(Waiting& waiting);

  keyspace::Databases& databases_;
  FillOptions options_;
  FillCounts counts_;
  std::vector<std::string> functions_;
  std::array<Waiting, ahead> waiting_;
  std::size_t next_ = 0;
};

}  // namespace respawn::persistence
