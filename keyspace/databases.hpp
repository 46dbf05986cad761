// All data of the server: the numbered databases and what outlives the actor that works on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "keyspace/database.hpp"
#include "keyspace/garbage.hpp"

namespace respawn::keyspace {

/// Counters of the data itself, reset by CONFIG RESETSTAT.
struct DataStatistics {
  std::uint64_t expired_keys = 0;
  std::uint64_t evicted_keys = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};

/// Owner: the keeper; the keyspace actor borrows it, and the next one after a crash.
class Databases {
 public:
  explicit Databases(std::size_t count);

  [[nodiscard]] std::size_t count() const { return databases_.size(); }

  /// Checks the index.
  [[nodiscard]] Database& at(std::size_t index) {
    RESPAWN_CHECK(index < databases_.size());
    return *databases_[index];
  }

  [[nodiscard]] const Database& at(std::size_t index) const {
    RESPAWN_CHECK(index < databases_.size());
    return *databases_[index];
  }

  void swap(std::size_t a, std::size_t b) { at(a).swap(at(b)); }

  /// Keys of all databases.
  [[nodiscard]] std::size_t size() const;

  void clear();
  void set_access_clock(std::uint32_t clock);

  /// The earliest expiry of all databases; `never` when no key has one.
  [[nodiscard]] std::int64_t earliest_expiry_ms() const;

  [[nodiscard]] Garbage& garbage() { return garbage_; }

  /// Set while a command that writes runs. When the actor dies with it set, the data may be half
  /// changed: the keeper then trusts it only if check_invariants() says so.
  [[nodiscard]] bool mutating() const { return mutating_; }

  /// Marks the data as being changed until it is told that the change is complete. An exception
  /// that comes before leaves the mark.
  class Mutation {
   public:
    explicit Mutation(Databases& data) : data_(data) { data_.mutating_ = true; }

    void complete() { data_.mutating_ = false; }

   private:
    Databases& data_;
  };

  /// The keeper's verdict after a crash: everything holds. Clears mutating() when it does.
  [[nodiscard]] Status recover();

  [[nodiscard]] Status check_invariants() const;

  DataStatistics statistics;
  /// Changes since the last save (INFO's rdb_changes_since_last_save).
  std::uint64_t changes = 0;

 private:
  Garbage garbage_;  // before the databases, which hand their contents to it
  std::vector<std::unique_ptr<Database>> databases_;
  bool mutating_ = false;
};

}  // namespace respawn::keyspace
