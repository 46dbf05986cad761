// The commands that took long, the newest first.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/table/spec.hpp"

namespace respawn::engine {

struct SlowCommand {
  std::uint64_t id = 0;     // grows by one with each entry, also behind a reset
  std::int64_t time_s = 0;  // wall clock, when it was over
  std::uint64_t run_us = 0;
  /// From the arrival of its bytes to its beginning; negative: not known.
  std::int64_t wait_us = -1;
  std::vector<std::string> words;
  std::string address;
  std::string client_name;
};

/// Owner: the store, so it outlives the keyspace actor. Holds at most as many entries as it was
/// last told.
class SlowLog {
 public:
  /// Gives the entry its id. O(1), and the entries that fall off.
  void add(SlowCommand entry, std::int64_t entries_max);

  void trim(std::int64_t entries_max);

  void clear() { entries_.clear(); }

  [[nodiscard]] const std::deque<SlowCommand>& entries() const { return entries_; }

 private:
  std::deque<SlowCommand> entries_;
  std::uint64_t next_id_ = 0;
};

/// The arguments as an entry keeps them: secrets left out, at most 32 of at most 128 bytes, with a
/// word about the rest.
[[nodiscard]] std::vector<std::string> slow_log_words(const CommandSpec& spec, Args args);

}  // namespace respawn::engine
