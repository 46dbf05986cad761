#include "engine/run/execution.hpp"

#include "engine/run/access_clock.hpp"
#include "engine/run/ended_wait.hpp"
#include "engine/run/removal.hpp"

namespace respawn::engine {

void Execution::fail(std::string_view error) {
  failed_ = true;
  environment_->store.statistics.count_error(error);
  reply.error(error);
}

void Execution::touch(const keyspace::Entry& entry) {
  entry.set_access_clock(
      used_access_clock(config(), entry.access_clock(), now_us_, store().random));
}

const keyspace::Entry* Execution::find_any(const keyspace::Key& key) const {
  if (environment_->store.lookups) [[unlikely]]
    environment_->store.lookups->looking_up(session_->db, key);
  return db().find(key);
}

const keyspace::Entry* Execution::find_live(const keyspace::Key& key) {
  const keyspace::Entry* entry = find_any(key);
  if (!entry || !entry->has_expiry() || !entry->expired(expiry_now_ms())) return entry;
  if (may_expire()) expire(key, entry);
  return nullptr;
}

void Execution::expire(const keyspace::Key& key, const keyspace::Entry* entry) {
  erase_expired(environment_->store, session_->db, key, entry);
  happened(key.bytes, config::keyspace_event::expired, "expired");
}

const keyspace::Entry* Execution::find_untouched(const keyspace::Key& key) {
  const keyspace::Entry* entry = find_live(key);
  keyspace::DataStatistics& counted = store().databases.statistics;
  ++(entry ? counted.hits : counted.misses);
  if (!entry && (config().notify_keyspace_events & config::keyspace_event::key_miss))
    happened(key.bytes, config::keyspace_event::key_miss, "keymiss");
  return entry;
}

const keyspace::Entry* Execution::find_read(const keyspace::Key& key) {
  const keyspace::Entry* entry = find_untouched(key);
  if (entry && !session_->no_touch) touch(*entry);
  return entry;
}

const keyspace::Entry* Execution::find_write(const keyspace::Key& key) {
  const keyspace::Entry* entry = find_live(key);
  if (entry && !session_->no_touch) touch(*entry);
  return entry;
}

const keyspace::Entry* Execution::peek(const keyspace::Key& key) {
  return find_live(key);
}

const keyspace::Entry* Execution::find_read(const keyspace::Key& key, keyspace::Type type) {
  const keyspace::Entry* entry = find_read(key);
  if (!entry || entry->type() == type) return entry;
  fail(errors::wrong_type);
  return nullptr;
}

const keyspace::Entry* Execution::find_write(const keyspace::Key& key, keyspace::Type type) {
  const keyspace::Entry* entry = find_write(key);
  if (!entry || entry->type() == type) return entry;
  fail(errors::wrong_type);
  return nullptr;
}

void Execution::changed_silently(std::string_view key, std::uint64_t changes) {
  effects_->changes += changes;
  environment_->store.unit.touch(session_->db, key);
}

void Execution::changed_database(int db, std::uint64_t changes, TouchedBy by) {
  effects_->changes += changes;
  environment_->store.unit.touch_database(db, by);
}

void Execution::became_ready_in(int db, std::string_view key) {
  environment_->blocking.waiters().mark_ready(db, key);
}

void Execution::erase(const keyspace::Key& key, const keyspace::Entry* entry, int event_class,
                      std::string_view event) {
  change(key, entry).erase();
  changed(key.bytes, event_class, event);
}

void Execution::erase_any(const keyspace::Key& key) {
  if (const keyspace::Entry* entry = find_any(key)) erase(key, entry);
}

void Execution::removed(keyspace::Change& change, int event_class, std::string_view event,
                        std::uint64_t changes) {
  changed(change.key().bytes, event_class, event, changes);
  erase_if_empty(change);
}

void Execution::erase_if_empty(keyspace::Change& change) {
  if (change.entry()->container().size() > 0) return;
  change.erase();
  happened(change.key().bytes, config::keyspace_event::generic, "del");
}

void Execution::propagate_words(std::vector<std::string> words) {
  effects_->replay = Replay::as_told;
  effects_->rewritten.push_back({session_->db, effects_->targets, std::move(words)});
}

BlockRequest& Execution::block_on(Args keys, keyspace::Type wanted, std::int64_t timeout_ms,
                                  TimeoutReply on_timeout) {
  effects_->block = true;
  effects_->block_request.keys.assign(keys.begin(), keys.end());
  effects_->block_request.timeout_ms = timeout_ms;
  effects_->block_request.on_timeout = on_timeout;
  effects_->block_request.wanted = wanted;
  effects_->block_request.minds_loss = false;
  effects_->block_request.look_again_ms = 0;
  effects_->block_request.resolved.clear();
  return effects_->block_request;
}

bool Execution::unblock(Session& blocked, bool with_error) {
  if (!blocked.blocked.active) return false;
  end_wait(env(), blocked, with_error ? WaitEnd::error : WaitEnd::timeout);
  return true;
}

void Execution::disconnect(Session& other) {
  env().blocking.forget(other);
  env().subscriptions.remove(other);
  store().tracking.stop(other);
  store().clients.kill(other);
}

}  // namespace respawn::engine
