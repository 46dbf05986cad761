// Looks at the commands that are about to run, so that their keys are near when they do.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/clients/session.hpp"
#include "engine/run/execution.hpp"
#include "engine/table/registry.hpp"
#include "keyspace/databases.hpp"

namespace respawn::engine {

/// What was found out about one command of a batch.
struct Foreseen {
  Command* command = nullptr;              // null: unknown
  HashedKey key;                           // its first one; without bytes: none
  const keyspace::Database* db = nullptr;  // where the key is expected
};

/// Owner: the executor. Batches are announced in the order in which they will run; while one runs,
/// the commands behind it, also those of the next batches, are looked up, their keys hashed and
/// their buckets fetched, and a little later, when the buckets have come, their entries. So the
/// memory's latency passes while other commands run. Hints only: a key in another database (SELECT
/// in the batch) costs time, not correctness.
class Lookahead {
 public:
  Lookahead(const Registry& registry, const keyspace::Databases& databases)
      : registry_(registry), databases_(databases) {}

  /// This session's batch will run, from `batch.next` on, behind those announced before. The batch
  /// stays as it is until it has run or reset() was called.
  void announce(const Session& session);

  /// Forgets what was announced.
  void reset();

  /// This session's batch runs now. Batches that were not announced may come between.
  void enter(const Session& session);

  /// About the command `batch.next` of the session that was entered last. Null when nothing is
  /// known: it was not announced, or it is alone.
  const Foreseen* at(const Batch& batch) {
    if (!current_) return nullptr;
    const std::size_t place = current_->start + (batch.next - current_->first);
    if (place >= step_at_) step(place);
    return &foreseen_[place % ring];
  }

 private:
  /// A batch's part in the sequence of all announced commands.
  struct Plan {
    const Session* session;
    std::size_t first;  // index within the batch
    std::size_t start;  // place in the sequence of its command `first`
    std::size_t end;
  };

  /// Commands that are dealt with at once: enough to have the memory's latencies overlap.
  static constexpr std::size_t chunk = 16;
  static constexpr std::size_t ring = 4 * chunk;

  void step(std::size_t place);
  void find_until(std::size_t end);
  void fetch_until(std::size_t end);
  void find(Foreseen& foreseen, const Plan& plan, std::size_t place) const;
  [[nodiscard]] bool is_like_the_one_before(const Plan& plan, std::size_t place,
                                            std::string_view name) const;

  const Registry& registry_;
  const keyspace::Databases& databases_;
  std::vector<Plan> plans_;
  std::array<Foreseen, ring> foreseen_;  // of the command at place p: p % ring
  std::size_t total_ = 0;                // announced commands
  std::size_t next_ = 0;                 // the plan that is to be entered next
  const Plan* current_ = nullptr;        // the plan that runs
  std::size_t finding_ = 0;              // the plan of the command at found_
  std::size_t found_ = 0;                // looked up, bucket asked for: places below
  std::size_t fetched_ = 0;              // entry asked for: places below
  std::size_t step_at_ = 0;              // the place at which to look further
};

}  // namespace respawn::engine
