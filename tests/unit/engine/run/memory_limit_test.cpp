#include "engine/run/memory_limit.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "tests/unit/commands/support.hpp"

namespace respawn::engine {
using namespace commands::test;

namespace {

using config::EvictionPolicy;
using ::testing::HasSubstr;

const std::string out_of_memory = error(errors::out_of_memory);

/// Memory is what the test says it is: a hundred bytes per key and element of garbage.
class MemoryLimitTest : public CommandTest {
 protected:
  static constexpr std::uint64_t key_bytes = 100;

  MemoryLimitTest() {
    server.services.memory.measure = [this] { return used(); };
  }

  [[nodiscard]] std::uint64_t used() {
    keyspace::Databases& data = server.store.databases;
    std::uint64_t elements = data.size() + data.garbage().pending();
    // A clock that moves as memory is looked at: so much time goes by with each step.
    server.clock.advance_us(step_us);
    return elements * key_bytes + server.store.clients.pushed_bytes();
  }

  /// Room for this many keys.
  void limit(std::uint64_t keys, EvictionPolicy policy) {
    server.configure([&](config::Config& config) {
      config.maxmemory_bytes = keys * key_bytes;
      config.maxmemory_policy = policy;
    });
  }

  void fill(int from, int to, const std::string& options = "") {
    for (int i = from; i < to; ++i)
      ASSERT_EQ(run("SET k" + std::to_string(i) + " v" + options), ok);
  }

  [[nodiscard]] std::size_t size() const { return server.store.databases.size(); }

  [[nodiscard]] std::uint64_t evicted() const {
    return server.store.databases.statistics.evicted_keys;
  }

  /// What the keyspace actor does between messages.
  int finish() {
    int slices = 0;
    for (; server.executor->upkeep().memory_unsettled(); ++slices)
      server.executor->upkeep().make_room();
    return slices;
  }

