// What of the data is not on the disk yet, by what a reader of it has to wait for.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/run/unit_record.hpp"

namespace respawn::engine {

/// Offsets in the append log, by hash of database and key (two keys of one place only make a reader
/// wait too long), and by database for what concerns all of it. Owner: the log feed. While it is
/// closed there is no table, and nobody asks.
class ReplyGate {
 public:
  static constexpr std::size_t places = 65'536;

  explicit ReplyGate(std::size_t databases) : databases_(databases) {}

  [[nodiscard]] bool is_open() const { return offsets_ != nullptr; }

  /// From now on readers wait: for whatever is in the data by now until `floor`.
  void open(std::uint64_t floor);
  void close();

  /// A unit has touched these, and its bytes end at `end`. Requires is_open().
  void touched(const std::vector<Touched>& touched, std::uint64_t end);

  /// What a reader of the key waits for. Requires is_open().
  [[nodiscard]] std::uint64_t of_key(int db, std::uint64_t hash) const {
    const Database& database = databases_[static_cast<std::size_t>(db)];
    return std::max(offsets_[place_of(db, hash)], database.whole);
  }

  /// What a reader of the database as such waits for.
  [[nodiscard]] std::uint64_t of_database(int db) const {
    return databases_[static_cast<std::size_t>(db)].any;
  }

 private:
  struct Database {
    std::uint64_t any = 0;    // a change of anything in it
    std::uint64_t whole = 0;  // a change of all that is in it
  };

  static std::size_t place_of(int db, std::uint64_t hash) {
    return (hash + static_cast<std::uint64_t>(db) * 0x9E3779B97F4A7C15) % places;
  }

  std::unique_ptr<std::uint64_t[]> offsets_;
  std::vector<Database> databases_;
};

}  // namespace respawn::engine
