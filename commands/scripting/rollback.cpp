#include "commands/scripting/rollback.hpp"

#include <limits>

#include "base/check.hpp"
#include "persistence/dump_payload.hpp"

namespace respawn::commands {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;

Rollback::Rollback(keyspace::Databases& data, const persistence::ValueLimits& limits)
    : data_(data), limits_(limits), changes_(data.changes) {
  data_.add_observer(*this);
}

Rollback::~Rollback() {
  stop_observing();
}

void Rollback::stop_observing() {
  if (std::exchange(observes_, false)) data_.remove_observer(*this);
}

void Rollback::before_change(std::size_t database, const Key& key, const Entry* entry) {
  std::string name(key.bytes);
  if (!seen_.emplace(database, name).second) return;
  steps_.push_back({database, database, std::move(name), std::nullopt, keyspace::never});
  if (!entry) return;
  steps_.back().payload = persistence::dump_payload(*entry, false);
  steps_.back().expire_at_ms = entry->expire_at_ms();
}

void Rollback::before_clear(std::size_t database) {
  data_.at(database).for_each(
      [&](const Entry& entry) { before_change(database, Key(entry.key()), &entry); });
}

/// What was seen is elsewhere from now on.
void Rollback::before_swap(std::size_t first, std::size_t second) {
  steps_.push_back({first, second, std::nullopt, std::nullopt, keyspace::never});
  seen_.clear();
}

void Rollback::undo() {
  stop_observing();
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
    step->key ? restore(*step) : data_.swap(step->database, step->other);
  data_.changes = changes_;
  data_.settled();
}

void Rollback::restore(const Step& step) {
  const Key key(*step.key);
  const Entry* now = data_.at(step.database).find(key);
  if (!now && !step.payload) return;
  Change change(data_, step.database, key, now);
  if (!step.payload) return change.erase();
  auto value = persistence::read_payload_body(*persistence::payload_body(*step.payload), limits_,
                                              std::numeric_limits<std::uint64_t>::max());
  RESPAWN_CHECK(value.has_value());
  persistence::store_value(change, std::move(*value), step.expire_at_ms);
}

}  // namespace respawn::commands
