#include "keyspace/expiry_index.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

/// The index never looks at entries, so any address will do.
Entry* entry_at(std::uint64_t number) {
  return reinterpret_cast<Entry*>(0x5500'0000'0000ULL + number * 16);
}

using ReferenceIndex = std::set<std::pair<std::int64_t, Entry*>>;

void expect_equal(const ExpiryIndex& index, const ReferenceIndex& model) {
  const Status status = index.check_invariants();
  EXPECT_TRUE(status.ok()) << status.error();
  EXPECT_EQ(index.size(), model.size());
  EXPECT_EQ(index.first(), model.empty() ? nullptr : model.begin()->second);
  std::int64_t sum = 0;
  for (const auto& [at, entry] : model) {
    EXPECT_TRUE(index.contains(at, entry));
    sum += at;
  }
  EXPECT_EQ(index.mean_ms(), model.empty() ? 0 : sum / static_cast<std::int64_t>(model.size()));
}

TEST(ExpiryIndex, BehavesAsASet) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  ExpiryIndex index;
  ReferenceIndex model;
  for (int phase = 0; phase < 10; ++phase) {
    const std::size_t target = phase % 2 == 0 ? random.below(20'000) : random.below(100);
    const std::uint64_t times = phase < 5 ? 1000 : 1'000'000;
    while (model.size() < target) {
      const auto at = static_cast<std::int64_t>(random.below(times));
      Entry* entry = entry_at(random.below(100'000));
      if (model.emplace(at, entry).second) index.insert(at, entry);
    }
    while (model.size() > target) {
      auto victim = model.begin();
      if (random.below(3) == 0)
        victim = model.lower_bound({static_cast<std::int64_t>(random.below(times)), nullptr});
      if (victim == model.end()) continue;
      EXPECT_TRUE(index.erase(victim->first, victim->second));
      EXPECT_FALSE(index.erase(victim->first, victim->second));
      model.erase(victim);
    }
    expect_equal(index, model);
  }
}

TEST(ExpiryIndex, TakesTheEarliestFirst) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  ExpiryIndex index;
  ReferenceIndex model;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto at = static_cast<std::int64_t>(random.below(50'000));
    model.emplace(at, entry_at(i));
    index.insert(at, entry_at(i));
  }
  while (!model.empty()) {
    ASSERT_EQ(index.first(), model.begin()->second);
    ASSERT_TRUE(index.erase(model.begin()->first, model.begin()->second));
    model.erase(model.begin());
    if (model.size() % 1000 == 0) expect_equal(index, model);
  }
  EXPECT_EQ(index.memory_bytes(), 0U);
}

TEST(ExpiryIndex, FillsLeavesWhenTimesComeInOrder) {
  ExpiryIndex index;
  for (int i = 0; i < 100'000; ++i) index.insert(i, entry_at(static_cast<std::uint64_t>(i)));
  EXPECT_LT(index.memory_bytes(), std::size_t{100'000} * 13);
  EXPECT_TRUE(index.check_invariants().ok());
}

TEST(ExpiryIndex, TakesLittleWhenTimesComeInAnyOrder) {
  Random random(5);
  ExpiryIndex index;
  for (std::uint64_t i = 0; i < 100'000; ++i)
    index.insert(static_cast<std::int64_t>(random.below(1U << 30)), entry_at(i));
  EXPECT_LT(index.memory_bytes(), std::size_t{100'000} * 20);
}

TEST(ExpiryIndex, TakesTimesBeyondItsRange) {
  ExpiryIndex index;
  index.insert(std::numeric_limits<std::int64_t>::max() - 1, entry_at(1));
  index.insert(std::numeric_limits<std::int64_t>::min(), entry_at(2));
  index.insert(-1, entry_at(3));
  index.insert(1, entry_at(4));
  EXPECT_EQ(index.first(), entry_at(2));
  EXPECT_TRUE(index.erase(std::numeric_limits<std::int64_t>::min(), entry_at(2)));
  EXPECT_TRUE(index.erase(-1, entry_at(3)));
  EXPECT_EQ(index.first(), entry_at(4));
  EXPECT_TRUE(index.erase(1, entry_at(4)));
  EXPECT_EQ(index.first(), entry_at(1));
}

TEST(ExpiryIndex, ChecksForDuplicates) {
  ExpiryIndex index;
  index.insert(1, entry_at(1));
  EXPECT_THROW(index.insert(1, entry_at(1)), CheckFailure);
}

TEST(ExpiryIndex, FreesInSlices) {
  const LiveMemory before = live_memory();
  ExpiryIndex index;
  for (std::uint64_t i = 0; i < 20'000; ++i)
    index.insert(static_cast<std::int64_t>(i * 7919 % 20'000), entry_at(i));
  std::size_t freed = 0;
  while (const std::size_t slice = index.free_slice(500)) {
    EXPECT_LT(slice, 600U);
    freed += slice;
    EXPECT_EQ(index.size(), 20'000 - freed);
  }
  EXPECT_EQ(freed, 20'000U);
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(ExpiryIndex, StaysAsItWasWhenMemoryIsOut) {
  ExpiryIndex index;
  ReferenceIndex model;
  std::size_t failures = 0;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    const auto at = static_cast<std::int64_t>(i * 7919 % 30'000);
    failures += fail_at_every_allocation([&] { index.insert(at, entry_at(i)); },
                                         [&] {
                                           EXPECT_EQ(index.size(), model.size());
                                           EXPECT_FALSE(index.contains(at, entry_at(i)));
                                           ASSERT_TRUE(index.check_invariants().ok());
                                         });
    model.emplace(at, entry_at(i));
  }
  EXPECT_GT(failures, 300U);
  expect_equal(index, model);
}

}  // namespace
}  // namespace respawn::keyspace
