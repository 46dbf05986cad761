// Looks at a batch's next commands before they run, so that their keys are near when they do.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "commands/registry.hpp"
#include "commands/session.hpp"
#include "keyspace/database.hpp"

namespace respawn::commands {

/// What was found out about one command of the batch.
struct Foreseen {
  Command* command = nullptr;       // null: unknown
  const char* key_bytes = nullptr;  // where its first key is; null: none
  std::uint64_t key_hash = 0;
};

/// Owner: the executor. A window of commands is looked up, its keys are hashed and prefetched:
/// first the buckets of all of them, then the entries. The memory's latency is paid once per window
/// instead of once per key. Hints only: a key in another database (SELECT in the batch) costs time,
/// not correctness.
class Lookahead {
 public:
  static constexpr std::size_t window = 64;

  /// Forgets everything: another batch is about to run.
  void reset() { end_ = begin_ = 0; }

  /// About the command `batch.next`; looks at the following ones first when it is outside the
  /// window. Null for a batch of one command.
  const Foreseen* at(const Batch& batch, const Registry& registry, const keyspace::Database& db) {
    if (batch.next >= begin_ && batch.next < end_) return &foreseen_[batch.next - begin_];
    if (batch.commands.slices.size() - batch.next < 2) return nullptr;
    look(batch, registry, db);
    return &foreseen_[0];
  }

 private:
  void look(const Batch& batch, const Registry& registry, const keyspace::Database& db);

  std::array<Foreseen, window> foreseen_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace respawn::commands
