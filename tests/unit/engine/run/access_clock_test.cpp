#include "engine/run/access_clock.hpp"

#include <gtest/gtest.h>

namespace respawn::engine {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;

config::Config with(config::EvictionPolicy policy) {
  config::Config config;
  config.maxmemory_policy = policy;
  config.lfu_log_factor = 10;
  config.lfu_decay_time_min = 1;
  return config;
}

TEST(AccessClock, CountsSecondsUnderLru) {
  const config::Config lru = with(config::EvictionPolicy::allkeys_lru);
  Random random(1);
  const std::uint32_t clock = fresh_access_clock(lru, 100 * second);
  EXPECT_EQ(idle_seconds(clock, 100 * second), 0u);
  EXPECT_EQ(idle_seconds(clock, 107 * second), 7u);
  EXPECT_EQ(idle_seconds(used_access_clock(lru, clock, 105 * second, random), 107 * second), 2u);
}

TEST(AccessClock, SecondsWrapAround) {
  const config::Config lru = with(config::EvictionPolicy::allkeys_lru);
  constexpr std::int64_t last = (1 << 24) - 1;
  const std::uint32_t clock = fresh_access_clock(lru, last * second);
  EXPECT_EQ(idle_seconds(clock, (last + 3) * second), 3u);
}

TEST(AccessClock, FrequencyGrowsSlowerTheLargerItIs) {
  const config::Config lfu = with(config::EvictionPolicy::volatile_lfu);
  Random random(1);
  std::uint32_t clock = fresh_access_clock(lfu, minute);
  EXPECT_EQ(access_frequency(lfu, clock, minute), 5u);
  clock = used_access_clock(lfu, clock, minute, random);
  EXPECT_EQ(access_frequency(lfu, clock, minute), 6u);
  for (int i = 0; i < 1000; ++i) clock = used_access_clock(lfu, clock, minute, random);
  const std::uint32_t after_thousand = access_frequency(lfu, clock, minute);
  EXPECT_GT(after_thousand, 10u);
  EXPECT_LT(after_thousand, 40u);
}

TEST(AccessClock, FrequencyFadesWithTime) {
  config::Config lfu = with(config::EvictionPolicy::allkeys_lfu);
  const std::uint32_t clock = fresh_access_clock(lfu, 10 * minute);
  EXPECT_EQ(access_frequency(lfu, clock, 13 * minute), 2u);
  EXPECT_EQ(access_frequency(lfu, clock, 30 * minute), 0u);
  lfu.lfu_decay_time_min = 0;
  EXPECT_EQ(access_frequency(lfu, clock, 30 * minute), 5u);
}

TEST(AccessClock, ThePolicySaysWhatIsCounted) {
  EXPECT_TRUE(counts_frequency(config::EvictionPolicy::allkeys_lfu));
  EXPECT_FALSE(counts_frequency(config::EvictionPolicy::volatile_lru));
  EXPECT_TRUE(needs_access_clock(config::EvictionPolicy::volatile_lru));
  EXPECT_FALSE(needs_access_clock(config::EvictionPolicy::volatile_ttl));
  EXPECT_FALSE(needs_access_clock(config::EvictionPolicy::noeviction));
}

}  // namespace
}  // namespace respawn::engine
