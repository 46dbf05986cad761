#include "persistence/rdb/database_filler.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "keyspace/change.hpp"
#include "keyspace/types/hash.hpp"

namespace respawn::persistence {

Status DatabaseFiller::key(RdbKey& key) {
  if (options_.delay_us > 0)
    std::this_thread::sleep_for(std::chrono::microseconds(options_.delay_us));
  if (key.expire_at_ms < options_.now_ms) {
    ++counts_.keys_expired;
    return success();
  }
  Waiting& waiting = waiting_[next_];
  next_ = (next_ + 1) % ahead;
  if (waiting.used)
    if (Status status = put(waiting); !status.ok()) return status;
  std::swap(waiting.key, key);
  key.db = waiting.key.db;
  waiting.hash = keyspace::hash_bytes(waiting.key.name);
  waiting.used = true;
  databases_.at(static_cast<std::size_t>(waiting.key.db)).prefetch(waiting.hash);
  return success();
}

Status DatabaseFiller::put(Waiting& waiting) {
  RdbKey& key = waiting.key;
  waiting.used = false;
  const auto index = static_cast<std::size_t>(key.db);
  const keyspace::Key name(key.name, waiting.hash);
  const keyspace::Entry* existing = databases_.at(index).find(name);
  if (existing && !options_.replace)
    return failure("RDB has duplicated key '" + key.name + "' in DB " + std::to_string(key.db));
  keyspace::Change change(databases_, index, name, existing);
  store_value(change, std::move(key.value), key.expire_at_ms);
  if (options_.access_clock && (key.idle_s >= 0 || key.frequency >= 0))
    change.entry()->set_access_clock(options_.access_clock(key.idle_s, key.frequency));
  ++counts_.keys_loaded;
  return success();
}

Status DatabaseFiller::finish() {
  for (std::size_t i = 0; i < ahead; ++i) {
    Waiting& waiting = waiting_[(next_ + i) % ahead];
    if (!waiting.used) continue;
    if (Status status = put(waiting); !status.ok()) return status;
  }
  databases_.settled();
  return success();
}

Status DatabaseFiller::function(std::string_view code) {
  functions_.emplace_back(code);
  return success();
}

void DatabaseFiller::skipped(std::string_view what, std::string_view) {
  ++(what == "empty key" ? counts_.keys_empty : counts_.skipped);
}

}  // namespace respawn::persistence
