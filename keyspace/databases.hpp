// All data of the server: the numbered databases and what outlives the actor that works on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "keyspace/database.hpp"
#include "keyspace/garbage.hpp"

namespace respawn::keyspace {

class Change;
class ChangeObserver;

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

  /// To be read. Checks the index. Who wants to change a key makes a Change.
  [[nodiscard]] const Database& at(std::size_t index) const {
    RESPAWN_CHECK(index < databases_.size());
    return *databases_[index];
  }

  // Changes of whole databases, through the gate like those of keys (Change).

  /// Drops all keys of one; the memory comes back through Garbage. O(1).
  void clear(std::size_t index);

  /// Two databases change places. O(1).
  void swap(std::size_t first, std::size_t second);

  /// Streams that leave their keys, or whose databases are cleared or swapped, are marked as ready
  /// in the table from now on, so that who minds it looks again. It outlives the databases or
  /// leaves.
  void tell_losses_to(WaiterTable& waiters);

  /// Not any more, if it is this one that is told.
  void stop_telling(const WaiterTable& waiters);

  /// Takes over what another set of as many databases holds, made apart from this one; what was
  /// here is cleared. O(1).
  void adopt(Databases& others);

  /// Keys of all databases.
  [[nodiscard]] std::size_t size() const;

  /// Value of the access clock that new entries get.
  void set_access_clock(std::uint32_t clock);

  /// The earliest expiry of all databases; `never` when no key has one.
  [[nodiscard]] std::int64_t earliest_expiry_ms() const;

  [[nodiscard]] Garbage& garbage() { return garbage_; }

  [[nodiscard]] StringCuts& string_cuts() { return string_cuts_; }

  /// Set by the gate before a change. When the actor dies with it set, the data may be half
  /// changed: the keeper then trusts it only if check_invariants() says so.
  [[nodiscard]] bool mutating() const { return mutating_; }

  /// What was changed is whole. To be called behind each command, expiry or eviction; an exception
  /// that comes before leaves the mark.
  void settled() { mutating_ = false; }

  /// The observer hears of every change before it happens. It outlives the databases or leaves.
  void add_observer(ChangeObserver& observer) {
    observers_.push_back(&observer);
    observed_ = true;
  }

  void remove_observer(ChangeObserver& observer) {
    std::erase(observers_, &observer);
    observed_ = !observers_.empty();
  }

  /// The keeper's verdict after a crash: everything holds. Clears mutating() when it does.
  [[nodiscard]] Status recover();

  [[nodiscard]] Status check_invariants() const;

  /// They are damaged: all data is forgotten without being looked at, for nobody knows what it
  /// would do. Its memory is lost. Nobody is told. O(1).
  void abandon();

  /// Whatever they hold, they count as damaged; for tests of what comes then.
  void condemn() { condemned_ = mutating_ = true; }

  DataStatistics statistics;
  /// Changes since the last save (INFO's rdb_changes_since_last_save).
  std::uint64_t changes = 0;

 private:
  friend class Change;

  [[nodiscard]] Database& database(std::size_t index) {
    RESPAWN_CHECK(index < databases_.size());
    return *databases_[index];
  }

  void begin_change(std::size_t index, const Key& key, const Entry* entry) {
    mutating_ = true;
    if (observed_) [[unlikely]]
      tell_observers(index, key, entry);
  }

  void give_away(std::size_t index);
  void tell_observers(std::size_t index, const Key& key, const Entry* entry);
  void lose_all(std::size_t index);

  Garbage garbage_;  // before the databases, which hand their contents to it
  StringCuts string_cuts_;
  std::vector<std::unique_ptr<Database>> databases_;
  std::vector<ChangeObserver*> observers_;
  WaiterTable* waiters_ = nullptr;
  bool mutating_ = false;
  bool condemned_ = false;
  bool observed_ = false;  // whether there are observers
};

}  // namespace respawn::keyspace
