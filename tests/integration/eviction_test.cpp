// maxmemory with the allocator's real figures: the limit is kept under a load of ten times its
// size, and what goes is what the policy says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

constexpr std::uint64_t limit_bytes = 8U << 20;

class MaxMemory : public ServerTest, public testing::WithParamInterface<const char*> {
 protected:
  void begin(const std::string& policy) {
    start({"--maxmemory", std::to_string(limit_bytes), "--maxmemory-policy", policy});
    client_ = std::make_unique<RespClient>(port());
  }

  [[nodiscard]] std::uint64_t used() {
    return std::stoull(support::info_field(*client_, "memory", "used_memory"));
  }

  [[nodiscard]] std::uint64_t evicted() {
    return std::stoull(support::info_field(*client_, "stats", "evicted_keys"));
  }

  /// 16 bytes to 4 KB, by the number.
  static std::string value(std::uint64_t number) {
    return std::string(16 + number * 2654435761U % 4081, 'v');
  }

  /// Writes keys until this many bytes of values are written; returns how many were refused.
  int write(std::uint64_t bytes, const std::vector<std::string>& options) {
    constexpr int window = 64;
    int refused = 0;
    for (std::uint64_t number = 0, written = 0; written < bytes;) {
      for (int i = 0; i < window; ++i, ++number) {
        std::vector<std::string> words = {"SET", "key:" + std::to_string(number), value(number)};
        words.insert(words.end(), options.begin(), options.end());
        written += words[2].size();
        client_->send(words);
      }
      for (int i = 0; i < window; ++i) refused += client_->read().text.starts_with("OOM") ? 1 : 0;
      if (number % 1024 == 0) highest_ = std::max(highest_, used());
    }
    highest_ = std::max(highest_, used());
    return refused;
  }

  std::unique_ptr<RespClient> client_;
  std::uint64_t highest_ = 0;
};

class Policy : public MaxMemory {};

TEST_P(Policy, KeepsTheLimitUnderTenTimesAsMuch) {
  begin(GetParam());
  EXPECT_EQ(write(10 * limit_bytes, {"EX", "1000"}), 0);
  EXPECT_LT(highest_, limit_bytes * 102 / 100);
  EXPECT_GT(used(), limit_bytes * 95 / 100);
  EXPECT_GT(evicted(), 1000U);
}

INSTANTIATE_TEST_SUITE_P(All, Policy,
                         testing::Values("allkeys-lru", "allkeys-lfu", "allkeys-random",
                                         "volatile-lru", "volatile-lfu", "volatile-random",
                                         "volatile-ttl"));

class VolatilePolicy : public MaxMemory {};

TEST_P(VolatilePolicy, SparesKeysWithoutExpiry) {
  begin(GetParam());
  client_->ok({"SET", "plain", "v"});
  EXPECT_EQ(write(2 * limit_bytes, {"EX", "1000"}), 0);
  EXPECT_EQ(client_->text({"GET", "plain"}), "v");
  client_->ok({"FLUSHALL"});
  EXPECT_GT(write(2 * limit_bytes, {}), 0);
  EXPECT_EQ(client_->text({"GET", "key:0"}), value(0));
  EXPECT_LT(highest_, limit_bytes * 102 / 100);
}

INSTANTIATE_TEST_SUITE_P(All, VolatilePolicy,
                         testing::Values("volatile-lru", "volatile-lfu", "volatile-random",
                                         "volatile-ttl"));

