#include "keyspace/eviction.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/gated_database.hpp"

namespace respawn::keyspace {
namespace {

/// The access clock itself is the rank: what has the highest goes first.
EvictionRule by_rank(std::size_t samples = 5) {
  return {.order = EvictionRule::Order::rank, .samples = samples, .rank = [](std::uint32_t clock) {
            return clock;
          }};
}

class EvictionTest : public ::testing::Test {
 protected:
  const Entry* add(std::size_t db, const std::string& key, std::uint32_t clock = 0,
                   std::int64_t expire_at_ms = never) {
    GatedDatabase to(data_, db);
    const Entry* entry = to.set_string(key, to.find(key), "v", expire_at_ms);
    entry->set_access_clock(clock);
    return entry;
  }

  /// The key that goes, and is gone then; "" when there is none. "1:k" is in database 1.
  std::string evict(const EvictionRule& rule) {
    const auto victim = eviction_.choose(data_, rule, random_);
    if (!victim) return "";
    const std::string key =
        std::to_string(victim->database) + ":" + std::string(victim->entry->key());
    GatedDatabase(data_, victim->database).erase(victim->entry);
    return key;
  }

  const std::uint64_t seed_ = support::test_seed();
  Random random_{seed_};
  Databases data_{3};
  Eviction eviction_;
};

TEST_F(EvictionTest, WithoutKeysNothingGoes) {
  for (const auto order : {EvictionRule::Order::rank, EvictionRule::Order::random,
                           EvictionRule::Order::time_to_live}) {
    EvictionRule rule = by_rank();
    rule.order = order;
    EXPECT_EQ(evict(rule), "");
    rule.expiring_only = true;
    EXPECT_EQ(evict(rule), "");
  }
}

TEST_F(EvictionTest, WithEnoughSamplesRanksAreExactAndOfAllDatabases) {
  for (std::uint32_t i = 0; i < 300; ++i) add(i % 3, "k" + std::to_string(i), i * 7919 % 300);
  const EvictionRule rule = by_rank(1000);
  for (std::uint32_t left = 300; left > 0; --left) {
    const auto victim = eviction_.choose(data_, rule, random_);
    ASSERT_TRUE(victim);
    EXPECT_EQ(victim->entry->access_clock(), left - 1);
    GatedDatabase(data_, victim->database).erase(victim->entry);
  }
  EXPECT_EQ(evict(rule), "");
}

TEST_F(EvictionTest, WithFewSamplesRanksAreNearlyExact) {
  constexpr std::uint32_t keys = 20'000;
  for (std::uint32_t i = 0; i < keys; ++i) add(0, "k" + std::to_string(i), i * 7919 % keys);
  // Drawn at random, the quarter that goes would have mean rank 10,000; exactly, 17,500.
  double sum = 0;
  for (std::uint32_t i = 0; i < keys / 4; ++i) {
    const auto victim = eviction_.choose(data_, by_rank(), random_);
    ASSERT_TRUE(victim);
    sum += victim->entry->access_clock();
    GatedDatabase(data_, 0).erase(victim->entry);
  }
  EXPECT_GT(sum / (keys / 4), 16'500);
}

TEST_F(EvictionTest, ACandidateThatWasUsedMeanwhileStays) {
  const Entry* old = add(0, "old", 900);
  for (int i = 0; i < 5; ++i) add(0, "k" + std::to_string(i), 500);
  add(0, "oldest", 1000);
  EXPECT_EQ(evict(by_rank(100)), "0:oldest");  // which also made "old" a candidate
  old->set_access_clock(1);
  for (int i = 0; i < 5; ++i) EXPECT_NE(evict(by_rank(100)), "0:old");
  EXPECT_EQ(evict(by_rank(100)), "0:old");
}

TEST_F(EvictionTest, ACandidateThatIsGoneOrHasNoExpiryAnyMoreIsNotChosen) {
  EvictionRule rule = by_rank(100);
  rule.expiring_only = true;
  add(0, "gone", 1000, 100);
  add(0, "kept", 900, 100);
  add(0, "stays", 500, 100);
  add(0, "first", 2000, 100);
  EXPECT_EQ(evict(rule), "0:first");
  GatedDatabase(data_, 0).erase("gone");
  GatedDatabase(data_, 0).clear_expiry(data_.at(0).find("kept"));
  EXPECT_EQ(evict(rule), "0:stays");
  EXPECT_EQ(evict(rule), "");
  EXPECT_EQ(data_.at(0).size(), 1U);
}

TEST_F(EvictionTest, ForgettingDropsCandidatesOfAnotherScale) {
  add(0, "a", 1'000'000);
  add(0, "b", 2'000'000);
  EXPECT_EQ(evict(by_rank()), "0:b");
  EvictionRule reversed = by_rank();
  reversed.rank = [](std::uint32_t clock) { return 2'000'000 - clock; };
  add(0, "c", 5);
  eviction_.forget();
  EXPECT_EQ(evict(reversed), "0:c");
}

TEST_F(EvictionTest, OnlyExpiringKeysGoWhereTheRuleSaysSo) {
  for (int i = 0; i < 100; ++i) {
    add(1, "plain" + std::to_string(i), 1'000'000);
    add(1, "expiring" + std::to_string(i), 1, 1000 + i);
  }
  for (const auto order : {EvictionRule::Order::rank, EvictionRule::Order::random,
                           EvictionRule::Order::time_to_live}) {
    EvictionRule rule = by_rank();
    rule.order = order;
    rule.expiring_only = true;
    for (int i = 0; i < 33; ++i) EXPECT_TRUE(evict(rule).starts_with("1:expiring"));
  }
  EXPECT_EQ(data_.at(1).expiring_count(), 1U);
  EXPECT_EQ(data_.at(1).size(), 101U);
}

TEST_F(EvictionTest, TimeToLiveIsExactOverAllDatabases) {
  for (std::uint32_t i = 0; i < 300; ++i)
    add(i % 3, "k" + std::to_string(i), 0, 1000 + i * 7919 % 300);
  EvictionRule rule = by_rank();
  rule.order = EvictionRule::Order::time_to_live;
  rule.expiring_only = true;
  for (std::int64_t at_ms = 1000; at_ms < 1300; ++at_ms) {
    const auto victim = eviction_.choose(data_, rule, random_);
    ASSERT_TRUE(victim);
    EXPECT_EQ(victim->entry->expire_at_ms(), at_ms);
    GatedDatabase(data_, victim->database).erase(victim->entry);
  }
}

TEST_F(EvictionTest, RandomTakesDatabasesInTurn) {
  for (int i = 0; i < 10; ++i) {
    add(0, "k" + std::to_string(i));
    add(2, "k" + std::to_string(i));
  }
  EvictionRule rule = by_rank();
  rule.order = EvictionRule::Order::random;
  for (std::size_t left = 9; left > 0; --left) {
    EXPECT_NE(evict(rule), "");
    EXPECT_NE(evict(rule), "");
    EXPECT_EQ(data_.at(0).size(), left);
    EXPECT_EQ(data_.at(2).size(), left);
  }
}

/// Chi-square of 999 degrees of freedom: above 1200 once in 100,000 runs.
double unfairness(const std::map<std::string, int>& drawn, double expected, std::size_t keys) {
  double sum = expected * static_cast<double>(keys - drawn.size());
  for (const auto& [key, count] : drawn) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

TEST_F(EvictionTest, RandomIsFairAmongExpiringKeys) {
  constexpr int keys = 1000;
  constexpr int draws_per_key = 50;
  // In two clusters, so that the index has full and half-full nodes.
  for (int i = 0; i < keys; ++i)
    add(0, "k" + std::to_string(i), 0, i % 2 ? 1000 + i : 1'000'000 + i * 7919 % 1009);
  std::map<std::string, int> drawn;
  for (int i = 0; i < keys * draws_per_key; ++i)
    ++drawn[std::string(data_.at(0).random_expiring(random_)->key())];
  EXPECT_LT(unfairness(drawn, draws_per_key, keys), 1200);
}

TEST_F(EvictionTest, SamplesAreFairAmongAllKeys) {
  constexpr int keys = 1000;
  constexpr int draws_per_key = 50;
  for (int i = 0; i < keys; ++i) add(0, "k" + std::to_string(i));
  for (int i = 0; i < keys; ++i) {  // ends a resize that may be under way
    add(0, "further");
    GatedDatabase(data_, 0).erase("further");
  }
  std::map<std::string, int> drawn;
  for (int left = keys * draws_per_key; left > 0;) {
    data_.at(0).sample(random_, [&](const Entry& entry) {
      ++drawn[std::string(entry.key())];
      --left;
    });
  }
  EXPECT_EQ(drawn.size(), static_cast<std::size_t>(keys));
  for (const auto& [key, count] : drawn)
    ASSERT_NEAR(count, draws_per_key, draws_per_key * 0.9) << key;
}

TEST_F(EvictionTest, ACandidateGrowsOldLikeTheKeysSampledLater) {
  std::uint32_t now = 1000;
  EvictionRule rule = by_rank(100);
  rule.rank = [&](std::uint32_t clock) { return now - clock; };
  add(0, "first", 100);
  add(0, "second", 900);
  EXPECT_EQ(evict(rule), "0:first");  // "second", idle for 100, is a candidate now
  now = 1500;
  add(0, "third", 1200);  // idle for 300, but "second" is idle for 600 by now
  EXPECT_EQ(evict(rule), "0:second");
}

}  // namespace
}  // namespace respawn::keyspace
