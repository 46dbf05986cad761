// Who watches which key (WATCH), and who has to learn that it was changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/clients/session.hpp"
#include "engine/run/unit_record.hpp"

namespace respawn::engine {

/// Owner: the store, so that it hears of what a unit had touched when its keyspace actor died. A
/// session that watches leaves by forget() before it goes. While nobody watches it hears of
/// nothing.
///
/// A watched key is changed when a unit touched it. One whose time was over when it was watched
/// counts as absent: its removal is no change. Whole databases that are emptied or swapped change
/// the keys that are there before or after.
class Watches final : public UnitListener, public keyspace::ChangeObserver {
 public:
  Watches(UnitRecord& unit, keyspace::Databases& data) : unit_(unit), data_(data) {}

  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  /// Nothing happens where it is watched already. O(its watchers).
  void watch(Session& session, int db, std::string_view key);

  /// The session watches nothing any more, and nothing that it watched was touched.
  void forget(Session& session);

  /// The session's transaction is over, and it watches nothing.
  void discard(Session& session);

  /// Whether the time of a key that the session watches is over by now, which nothing has noticed
  /// yet. O(its keys).
  [[nodiscard]] bool is_over(const Session& session) const;

  // UnitListener
  void unit_done(const UnitRecord& unit) override;

  [[nodiscard]] bool wants_effects() const override { return false; }

  // keyspace::ChangeObserver
  void before_change(std::size_t, const keyspace::Key&, const keyspace::Entry*) override {}

  void before_clear(std::size_t database) override;
  void before_swap(std::size_t first, std::size_t second) override;

 private:
  struct Watcher {
    Session* session;
    std::size_t place;  // in its TransactionState::watched
  };

  /// Keys by "<database>:<key>".
  using Table = std::unordered_map<std::string, std::vector<Watcher>>;

  static WatchedKey& key_of(const Watcher& watcher) {
    return watcher.session->transaction.watched[watcher.place];
  }

  [[nodiscard]] bool is_over(int db, std::string_view key) const;
  void touched(const std::vector<Watcher>& watchers);
  void swapped(std::size_t database, std::size_t replaced_by);

  UnitRecord& unit_;
  keyspace::Databases& data_;
  Table table_;
};

}  // namespace respawn::engine
