#include "engine/run/execution.hpp"

#include <cmath>

#include "engine/run/access_clock.hpp"
#include "engine/run/ended_wait.hpp"

namespace respawn::engine {

Result<std::int64_t> to_timeout_ms(std::string_view seconds) {
  auto value = parse_long_double(seconds);
  if (!value) return failure(std::string(errors::timeout_not_a_float));
  if (*value < 0) return failure(std::string(errors::timeout_negative));
  long double ms = std::ceil(*value * 1000);
  if (ms > static_cast<long double>(std::numeric_limits<std::int64_t>::max() / 2))
    return failure(std::string(errors::timeout_out_of_range));
  return static_cast<std::int64_t>(ms);
}

void Execution::fail(std::string_view error) {
  failed_ = true;
  environment_->store.statistics.count_error(error);
  reply.error(error);
}

void Execution::touch(keyspace::Entry& entry) {
  entry.set_access_clock(
      used_access_clock(config(), entry.access_clock(), now_us_, store().random));
}

keyspace::Entry* Execution::find_live(const keyspace::Key& key) {
  keyspace::Entry* entry = db().find(key);
  if (!entry || !entry->has_expiry() || !entry->expired(now_ms())) return entry;
  db().erase(entry);
  ++store().databases.statistics.expired_keys;
  changed(key.bytes, config::keyspace_event::expired, "expired");
  return nullptr;
}

keyspace::Entry* Execution::find_untouched(const keyspace::Key& key) {
  keyspace::Entry* entry = find_live(key);
  keyspace::DataStatistics& counted = store().databases.statistics;
  ++(entry ? counted.hits : counted.misses);
  if (!entry && (config().notify_keyspace_events & config::keyspace_event::key_miss))
    happened(key.bytes, config::keyspace_event::key_miss, "keymiss");
  return entry;
}

keyspace::Entry* Execution::find_read(const keyspace::Key& key) {
  keyspace::Entry* entry = find_untouched(key);
  if (entry && !session_->no_touch) touch(*entry);
  return entry;
}

keyspace::Entry* Execution::find_write(const keyspace::Key& key) {
  keyspace::Entry* entry = find_live(key);
  if (entry && !session_->no_touch) touch(*entry);
  return entry;
}

keyspace::Entry* Execution::peek(const keyspace::Key& key) {
  return find_live(key);
}

keyspace::Entry* Execution::find_read(const keyspace::Key& key, keyspace::Type type) {
  keyspace::Entry* entry = find_read(key);
  if (!entry || entry->type() == type) return entry;
  fail(errors::wrong_type);
  return nullptr;
}

keyspace::Entry* Execution::find_write(const keyspace::Key& key, keyspace::Type type) {
  keyspace::Entry* entry = find_write(key);
  if (!entry || entry->type() == type) return entry;
  fail(errors::wrong_type);
  return nullptr;
}

void Execution::changed(std::string_view key, int event_class, std::string_view event) {
  ++effects_->dirty;
  happened(key, event_class, event);
}

void Execution::happened(std::string_view key, int event_class, std::string_view event) {
  effects_->events.push_back({event_class, event, key, session_->db});
}

void Execution::became_ready(std::string_view key) {
  environment_->blocking.waiters().mark_ready(session_->db, key);
}

void Execution::erase(const keyspace::Key& key, int event_class, std::string_view event) {
  db().erase(key);
  changed(key.bytes, event_class, event);
}

void Execution::block_on(Args keys, keyspace::Type wanted, std::int64_t timeout_ms,
                         TimeoutReply on_timeout) {
  effects_->block = true;
  effects_->block_request.keys.assign(keys.begin(), keys.end());
  effects_->block_request.timeout_ms = timeout_ms;
  effects_->block_request.on_timeout = on_timeout;
  effects_->block_request.wanted = wanted;
}

bool Execution::unblock(Session& blocked, bool with_error) {
  if (!blocked.blocked.active) return false;
  end_wait(env(), blocked, with_error ? WaitEnd::error : WaitEnd::timeout);
  return true;
}

void Execution::disconnect(Session& other) {
  env().blocking.forget(other);
  env().subscriptions.remove(other);
  store().clients.kill(other);
}

}  // namespace respawn::engine
