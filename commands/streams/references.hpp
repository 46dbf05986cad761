// KEEPREF, DELREF and ACKED: what becomes of groups' references to entries that are deleted.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "commands/shared/stream_access.hpp"

namespace respawn::commands {

enum class References : std::uint8_t {
  keep,          // what is pending stays pending
  drop,          // it is pending nowhere any more
  acknowledged,  // only what every group has read and acknowledged is deleted
};

/// What a word says; none when it is no such word.
[[nodiscard]] std::optional<References> to_references(std::string_view word);

/// "[KEEPREF | DELREF | ACKED] IDS numids id [id ...]", in any order.
struct EntriesToDelete {
  References references = References::keep;
  std::vector<keyspace::StreamId> ids;
};

[[nodiscard]] Result<EntriesToDelete> parse_entries_to_delete(Args args, std::size_t from);

/// What was deleted, as commands that every Redis knows: XDEL, and XACK for each group in which an
/// entry was pending.
class DeletionRecord {
 public:
  DeletionRecord(Execution& x, std::string_view key) : x_(x), key_(key) {}

  void acknowledged(std::string_view group, const keyspace::StreamId& id);
  void deleted(const keyspace::StreamId& id);

  void propagate();

 private:
  struct Acknowledged {
    std::string_view group;
    std::vector<std::string> words;
  };

  Execution& x_;
  std::string_view key_;
  std::vector<Acknowledged> acknowledged_;
  std::vector<std::string> deleted_;
};

}  // namespace respawn::commands
