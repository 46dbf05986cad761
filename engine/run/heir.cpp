#include "engine/run/heir.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "engine/run/environment.hpp"
#include "persistence/append_log/value_commands.hpp"

namespace respawn::engine {

namespace {

void propagate_value(Store& store, int db, const keyspace::Entry& entry) {
  persistence::commands_of(entry, [&](std::span<const std::string_view> words) {
    store.unit.propagate({db, Targets::everybody, {words.begin(), words.end()}});
  });
}

void propagate_key(Store& store, int db, const std::string& key) {
  store.unit.propagate({db, Targets::everybody, {"DEL", key}});
  const keyspace::Entry* entry =
      store.databases.at(static_cast<std::size_t>(db)).find(keyspace::Key(key));
  if (entry) propagate_value(store, db, *entry);
}

void propagate_database(Store& store, int db) {
  store.unit.propagate({db, Targets::everybody, {"FLUSHDB"}});
  store.databases.at(static_cast<std::size_t>(db)).for_each([&](const keyspace::Entry& entry) {
    propagate_value(store, db, entry);
  });
}

/// What touches no key is told as it was.
bool is_beside_keys(const Propagated& effect) {
  return iequals(effect.words[0], "function") || iequals(effect.words[0], "script") ||
         iequals(effect.words[0], "publish") || iequals(effect.words[0], "spublish");
}

}  // namespace

void propagate_state(Store& store) {
  if (store.unit.touched().empty()) return;
  store.unit.keep_propagated(is_beside_keys);
  std::set<std::pair<int, std::string>> keys;
  std::set<int> whole;
  for (const Touched& each : store.unit.touched()) {
    if (each.whole_database)
      whole.insert(each.db);
    else
      keys.emplace(each.db, each.key);
  }
  for (const int db : whole) propagate_database(store, db);
  for (const auto& [db, key] : keys)
    if (!whole.contains(db)) propagate_key(store, db, key);
}

}  // namespace respawn::engine
