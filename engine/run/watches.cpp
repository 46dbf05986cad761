#include "engine/run/watches.hpp"

#include <algorithm>
#include <utility>

#include "engine/clients/client_memory.hpp"

namespace respawn::engine {

namespace {

std::string table_key(int db, std::string_view key) {
  std::string text = std::to_string(db);
  text += ':';
  text += key;
  return text;
}

}  // namespace

void Watches::watch(Session& session, int db, std::string_view key) {
  std::vector<WatchedKey>& own = session.transaction.watched;
  std::vector<Watcher>& watchers = table_[table_key(db, key)];
  if (std::ranges::find(watchers, &session, &Watcher::session) != watchers.end()) return;
  watchers.push_back({&session, own.size()});
  own.push_back({db, std::string(key), is_over(db, key)});
  session.names_bytes += bytes_of_name(key);
  if (table_.size() > 1 || watchers.size() > 1) return;
  unit_.add_listener(*this);
  data_.add_observer(*this);
}

void Watches::forget(Session& session) {
  session.transaction.touched = false;
  if (session.transaction.watched.empty()) return;
  for (const WatchedKey& each : session.transaction.watched) {
    const auto place = table_.find(table_key(each.db, each.key));
    std::erase_if(place->second,
                  [&](const Watcher& watcher) { return watcher.session == &session; });
    if (place->second.empty()) table_.erase(place);
    session.names_bytes -= bytes_of_name(each.key);
  }
  session.transaction.watched.clear();
  if (!table_.empty()) return;
  unit_.remove_listener(*this);
  data_.remove_observer(*this);
}

void Watches::discard(Session& session) {
  forget(session);
  TransactionState& transaction = session.transaction;
  transaction.phase = TransactionState::Phase::none;
  transaction.broken = false;
  transaction.queue.clear();
}

bool Watches::is_over(int db, std::string_view key) const {
  const keyspace::Entry* entry = data_.at(static_cast<std::size_t>(db)).find(key);
  return entry && entry->has_expiry() && entry->expired(unit_.now_us / 1000);
}

bool Watches::is_over(const Session& session) const {
  return std::ranges::any_of(session.transaction.watched, [&](const WatchedKey& each) {
    return !each.was_over && is_over(each.db, each.key);
  });
}

void Watches::touched(const std::vector<Watcher>& watchers) {
  for (const Watcher& watcher : watchers) {
    WatchedKey& watched = key_of(watcher);
    const bool is_gone = !data_.at(static_cast<std::size_t>(watched.db)).find(watched.key);
    if (watched.was_over && is_gone)
      watched.was_over = false;
    else
      watcher.session->transaction.touched = true;
  }
}

/// Whole databases have been seen to before they changed.
void Watches::unit_done(const UnitRecord& unit) {
  for (const Touched& each : unit.touched()) {
    if (each.whole_database) continue;
    const auto place = table_.find(table_key(each.db, each.key));
    if (place != table_.end()) touched(place->second);
  }
}

void Watches::before_clear(std::size_t database) {
  const keyspace::Database& data = data_.at(database);
  for (const auto& [name, watchers] : table_) {
    for (const Watcher& watcher : watchers) {
      WatchedKey& watched = key_of(watcher);
      if (watched.db != static_cast<int>(database) || !data.find(watched.key)) continue;
      if (!std::exchange(watched.was_over, false)) watcher.session->transaction.touched = true;
    }
  }
}

void Watches::before_swap(std::size_t first, std::size_t second) {
  swapped(first, second);
  swapped(second, first);
}

/// A key that is over before and after, or is absent before and over after, has not changed.
void Watches::swapped(std::size_t database, std::size_t replaced_by) {
  for (const auto& [name, watchers] : table_) {
    for (const Watcher& watcher : watchers) {
      WatchedKey& watched = key_of(watcher);
      if (watched.db != static_cast<int>(database)) continue;
      const bool was_there = data_.at(database).find(watched.key) && !watched.was_over;
      const bool will_be_there = data_.at(replaced_by).find(watched.key);
      watched.was_over = !was_there && is_over(static_cast<int>(replaced_by), watched.key);
      if (was_there || (will_be_there && !watched.was_over))
        watcher.session->transaction.touched = true;
    }
  }
}

}  // namespace respawn::engine
