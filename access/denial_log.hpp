// The log of what was refused: ACL LOG.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "access/request.hpp"

namespace respawn::access {

/// Where the command stood that was refused.
enum class Context : std::uint8_t { toplevel, multi, lua };

[[nodiscard]] std::string_view name_of(Context context);
[[nodiscard]] std::string_view name_of(Denial denial);  // "command", "key", "channel", "auth"

/// What was refused, to whom.
struct Refusal {
  Denial denial = Denial::command;
  Context context = Context::toplevel;
  std::string object;  // the command, the key, the channel; of a failed login the command
  std::string username;
  std::string client;  // as CLIENT INFO describes it
};

struct LoggedRefusal {
  Refusal refusal;
  std::uint64_t count = 1;
  std::uint64_t id = 0;
  std::int64_t created_ms = 0;  // wall clock
  std::int64_t updated_ms = 0;
};

/// Counts of refusals for INFO.
struct DenialCounts {
  std::uint64_t auth = 0;
  std::uint64_t command = 0;
  std::uint64_t key = 0;
  std::uint64_t channel = 0;
};

/// Owner: the keyspace actor; outlives it. Like events among the newest ten, within a minute of
/// each other, are one entry that counts them, and becomes the newest.
class DenialLog {
 public:
  /// Keeps `entries_max` entries, the newest ones.
  void add(Refusal refusal, std::int64_t now_ms, std::size_t entries_max);

  /// The newest first.
  [[nodiscard]] const std::deque<LoggedRefusal>& entries() const { return entries_; }

  /// Counts and ids go on.
  void clear() { entries_.clear(); }

  [[nodiscard]] const DenialCounts& counts() const { return counts_; }

  void reset_counts() { counts_ = {}; }

 private:
  void count(Denial denial);

  std::deque<LoggedRefusal> entries_;
  DenialCounts counts_;
  std::uint64_t next_id_ = 0;
};

}  // namespace respawn::access
