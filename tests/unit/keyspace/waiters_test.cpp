#include "keyspace/waiters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

class WaitersTest : public ::testing::Test {
 protected:
  Waiter& wait(std::vector<std::string> keys, int database = 0, Type wanted = Type::list) {
    auto waiter = std::make_unique<Waiter>();
    waiter->sequence = table.next_sequence();
    waiter->database = database;
    waiter->wanted = wanted;
    waiter->keys = std::move(keys);
    table.add(*waiter);
    waiters.push_back(std::move(waiter));
    return *waiters.back();
  }

  std::string ready() {
    std::string keys;
    while (const auto key = table.take_ready())
      keys += std::to_string(key->database) + key->key + " ";
    return keys;
  }

  ~WaitersTest() override {
    EXPECT_TRUE(table.check_invariants().ok());
    for (const auto& waiter : waiters) table.remove(*waiter);
    EXPECT_EQ(table.count(), 0U);
    EXPECT_EQ(table.key_count(), 0U);
  }

  std::vector<std::unique_ptr<Waiter>> waiters;
  WaiterTable table;
};

TEST_F(WaitersTest, ServesInOrderOfArrival) {
  Waiter& first = wait({"k"});
  Waiter& second = wait({"j", "k"});
  Waiter& third = wait({"k"});
  EXPECT_EQ(table.first(0, "k"), &first);
  EXPECT_EQ(table.next(first, "k"), &second);
  EXPECT_EQ(table.next(second, "k"), &third);
  EXPECT_EQ(table.next(third, "k"), nullptr);
  EXPECT_EQ(table.next(second, "j"), nullptr);
  EXPECT_EQ(table.count(), 3U);
  EXPECT_EQ(table.count(0, "k"), 3U);
  EXPECT_EQ(table.key_count(), 2U);
  table.remove(first);
  EXPECT_EQ(table.first(0, "k"), &second);
  table.remove(second);
  EXPECT_EQ(table.first(0, "k"), &third);
  EXPECT_EQ(table.first(0, "j"), nullptr);
}

TEST_F(WaitersTest, AKeyNamedTwiceCountsOnce) {
  Waiter& waiter = wait({"k", "k", "j", "k"});
  EXPECT_EQ(table.count(0, "k"), 1U);
  EXPECT_EQ(table.next(waiter, "k"), nullptr);
  table.remove(waiter);
  EXPECT_FALSE(waiter.registered());
  EXPECT_EQ(table.key_count(), 0U);
  table.remove(waiter);
}

TEST_F(WaitersTest, DatabasesAreApart) {
  Waiter& zero = wait({"k"}, 0);
  Waiter& one = wait({"k"}, 1);
  EXPECT_EQ(table.first(0, "k"), &zero);
  EXPECT_EQ(table.first(1, "k"), &one);
  EXPECT_EQ(table.first(2, "k"), nullptr);
}

TEST_F(WaitersTest, FindsTheFirstThatWantsAType) {
  wait({"k"}, 0, Type::sorted_set);
  Waiter& list = wait({"k"}, 0, Type::list);
  EXPECT_EQ(table.first(0, "k", Type::list), &list);
  EXPECT_EQ(table.first(0, "k", Type::stream), nullptr);
}

TEST_F(WaitersTest, ReadyKeysComeInOrderAndOnce) {
  wait({"a", "b"});
  wait({"c"}, 1);
  table.mark_ready(0, "nobody");
  EXPECT_FALSE(table.has_ready());
  table.mark_ready(0, "b");
  table.mark_ready(1, "c");
  table.mark_ready(0, "b");
  table.mark_ready(0, "a");
  EXPECT_EQ(ready(), "0b 1c 0a ");
  table.mark_ready(0, "b");
  EXPECT_EQ(ready(), "0b ");
}

TEST_F(WaitersTest, AKeyThatNobodyWaitsForAnyMoreIsNotReady) {
  wait({"x"});
  Waiter& waiter = wait({"a"});
  wait({"y"});
  for (const char* key : {"x", "a", "y"}) table.mark_ready(0, key);
  table.remove(waiter);
  EXPECT_EQ(ready(), "0x 0y ");
}

