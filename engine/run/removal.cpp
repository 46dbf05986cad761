#include "engine/run/removal.hpp"

#include <array>

#include "engine/run/keyspace_events.hpp"

namespace respawn::engine {

namespace {

/// Who replays it is told in the words of what is configured for this kind of removal.
void erase_unasked(Store& store, int db, const keyspace::Key& key, const keyspace::Entry* entry,
                   Removal why) {
  const config::Config& config = *store.config;
  const bool lazily =
      why == Removal::expired ? config.lazyfree_lazy_expire : config.lazyfree_lazy_eviction;
  if (store.unit.recorded()) [[unlikely]] {
    store.unit.touch(db, key.bytes, TouchedBy::itself);
    store.unit.propagate(
        {db, Targets::everybody, {lazily ? "UNLINK" : "DEL", std::string(key.bytes)}});
  }
  keyspace::Change(store.databases, static_cast<std::size_t>(db), key, entry).erase();
  ++store.databases.changes;
  keyspace::DataStatistics& counted = store.databases.statistics;
  ++(why == Removal::expired ? counted.expired_keys : counted.evicted_keys);
}

/// The end of a unit that no command began.
void end_unit(Environment& environment, std::span<const KeyEvent> events) {
  Store& store = environment.store;
  store.unit.command_done();
  store.databases.settled();
  environment.step(Step::events);
  tell_events(environment, events);
  environment.step(Step::unit_end);
  store.unit.unit_done();
  if (store.log.feed.attached()) [[unlikely]]
    store.log.feed.end_unit(nullptr);
}

}  // namespace

void erase_expired(Store& store, int db, const keyspace::Key& key, const keyspace::Entry* entry) {
  erase_unasked(store, db, key, entry, Removal::expired);
}

std::size_t erase_expired_fields(Store& store, int db, keyspace::Change& change,
                                 std::int64_t now_ms, std::size_t fields_max) {
  std::vector<std::string> words;
  const bool recorded = store.unit.recorded();
  if (recorded) [[unlikely]]
    words = {"HDEL", std::string(change.key().bytes)};
  const std::size_t erased = change.object<keyspace::Hash>().erase_expired(
      now_ms, fields_max, [&](std::string_view field) {
        if (recorded) [[unlikely]]
          words.emplace_back(field);
      });
  if (erased == 0) return 0;
  store.databases.changes += erased;
  if (recorded) [[unlikely]] {
    store.unit.touch(db, change.key().bytes, TouchedBy::itself);
    store.unit.propagate({db, Targets::everybody, std::move(words)});
  }
  return erased;
}

void erase_expired_field(Store& store, int db, keyspace::Change& change,
                         const keyspace::MemberKey& field) {
  if (store.unit.recorded()) [[unlikely]] {
    store.unit.touch(db, change.key().bytes, TouchedBy::itself);
    store.unit.propagate({db,
                          Targets::everybody,
                          {"HDEL", std::string(change.key().bytes), std::string(field.text())}});
  }
  change.object<keyspace::Hash>().erase(field);
  ++store.databases.changes;
}

void remove_unasked(Environment& environment, int db, const keyspace::Entry& entry, Removal why) {
  const std::string key(entry.key());
  erase_unasked(environment.store, db, std::string_view(key), &entry, why);
  const bool expired = why == Removal::expired;
  const std::array events{
      KeyEvent{expired ? config::keyspace_event::expired : config::keyspace_event::evicted,
               expired ? "expired" : "evicted", key, db}};
  end_unit(environment, events);
}

std::size_t remove_expired_fields(Environment& environment, int db, const keyspace::Entry& entry,
                                  std::size_t fields_max) {
  Store& store = environment.store;
  const std::string key(entry.key());
  keyspace::Change change(store.databases, static_cast<std::size_t>(db), std::string_view(key),
                          &entry);
  const std::size_t erased =
      erase_expired_fields(store, db, change, environment.unit_now_us / 1000, fields_max);
  const bool emptied = change.object<keyspace::Hash>().empty();
  emptied ? change.erase() : change.fields_expire();
  std::vector<KeyEvent> events;
  if (erased > 0) events.push_back({config::keyspace_event::hash, "hexpired", key, db});
  if (emptied) events.push_back({config::keyspace_event::generic, "del", key, db});
  end_unit(environment, events);
  return erased;
}

}  // namespace respawn::engine
