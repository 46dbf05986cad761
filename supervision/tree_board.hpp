// The supervision tree as seen from outside: supervisors write their children on it, anyone reads.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "supervision/child_traits.hpp"
#include "supervision/report.hpp"

namespace respawn::supervision {

/// What the board knows of one child.
struct ChildRow {
  std::string id = {};
  ChildType type = ChildType::worker;
  RestartType restart = RestartType::permanent;
  ChildState state = ChildState::starting;
  std::uint32_t restarts = 0;      ///< times it was started again
  std::string last_exit = {};      ///< reason text of its last exit; empty when there was none
  std::int64_t since_wall_ms = 0;  ///< since when it is in this state; milliseconds since 1970
  caf::actor_addr handle = {};     ///< weak; empty while there is no actor
};

/// One line of the whole tree.
struct TreeRow {
  std::string path = {};
  std::size_t depth = 0;
  ChildRow child;
  std::optional<Strategy> strategy = {};  ///< of a supervisor
  std::size_t children = 0;               ///< of a supervisor: how many it has, listed or not
};

/// Thread-safe; one mutex, held for O(1) per write. Writers are supervisors, each under its own
/// path. Lives longer than all of them (shared_ptr). The handles are weak: the board keeps nobody
/// alive.
class TreeBoard {
 public:
  explicit TreeBoard(std::size_t recent_reports_max = 256)
      : recent_reports_max_(recent_reports_max) {}

  // -- for supervisors -----------------------------------------------------------------------

  /// Enters a supervisor, and returns the children of an earlier one of this path that still live.
  [[nodiscard]] std::vector<caf::actor> enter(const std::string& path, Strategy strategy,
                                              caf::actor_addr handle, std::int64_t wall_ms);

  /// Removes a supervisor with everything below it.
  void leave(const std::string& path);

  /// Adds a child or replaces what is known of it. Siblings are listed in the order they were
  /// added.
  void put(const std::string& supervisor, ChildRow row);

  void erase(const std::string& supervisor, const std::string& id);

  /// Remembers the last `recent_reports_max` reports.
  void record(SupervisionReport report);

  // -- for readers ---------------------------------------------------------------------------

  /// Parents before children, siblings in start order; of each supervisor at most
  /// `children_max` children (TreeRow::children says how many there are).
  [[nodiscard]] std::vector<TreeRow> tree(std::size_t children_max = 100) const;

  /// None when there is no supervisor of that path.
  [[nodiscard]] std::optional<std::vector<ChildRow>> children(const std::string& path) const;

  /// Oldest first.
  [[nodiscard]] std::vector<SupervisionReport> recent_reports() const;

  /// The living actor of a full path ("root/store/keyspace") or, when no path matches, of an id
  /// ("keyspace", "connection:17"; the first supervisor in path order that has it). Empty if none.
  /// O(depth) for a path, O(supervisors) for an id.
  [[nodiscard]] caf::actor find(const std::string& path_or_id) const;

 private:
  struct Entry {
    ChildRow row = {};  ///< its id is the key and left empty
    std::uint64_t order = 0;
  };

  struct Supervisor {
    Strategy strategy = Strategy::one_for_one;
    caf::actor_addr handle = {};
    std::int64_t since_wall_ms = 0;
    std::unordered_map<std::string, Entry> children = {};
  };

  using Supervisors = std::map<std::string, Supervisor>;

  // Called with mutex_ held:
  void erase_subtree(const std::string& path);
  [[nodiscard]] static std::vector<ChildRow> ordered(const Supervisor& supervisor,
                                                     std::size_t children_max);
  void append(const std::string& path, std::size_t depth, ChildRow row, std::size_t children_max,
              std::vector<TreeRow>& rows) const;
  [[nodiscard]] caf::actor_addr find_address(const std::string& path_or_id) const;

  const std::size_t recent_reports_max_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  Supervisors supervisors_;
  std::uint64_t next_order_ = 0;
  std::deque<SupervisionReport> reports_;
};

}  // namespace respawn::supervision
