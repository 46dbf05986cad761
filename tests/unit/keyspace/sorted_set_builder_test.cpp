#include "keyspace/types/sorted_set_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

using Elements = std::vector<std::pair<std::string, double>>;

constexpr SortedSetLimits builder_limits;

Elements elements_of(const SortedSet& set) {
  Elements found;
  for (auto walk = set.walk(); walk.valid(); walk.next())
    found.emplace_back(walk.member(), walk.score());
  return found;
}

Elements in_order(Elements elements) {
  std::sort(elements.begin(), elements.end(), [](const auto& a, const auto& b) {
    return ordered_before(a.second, a.first, b.second, b.first);
  });
  return elements;
}

/// Members that differ, some of equal score.
Elements random_elements(Random& random, std::size_t count) {
  Elements elements;
  for (std::size_t i = 0; i < count; ++i)
    elements.emplace_back("m" + std::to_string(i),
                          static_cast<double>(random.below(2 * count)) / 2);
  for (std::size_t i = count; i > 1; --i) std::swap(elements[i - 1], elements[random.below(i)]);
  return elements;
}

void add_all(SortedSetBuilder& builder, const Elements& elements) {
  for (const auto& [member, score] : elements) builder.add(member, score);
}

void expect_holds(const SortedSet& set, const Elements& elements) {
  const Status status = set.check_invariants();
  ASSERT_TRUE(status.ok()) << status.error();
  ASSERT_EQ(elements_of(set), elements);
}

TEST(SortedSetBuilder, MakesTheSetThatAdditionsMake) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (const std::size_t count : {0U, 1U, 2U, 61U, 62U, 63U, 127U, 128U, 129U, 1923U, 70'000U}) {
    Elements elements = random_elements(random, count);
    const Elements sorted = in_order(elements);
    const Elements reversed(sorted.rbegin(), sorted.rend());
    for (const Elements& order : {elements, sorted, reversed}) {
      SortedSetBuilder builder;
      add_all(builder, order);
      EXPECT_TRUE(builder.distinct());
      const auto set = builder.build(builder_limits);
      EXPECT_EQ(set->encoding(), count > 128 ? Encoding::skiplist : Encoding::listpack);
      expect_holds(*set, sorted);
    }
  }
}

TEST(SortedSetBuilder, MakesASetThatChangesAsAnyOther) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  SortedSetBuilder builder;
  const Elements elements = random_elements(random, 5000);
  add_all(builder, elements);
  const auto set = builder.build(builder_limits);
  std::map<std::string, double> model(elements.begin(), elements.end());
  for (int i = 0; i < 20'000; ++i) {
    const std::string member = "m" + std::to_string(random.below(7000));
    if (random.below(2) == 0) {
      const auto score = static_cast<double>(random.below(7000));
      set->set(member, score, builder_limits);
      model[member] = score;
    } else {
      EXPECT_EQ(set->erase(member), model.erase(member) > 0);
    }
  }
  expect_holds(*set, in_order(Elements(model.begin(), model.end())));
}

TEST(SortedSetBuilder, IsASkiplistForALongMemberOrOnRequest) {
  SortedSetBuilder with_long_one;
  with_long_one.add(std::string(65, 'x'), 1);
  EXPECT_EQ(with_long_one.build(builder_limits)->encoding(), Encoding::skiplist);
  SortedSetBuilder small;
  small.add("a", 1);
  const auto set = small.build_large();
  EXPECT_EQ(set->encoding(), Encoding::skiplist);
  expect_holds(*set, {{"a", 1}});
}

TEST(SortedSetBuilder, TellsWhatCameTwice) {
  for (const std::size_t between : {0U, 5U, 15U, 16U, 100U}) {
    SortedSetBuilder builder;
    builder.add("twice", 1);
    for (std::size_t i = 0; i < between; ++i) builder.add(std::to_string(i), 2);
    EXPECT_TRUE(builder.distinct());
    builder.add("twice", 3);
    EXPECT_FALSE(builder.distinct());
    const auto set = builder.build(builder_limits);
    EXPECT_EQ(set->size(), between + 1);
    EXPECT_EQ(set->score("twice"), 1.0);
  }
}

TEST(SortedSetBuilder, MergesScores) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  SortedSetBuilder builder;
  std::map<std::string, double> model;
  for (int i = 0; i < 10'000; ++i) {
    const std::string member = std::to_string(random.below(3000));
    const auto score = static_cast<double>(random.below(100));
    model[member] += score;
    builder.merge(member, score, [&](double before) { return before + score; });
  }
  const Elements expected = in_order(Elements(model.begin(), model.end()));
  Elements found;
  for (const BTree::Scored& each : builder.sorted())
    found.emplace_back(each.member->text(), each.score);
  EXPECT_EQ(found, expected);
  expect_holds(*builder.build(builder_limits), expected);
}

TEST(SortedSetBuilder, LeavesNothingBehindWhenThereIsNoMemory) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const Elements elements = random_elements(random, 3000);
  const LiveMemory before = live_memory();
  const std::size_t failures = fail_at_every_allocation(
      [&] {
        SortedSetBuilder builder;
        add_all(builder, elements);
        builder.merge("m1", 2, [](double score) { return score + 1; });
        builder.merge("new", 2, [](double score) { return score + 1; });
        EXPECT_FALSE(builder.build(builder_limits)->empty());
      },
      [&] { ASSERT_EQ(live_memory().blocks, before.blocks); });
  EXPECT_GT(failures, 3000U);
}

}  // namespace
}  // namespace respawn::keyspace