  std::int64_t step_us = 0;
};

TEST_F(MemoryLimitTest, WithoutALimitNothingIsEvictedOrRefused) {
  limit(0, EvictionPolicy::allkeys_lru);
  fill(0, 1000);
  EXPECT_EQ(size(), 1000U);
  EXPECT_FALSE(server.executor->upkeep().memory_unsettled());
}

TEST_F(MemoryLimitTest, NoevictionRefusesWhatTakesMemoryAndNothingElse) {
  limit(10, EvictionPolicy::noeviction);
  fill(0, 11);  // the last one found the limit kept
  EXPECT_EQ(run("SET k v"), out_of_memory);
  EXPECT_EQ(run("APPEND k0 v"), out_of_memory);
  EXPECT_EQ(run("LPUSH l v"), out_of_memory);
  EXPECT_EQ(run("GET k0"), bulk("v"));
  EXPECT_EQ(run("EXPIRE k0 100"), integer(1));
  EXPECT_EQ(run("PING"), "+PONG\r\n");
  EXPECT_EQ(run("SET k"), error("ERR wrong number of arguments for 'set' command"));
  EXPECT_EQ(run("DEL k1 k2"), integer(2));
  EXPECT_EQ(run("SET k v"), ok);
  EXPECT_EQ(evicted(), 0U);
  EXPECT_EQ(server.store.statistics.errors["OOM"], 3U);
  EXPECT_EQ(server.store.registry.find("set")->statistics.rejected_calls, 2U);
}

TEST_F(MemoryLimitTest, AKeyOfNoOneIsFoundOutBeforeMemoryAndModesBehindIt) {
  limit(1, EvictionPolicy::noeviction);
  fill(0, 2);
  Client& subscriber = connect();
  subscriber.run("SUBSCRIBE c");
  EXPECT_EQ(subscriber.run("SET k v"), out_of_memory);
  EXPECT_THAT(subscriber.run("GET k"), HasSubstr("Can't execute 'get'"));
  server.configure([](config::Config& config) { config.requirepass = "p"; });
  Client& stranger = connect();
  EXPECT_EQ(stranger.run("SET k v"), error(errors::not_authenticated));
}

TEST_F(MemoryLimitTest, EveryEvictingPolicyKeepsTheLimit) {
  for (const auto policy :
       {EvictionPolicy::allkeys_lru, EvictionPolicy::allkeys_lfu, EvictionPolicy::allkeys_random,
        EvictionPolicy::volatile_lru, EvictionPolicy::volatile_lfu, EvictionPolicy::volatile_random,
        EvictionPolicy::volatile_ttl}) {
    SCOPED_TRACE(static_cast<int>(policy));
    run("FLUSHALL");
    limit(100, policy);
    const std::uint64_t before = evicted();
    fill(0, 1000, " EX 1000");
    EXPECT_EQ(size(), 101U);
    EXPECT_EQ(evicted() - before, 899U);
  }
}

TEST_F(MemoryLimitTest, VolatilePoliciesRefuseWhenOnlyKeysWithoutExpiryAreLeft) {
  for (const auto policy : {EvictionPolicy::volatile_lru, EvictionPolicy::volatile_lfu,
                            EvictionPolicy::volatile_random, EvictionPolicy::volatile_ttl}) {
    SCOPED_TRACE(static_cast<int>(policy));
    run("FLUSHALL");
    limit(100, policy);
    fill(0, 99);
    fill(99, 101, " EX 1000");
    ASSERT_EQ(run("SET a v"), ok);  // for one of the two that expire
    ASSERT_EQ(run("SET b v"), ok);
    EXPECT_EQ(run("SET c v"), out_of_memory);
    EXPECT_EQ(server.store.databases.at(0).expiring_count(), 0U);
    EXPECT_EQ(size(), 101U);
  }
}

TEST_F(MemoryLimitTest, LruKeepsWhatIsRead) {
  limit(100, EvictionPolicy::allkeys_lru);
  server.configure([](config::Config& config) { config.maxmemory_samples = 1000; });
  fill(0, 100);
  pass_ms(10'000);
  for (int i = 0; i < 50; ++i) run("GET k" + std::to_string(i * 2));
  pass_ms(10'000);
  fill(100, 150);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(run("EXISTS k" + std::to_string(i * 2)), integer(1)) << i;
    EXPECT_EQ(run("EXISTS k" + std::to_string(i * 2 + 1)), integer(0)) << i;
  }
}

TEST_F(MemoryLimitTest, LfuKeepsWhatIsReadOftenThoughItWasReadLongAgo) {
  limit(1000, EvictionPolicy::allkeys_lfu);
  server.configure([](config::Config& config) {
    config.maxmemory_samples = 1000;
    config.lfu_log_factor = 0;
  });
  fill(0, 50);
  for (int round = 0; round < 10; ++round)
    for (int i = 0; i < 50; ++i) run("GET k" + std::to_string(i));
  pass_ms(10'000);
  fill(50, 100);
  limit(50, EvictionPolicy::allkeys_lfu);
  run("PING");
  EXPECT_EQ(size(), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(run("EXISTS k" + std::to_string(i)), integer(1)) << i;
}

TEST_F(MemoryLimitTest, ATtlPolicyTakesTheEarliestExpiry) {
  limit(1000, EvictionPolicy::volatile_ttl);
  for (int i = 0; i < 100; ++i)
    run("SET k" + std::to_string(i) + " v EX " + std::to_string(1000 + i * 37 % 100));
  limit(60, EvictionPolicy::volatile_ttl);
  run("PING");
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(run("EXISTS k" + std::to_string(i)), integer(i * 37 % 100 >= 40 ? 1 : 0)) << i;
}

TEST_F(MemoryLimitTest, WhatIsToldOfEvictedKeysMakesNoRoomForItself) {
  fill(0, 1000);
  for (int reader = 0; reader < 10; ++reader) {
    Client& client = connect();
    client.run("HELLO 3");
    client.run("CLIENT TRACKING ON");
    for (int i = 0; i < 1000; ++i) client.run("GET k" + std::to_string(i));
  }
  const std::uint64_t before = server.store.clients.pushed_bytes();
  limit(900, EvictionPolicy::allkeys_random);
  finish();
  EXPECT_GT(server.store.clients.pushed_bytes() - before, 50 * key_bytes);
  EXPECT_EQ(size(), 900U);
  server.clock.advance_us(100'000);  // where it does not go out, it counts
  run("PING");
  EXPECT_LT(size(), 900U);
}

TEST_F(MemoryLimitTest, AnEvictedKeyIsAnnounced) {
  fill(0, 1);
  limit(0, EvictionPolicy::allkeys_random);
  server.configure([](config::Config& config) { config.maxmemory_bytes = 1; });
  EXPECT_EQ(events_of("PING"), "evicted k0");
  fill(0, 1);
  EXPECT_EQ(changes_of("PING"), 1U);
}

TEST_F(MemoryLimitTest, ALowerLimitIsReachedInSlicesOfTheTimeThatTenacityAllows) {
  fill(0, 10'000);
  step_us = 10;  // 50 steps fit into the 500 us of a tenacity of 10
  limit(1000, EvictionPolicy::allkeys_lru);
  EXPECT_TRUE(server.executor->upkeep().memory_unsettled());
  server.executor->upkeep().make_room();
  EXPECT_NEAR(static_cast<double>(evicted()), 50, 2);
  EXPECT_EQ(run("SET k v"), ok);  // let in meanwhile
  EXPECT_NEAR(finish(), 8900 / 50, 8);
  EXPECT_EQ(size(), 1000U);
}

TEST_F(MemoryLimitTest, TenacityDecidesHowLongASliceIs) {
  fill(0, 10'000);
  step_us = 10;
  const std::pair<int, int> expected[] = {{0, 1}, {1, 6}, {5, 26}, {20, 203}, {100, 100'000}};
  for (const auto& [tenacity, steps] : expected) {
    const std::uint64_t before = evicted();
    server.configure([&](config::Config& config) {
      config.maxmemory_policy = EvictionPolicy::allkeys_random;
      config.maxmemory_eviction_tenacity = tenacity;
      config.maxmemory_bytes = 100;
    });
    const std::size_t keys = size();
    server.executor->upkeep().make_room();
    EXPECT_NEAR(static_cast<double>(evicted() - before),
                std::min<double>(steps, static_cast<double>(keys) - 1), steps * 0.05 + 1)
        << tenacity;
  }
  EXPECT_EQ(size(), 1U);
}

TEST_F(MemoryLimitTest, WhatWaitsToBeFreedIsFreedBeforeAnythingIsEvicted) {
  std::string add = "SADD s";
  for (int i = 0; i < 1000; ++i) add += " m" + std::to_string(i);
  run(add);
  fill(0, 100);
  run("DEL s");
  ASSERT_GT(server.store.databases.garbage().pending(), 900U);
  limit(100, EvictionPolicy::allkeys_random);
  run("PING");
  EXPECT_EQ(evicted(), 0U);
  EXPECT_EQ(server.store.databases.garbage().pending(), 0U);
}

TEST_F(MemoryLimitTest, WhileSomethingWaitsToBeFreedNothingIsRefused) {
  std::string add = "SADD s";
  for (int i = 0; i < 10'000; ++i) add += " m" + std::to_string(i);
  run(add);
  run("DEL s");
  step_us = 1'000'000;
  limit(1, EvictionPolicy::noeviction);
  EXPECT_EQ(run("SET a v"), ok);
  EXPECT_EQ(run("SET b v"), ok);
  step_us = 0;
  finish();
  EXPECT_EQ(run("SET c v"), out_of_memory);
}

TEST_F(MemoryLimitTest, CountsTheTimeAboveTheLimit) {
  pass_ms(1);
  fill(0, 2);
  limit(1, EvictionPolicy::noeviction);
  run("PING");
  pass_ms(250);
  EXPECT_THAT(run("INFO stats"), HasSubstr("total_eviction_exceeded_time:250\r\n"
                                           "current_eviction_exceeded_time:250\r\n"));
  run("DEL k0");
  pass_ms(1000);
  run("PING");
  EXPECT_THAT(run("INFO stats"), HasSubstr("total_eviction_exceeded_time:1250\r\n"
                                           "current_eviction_exceeded_time:0\r\n"));
  run("CONFIG RESETSTAT");
  EXPECT_THAT(run("INFO stats"), HasSubstr("total_eviction_exceeded_time:0\r\n"));
}

TEST_F(MemoryLimitTest, AnotherPolicyJudgesAnew) {
  fill(0, 50);
  pass_ms(60'000);
  fill(50, 100);
  for (const auto policy :
       {EvictionPolicy::allkeys_lru, EvictionPolicy::allkeys_lfu, EvictionPolicy::allkeys_lru}) {
    limit(size() - 1, policy);
    run("PING");
  }
  EXPECT_EQ(evicted(), 3U);
}

}  // namespace
}  // namespace respawn::engine
