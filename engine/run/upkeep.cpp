#include "engine/run/upkeep.hpp"

#include <algorithm>

#include "engine/run/access_clock.hpp"
#include "engine/run/ended_wait.hpp"
#include "engine/run/note_call.hpp"
#include "engine/run/removal.hpp"

namespace respawn::engine {

void Upkeep::sample_rates(std::uint64_t received_bytes, std::uint64_t sent_bytes) {
  if (store_.cron_paused) return;
  const std::int64_t now_ms = clock_.source().monotonic_us() / 1000;
  Statistics& statistics = store_.statistics;
  statistics.received_bytes = received_bytes;
  statistics.sent_bytes = sent_bytes;
  statistics.commands_rate.sample(now_ms, store_.registry.calls());
  statistics.received_rate.sample(now_ms, received_bytes);
  statistics.sent_rate.sample(now_ms, sent_bytes);
  const NetworkFacts network = environment_.services.process.network();
  statistics.turn_rate.sample(now_ms, network.turns);
  statistics.turns_busy_rate.sample(now_ms, network.turns_busy_us);
  // Also renews what used() knows about other threads.
  statistics.peak_memory =
      std::max(statistics.peak_memory, environment_.services.memory.facts().used);
}

void Upkeep::renew_access_clock() {
  const std::uint32_t access_clock = fresh_access_clock(*store_.config, clock_.now_us());
  if (access_clock == access_clock_) return;
  access_clock_ = access_clock;
  store_.databases.set_access_clock(access_clock);
}

void Upkeep::answer_expired_waits() {
  clock_.read();
  const std::int64_t now_us = clock_.source().monotonic_us();
  while (Session* session = environment_.blocking.first_expired(now_us)) {
    const std::int64_t deadline_us = session->blocked.deadline_us;
    if (deadline_us != 0 && deadline_us <= now_us)
      end_wait(environment_, *session, WaitEnd::timeout);
    else
      environment_.blocking.look_again(*session);
  }
  if (store_.pause.is_timed() && store_.pause.until_us() <= now_us) store_.pause.end();
}

void Upkeep::trim_tracking() {
  if (!store_.cron_paused) store_.tracking.trim();
}

void Upkeep::make_room() {
  clock_.read();
  memory_limit_.make_room(clock_.now_us());
}

void Upkeep::expire_fields_of(std::size_t index, const keyspace::Entry& entry,
                              std::size_t& fields_max) {
  environment_.step(Step::field_expiry);
  const std::size_t erased =
      remove_expired_fields(environment_, static_cast<int>(index), entry, fields_max);
  // One for having looked: what expired may have been removed by commands already.
  fields_max -= std::max<std::size_t>(erased, 1);
}

/// Takes what it removes from `fields_max`; false when that did not suffice.
bool Upkeep::expire_fields(std::size_t index, std::size_t& fields_max) {
  const keyspace::Database& db = store_.databases.at(index);
  while (const keyspace::Entry* entry = db.next_expired_fields(clock_.now_us() / 1000)) {
    if (fields_max == 0) return false;
    expire_fields_of(index, *entry, fields_max);
  }
  return true;
}

std::int64_t Upkeep::expire_keys(std::size_t keys_max) {
  if (!store_.active_expire || store_.cron_paused || store_.pause.active()) return 0;
  clock_.read();
  return timed(environment_, latency_event::expire_cycle,
               [&] { return expire_keys_now(keys_max); });
}

std::int64_t Upkeep::expire_keys_now(std::size_t keys_max) {
  environment_.unit_now_us = clock_.now_us();
  const std::int64_t now_ms = clock_.now_us() / 1000;
  std::int64_t next_ms = 0;
  for (std::size_t index = 0; index < store_.databases.count(); ++index) {
    const keyspace::Database& db = store_.databases.at(index);
    while (const keyspace::Entry* entry = db.next_expired(now_ms)) {
      if (keys_max-- == 0) return now_ms;
      environment_.step(Step::expiry);
      remove_unasked(environment_, static_cast<int>(index), *entry, Removal::expired);
    }
    if (!expire_fields(index, keys_max)) return now_ms;
    const std::int64_t at_ms = std::min(db.earliest_expiry_ms(), db.earliest_field_expiry_ms());
    // A key lives through the millisecond of its expiry.
    if (at_ms != keyspace::never && (next_ms == 0 || at_ms < next_ms)) next_ms = at_ms + 1;
  }
  return next_ms;
}

}  // namespace respawn::engine
