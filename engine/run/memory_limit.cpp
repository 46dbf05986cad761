#include "engine/run/memory_limit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/run/access_clock.hpp"
#include "engine/run/note_call.hpp"
#include "engine/run/removal.hpp"

namespace respawn::engine {

namespace {

using config::EvictionPolicy;
using keyspace::EvictionRule;

/// Elements of garbage freed in one step.
constexpr std::size_t garbage_step_elements = 64;

/// How long what others are told of evicted keys may take to go out.
constexpr std::int64_t told_for_us = 100'000;

/// How long one call may take: in steps of 50 microseconds up to a tenacity of 10, by 15 % more for
/// each point above, without end at 100.
std::uint64_t time_max_ns(int tenacity) {
  constexpr int linear_max = 10;
  if (tenacity <= linear_max) return static_cast<std::uint64_t>(tenacity) * 50'000;
  if (tenacity >= 100) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(500'000 * std::pow(1.15, tenacity - linear_max));
}

bool expiring_only(EvictionPolicy policy) {
  return policy == EvictionPolicy::volatile_lru || policy == EvictionPolicy::volatile_lfu ||
         policy == EvictionPolicy::volatile_random || policy == EvictionPolicy::volatile_ttl;
}

EvictionRule::Order order(EvictionPolicy policy) {
  if (needs_access_clock(policy)) return EvictionRule::Order::rank;
  return policy == EvictionPolicy::volatile_ttl ? EvictionRule::Order::time_to_live
                                                : EvictionRule::Order::random;
}

}  // namespace

bool MemoryLimit::exceeded() const {
  // What waits for the disk is not data: evicting keys would not make it less.
  const std::uint64_t used = environment_.services.memory.used();
  const std::uint64_t held = store_.saving.held_bytes() + store_.log.held_bytes();
  return used - std::min(used, held) > store_.config->maxmemory_bytes + told_bytes_;
}

bool MemoryLimit::unfinished() const {
  const std::uint64_t limit_bytes = store_.config->maxmemory_bytes;
  return limit_bytes != 0 && (state_ == State::making_room || limit_bytes != limit_bytes_);
}

EvictionRule MemoryLimit::rule(std::int64_t now_us) const {
  const config::Config& config = *store_.config;
  return {.order = order(config.maxmemory_policy),
          .expiring_only = expiring_only(config.maxmemory_policy),
          .samples = static_cast<std::size_t>(config.maxmemory_samples),
          .rank = [&config, now_us](std::uint32_t access_clock) {
            return eviction_rank(config, access_clock, now_us);
          }};
}

MemoryLimit::State MemoryLimit::make_room(std::int64_t now_us) {
  limit_bytes_ = store_.config->maxmemory_bytes;
  forget_told();
  // While the data stands still, commands are let in as if there were room.
  const bool within = limit_bytes_ == 0 || store_.pause.active() || !exceeded();
  note(within ? State::within : timed(environment_, latency_event::eviction_cycle, [&] {
    return reach_limit(now_us);
  }));
  return state_;
}

MemoryLimit::State MemoryLimit::reach_limit(std::int64_t now_us) {
  const std::uint64_t start_ns = clock_.stopwatch_ns();
  const std::uint64_t longest_ns = time_max_ns(store_.config->maxmemory_eviction_tenacity);
  if (policy_ != store_.config->maxmemory_policy) eviction_.forget();
  policy_ = store_.config->maxmemory_policy;
  const EvictionRule by = rule(now_us);
  do {
    if (!free_some(by)) return State::exceeded;
    if (!exceeded()) return State::within;
  } while (clock_.stopwatch_ns() - start_ns <= longest_ns);
  return State::making_room;
}

/// One step; false when there is nothing to free.
bool MemoryLimit::free_some(const EvictionRule& by) {
  if (store_.databases.garbage().free_slice(garbage_step_elements) > 0) return true;
  if (policy_ == EvictionPolicy::noeviction) return false;
  const auto victim = eviction_.choose(store_.databases, by, store_.random);
  if (!victim) return false;
  environment_.step(Step::eviction);
  const std::uint64_t pushed_before = store_.clients.pushed_bytes();
  timed(environment_, latency_event::eviction_deletion, [&] {
    remove_unasked(environment_, static_cast<int>(victim->database), *victim->entry,
                   Removal::evicted);
    return true;
  });
  note_told(store_.clients.pushed_bytes() - pushed_before);
  // A snapshot may go on holding what was evicted.
  if (store_.saving.snapshot) store_.saving.snapshot->refresh();
  if (persistence::Snapshot* rewrite = store_.log.snapshot()) rewrite->refresh();
  return true;
}

void MemoryLimit::note_told(std::uint64_t bytes) {
  if (bytes == 0) return;
  if (told_bytes_ == 0) told_until_us_ = clock_.monotonic_us() + told_for_us;
  told_bytes_ += bytes;
}

void MemoryLimit::forget_told() {
  if (told_bytes_ != 0 && clock_.monotonic_us() >= told_until_us_) told_bytes_ = 0;
}

void MemoryLimit::note(State state) {
  Statistics& statistics = store_.statistics;
  std::int64_t& since_us = statistics.eviction_exceeded_since_us;
  state_ = state;
  if (state != State::within) {
    if (since_us == 0) since_us = clock_.monotonic_us();
  } else if (since_us != 0) {
    statistics.eviction_exceeded_us += clock_.monotonic_us() - since_us;
    since_us = 0;
  }
}

}  // namespace respawn::engine