TEST_F(WaitersTest, MarkReadyDoesNotAllocate) {
  wait({"a"});
  const FailingMemory memory(0);
  table.mark_ready(0, "a");
  table.mark_ready(0, "b");
  EXPECT_FALSE(memory.failed());
}

TEST_F(WaitersTest, AfterASwapThoseKeysAreReadyThatExist) {
  wait({"a", "b"}, 0);
  wait({"a"}, 1);
  table.mark_ready_where(0, [](std::string_view key) { return key == "a"; });
  table.mark_ready_where(1, [](std::string_view) { return false; });
  EXPECT_EQ(ready(), "0a ");
}

TEST_F(WaitersTest, RegisteredAgainTheyComeBackInTheirOldOrder) {
  for (int i = 0; i < 5; ++i) wait({"k", std::to_string(i)});
  WaiterTable next;
  for (const int i : {3, 0, 4, 1, 2}) {
    table.remove(*waiters[static_cast<std::size_t>(i)]);
    next.add(*waiters[static_cast<std::size_t>(i)]);
  }
  EXPECT_TRUE(next.check_invariants().ok());
  const Waiter* at = next.first(0, "k");
  for (const auto& waiter : waiters) {
    EXPECT_EQ(at, waiter.get());
    at = next.next(*at, "k");
  }
  EXPECT_GT(next.next_sequence(), waiters.back()->sequence);
}

TEST_F(WaitersTest, ATableThatDiesFreesItsWaiters) {
  Waiter waiter;
  {
    WaiterTable dying;
    waiter.sequence = dying.next_sequence();
    waiter.keys = {"a", "b"};
    dying.add(waiter);
    dying.mark_ready(0, "a");
  }
  EXPECT_FALSE(waiter.registered());
}

TEST_F(WaitersTest, ChecksRegistration) {
  Waiter& waiter = wait({"k"});
  EXPECT_THROW(table.add(waiter), CheckFailure);
  Waiter without_sequence;
  EXPECT_THROW(table.add(without_sequence), CheckFailure);
}

TEST(WaitersDeathTest, AWaiterMustNotDieRegistered) {
  EXPECT_DEATH(
      {
        WaiterTable table;
        Waiter waiter;
        waiter.sequence = 1;
        waiter.keys = {"k"};
        table.add(waiter);
      },
      "");
}

TEST_F(WaitersTest, StaysAsItWasWhenMemoryIsOut) {
  wait({"a"});
  Waiter waiter;
  waiter.sequence = table.next_sequence();
  waiter.keys = {"a", "b", "a", "c"};
  const std::size_t failures =
      fail_at_every_allocation([&] { table.add(waiter); },
                               [&] {
                                 EXPECT_FALSE(waiter.registered());
                                 EXPECT_EQ(table.count(), 1U);
                                 EXPECT_EQ(table.key_count(), 1U);
                                 EXPECT_TRUE(table.check_invariants().ok());
                               });
  EXPECT_GT(failures, 3U);
  EXPECT_EQ(table.count(0, "a"), 2U);
  table.remove(waiter);
}

TEST_F(WaitersTest, BehavesAsAModel) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  std::map<std::string, std::set<std::uint64_t>> model;
  for (int step = 0; step < 5000; ++step) {
    if (waiters.size() < 20 || (waiters.size() < 300 && random.below(2) == 0)) {
      std::vector<std::string> keys;
      for (std::uint64_t i = 1 + random.below(4); i > 0; --i)
        keys.push_back(std::to_string(random.below(30)));
      const Waiter& waiter = wait(keys);
      for (const std::string& key : keys) model[key].insert(waiter.sequence);
    } else {
      const auto at = waiters.begin() + static_cast<std::ptrdiff_t>(random.below(waiters.size()));
      for (const std::string& key : (*at)->keys) model[key].erase((*at)->sequence);
      table.remove(**at);
      waiters.erase(at);
    }
    const std::string key = std::to_string(random.below(30));
    const Waiter* first = table.first(0, key);
    ASSERT_EQ(first == nullptr, model[key].empty());
    if (first != nullptr) {
      ASSERT_EQ(first->sequence, *model[key].begin());
    }
    ASSERT_EQ(table.count(0, key), model[key].size());
  }
}

}  // namespace
}  // namespace respawn::keyspace
