// Taking back what a script has changed.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "keyspace/change.hpp"
#include "persistence/value_decoder.hpp"

namespace respawn::commands {

/// Owner: a debug session; outlives the stack that the script runs on. From its making on it copies
/// every key before it changes for the first time. O(value) for each of them, and O(database) for a
/// database that is emptied.
class Rollback final : public keyspace::ChangeObserver {
 public:
  Rollback(keyspace::Databases& data, const persistence::ValueLimits& limits);
  ~Rollback() override;
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;

  /// Everything is as it was, but for eviction's memory of when keys were used. Once; nothing is
  /// observed any more. Tells nobody: who waits for a key finds it as it was.
  void undo();

  // keyspace::ChangeObserver
  void before_change(std::size_t database, const keyspace::Key& key,
                     const keyspace::Entry* entry) override;
  void before_clear(std::size_t database) override;
  void before_swap(std::size_t first, std::size_t second) override;

 private:
  /// A key as it was, or (without a key) two databases that have changed places.
  struct Step {
    std::size_t database;
    std::size_t other;
    std::optional<std::string> key;
    std::optional<std::string> payload;  // as DUMP makes it; none: there was no such key
    std::int64_t expire_at_ms;
  };

  void restore(const Step& step);
  void stop_observing();

  keyspace::Databases& data_;
  const persistence::ValueLimits limits_;
  const std::uint64_t changes_;
  std::vector<Step> steps_;
  std::set<std::pair<std::size_t, std::string>> seen_;  // since the last swap
  bool observes_ = true;
};

}  // namespace respawn::commands
