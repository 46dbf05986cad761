#include "engine/run/access_clock.hpp"

#include <algorithm>

namespace respawn::engine {

namespace {

constexpr std::uint32_t clock_mask = 0xFFFFFF;
constexpr std::uint32_t minute_mask = 0xFFFF;
constexpr std::uint32_t counter_max = 0xFF;
/// A new key is not the first one to go.
constexpr std::uint32_t counter_start = 5;

std::uint32_t seconds(std::int64_t now_us) {
  return static_cast<std::uint32_t>(now_us / 1'000'000) & clock_mask;
}

std::uint32_t minutes(std::int64_t now_us) {
  return static_cast<std::uint32_t>(now_us / 60'000'000) & minute_mask;
}

/// The larger the counter, the less likely it grows: 1 million uses reach the top at factor 10.
std::uint32_t counted_up(std::uint32_t counter, int log_factor, Random& random) {
  if (counter == counter_max) return counter;
  const std::uint32_t above = counter - std::min(counter, counter_start);
  return random.unit() * (static_cast<double>(above) * log_factor + 1) < 1 ? counter + 1 : counter;
}

}  // namespace

bool counts_frequency(config::EvictionPolicy policy) {
  return policy == config::EvictionPolicy::allkeys_lfu ||
         policy == config::EvictionPolicy::volatile_lfu;
}

bool needs_access_clock(config::EvictionPolicy policy) {
  return counts_frequency(policy) || policy == config::EvictionPolicy::allkeys_lru ||
         policy == config::EvictionPolicy::volatile_lru;
}

std::uint32_t fresh_access_clock(const config::Config& config, std::int64_t now_us) {
  if (!counts_frequency(config.maxmemory_policy)) return seconds(now_us);
  return minutes(now_us) << 8 | counter_start;
}

std::uint32_t used_access_clock(const config::Config& config, std::uint32_t clock,
                                std::int64_t now_us, Random& random) {
  if (!counts_frequency(config.maxmemory_policy)) return seconds(now_us);
  const std::uint32_t counter = access_frequency(config, clock, now_us);
  return minutes(now_us) << 8 | counted_up(counter, config.lfu_log_factor, random);
}

std::uint32_t access_frequency(const config::Config& config, std::uint32_t clock,
                               std::int64_t now_us) {
  const std::uint32_t counter = clock & counter_max;
  if (config.lfu_decay_time_min <= 0) return counter;
  const std::uint32_t elapsed = (minutes(now_us) - (clock >> 8)) & minute_mask;
  return counter -
         std::min(counter, elapsed / static_cast<std::uint32_t>(config.lfu_decay_time_min));
}

std::uint32_t eviction_rank(const config::Config& config, std::uint32_t clock,
                            std::int64_t now_us) {
  if (!counts_frequency(config.maxmemory_policy)) return idle_seconds(clock, now_us);
  const std::uint32_t idle_minutes = (minutes(now_us) - (clock >> 8)) & minute_mask;
  return (counter_max - access_frequency(config, clock, now_us)) << 16 | idle_minutes;
}

std::uint32_t access_clock_of_frequency(std::uint8_t frequency, std::int64_t now_us) {
  return minutes(now_us) << 8 | frequency;
}

std::uint32_t access_clock_of_idle(std::int64_t idle_s, std::int64_t now_us) {
  return (seconds(now_us) - static_cast<std::uint32_t>(idle_s)) & clock_mask;
}

std::uint32_t idle_seconds(std::uint32_t clock, std::int64_t now_us) {
  return (seconds(now_us) - clock) & clock_mask;
}

}  // namespace respawn::engine