TEST_F(MaxMemory, NoevictionRefusesWritesAndServesReads) {
  begin("noeviction");
  EXPECT_GT(write(10 * limit_bytes, {}), 1000);
  EXPECT_LT(highest_, limit_bytes * 102 / 100);
  EXPECT_EQ(evicted(), 0U);
  EXPECT_EQ(client_->command({"SET", "k", std::string(100'000, 'v')}).text,
            "OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ(client_->text({"GET", "key:0"}), value(0));
  client_->ok({"FLUSHALL"});
  client_->ok({"SET", "k", "v"});
}

TEST_F(MaxMemory, TheEarliestExpiryGoesFirst) {
  begin("volatile-ttl");
  // What comes later expires earlier: each key that finds no room takes that of the one before it.
  constexpr int keys = 3000;
  for (int i = 0; i < keys; ++i)
    client_->ok({"SET", "key:" + std::to_string(i), std::string(4000, 'v'), "EX",
                 std::to_string(100'000 - i)});
  int kept = 0;
  while (client_->integer({"EXISTS", "key:" + std::to_string(kept)}) == 1) ++kept;
  EXPECT_GT(kept, 1000);
  EXPECT_LE(client_->integer({"DBSIZE"}) - kept, 2);
}

TEST_F(MaxMemory, WhatIsUsedStaysUnderLru) {
  begin("allkeys-lru");
  for (int i = 0; i < 100; ++i)
    client_->ok({"SET", "hot:" + std::to_string(i), std::string(1000, 'v')});
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 100; ++i) client_->command({"GET", "hot:" + std::to_string(i)});
    for (int i = 0; i < 100; ++i)
      client_->send({"SET", "cold:" + std::to_string(round * 100 + i), std::string(4000, 'v')});
    for (int i = 0; i < 100; ++i) client_->read();
    // Idle time counts in seconds.
    client_->command({"BLPOP", "nothing", "0.1"});
  }
  int hot = 0;
  for (int i = 0; i < 100; ++i)
    hot += static_cast<int>(client_->integer({"EXISTS", "hot:" + std::to_string(i)}));
  EXPECT_GE(hot, 90);
  EXPECT_GT(evicted(), 700U);
}

/// Ten readers of long keys are told of each that goes: ten times as many bytes as it had.
TEST_F(MaxMemory, WhatIsToldOfEvictedKeysMakesNoRoomForItself) {
  begin("allkeys-lru");
  client_->ok({"CONFIG", "SET", "maxmemory", "0", "maxmemory-eviction-tenacity", "100"});
  std::vector<std::unique_ptr<RespClient>> readers;
  for (int i = 0; i < 10; ++i) {
    readers.push_back(std::make_unique<RespClient>(port()));
    readers.back()->hello(3);
    readers.back()->ok({"CLIENT", "TRACKING", "ON"});
  }
  for (int i = 0; i < 300; ++i) {
    const std::string key = std::to_string(i) + std::string(1000, 'x');
    client_->ok({"SET", key, "v"});
    for (const auto& reader : readers) reader->text({"GET", key});
  }
  client_->ok({"CONFIG", "SET", "maxmemory", std::to_string(used() - 40'000)});
  for (const auto& reader : readers) reader->push();
  EXPECT_GE(evicted(), 10U);
  EXPECT_GE(client_->integer({"DBSIZE"}), 200);
}

TEST_F(MaxMemory, ALowerLimitIsReachedAtOnceWhileClientsAreServed) {
  start({"--maxmemory-policy", "allkeys-random"});
  client_ = std::make_unique<RespClient>(port());
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 1000; ++i)
      client_->send({"SET", "key:" + std::to_string(round * 1000 + i), std::string(500, 'v')});
    for (int i = 0; i < 1000; ++i) client_->read();
  }
  ASSERT_GT(used(), 5 * limit_bytes);
  client_->ok({"CONFIG", "SET", "maxmemory", std::to_string(limit_bytes)});
  // Without a further command; a slow build may need several such seconds.
  constexpr int rounds_max = 20;
  for (int i = 0; i < rounds_max && (i == 0 || used() >= limit_bytes * 102 / 100); ++i)
    client_->command({"BLPOP", "nothing", "1"});
  EXPECT_LT(used(), limit_bytes * 102 / 100);
  EXPECT_GT(used(), limit_bytes * 95 / 100);
}

TEST_F(MaxMemory, AHugeValueThatGoesTakesNoOtherWithIt) {
  begin("volatile-ttl");
  std::vector<std::string> words = {"SADD", "huge"};
  for (int i = 0; i < 100'000; ++i) words.push_back("member:" + std::to_string(i));
  client_->command(words);
  client_->command({"EXPIRE", "huge", "10"});
  for (int i = 0; i < 3000; ++i)
    client_->ok({"SET", "key:" + std::to_string(i), std::string(1600, 'v'), "EX", "1000"});
  EXPECT_EQ(evicted(), 1U);
  EXPECT_EQ(client_->integer({"EXISTS", "huge"}), 0);
}

}  // namespace
}  // namespace respawn::integration
