#include "keyspace/types/sorted_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

using Element = std::pair<double, std::string>;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// A sorted set as slow and simple as possible.
struct ReferenceSortedSet {
  void set(const std::string& member, double score) {
    erase(member);
    scores[member] = score;
    order.emplace(score, member);
  }

  void erase(const std::string& member) {
    const auto found = scores.find(member);
    if (found == scores.end()) return;
    order.erase({found->second, member});
    scores.erase(found);
  }

  [[nodiscard]] std::vector<Element> elements() const { return {order.begin(), order.end()}; }

  std::map<std::string, double> scores;
  std::set<Element> order;
};

std::vector<Element> contents(const SortedSet& set, std::size_t rank = 0,
                              Direction direction = Direction::forward) {
  std::vector<Element> found;
  for (auto walk = set.walk(rank, direction); walk.valid(); walk.next())
    found.emplace_back(walk.score(), walk.member());
  return found;
}

void expect_equal(const SortedSet& set, const ReferenceSortedSet& model) {
  const Status status = set.check_invariants();
  ASSERT_TRUE(status.ok()) << status.error();
  std::vector<Element> expected = model.elements();
  ASSERT_EQ(set.size(), expected.size());
  ASSERT_EQ(contents(set), expected);
  if (expected.empty()) return;
  std::reverse(expected.begin(), expected.end());
  ASSERT_EQ(contents(set, set.size() - 1, Direction::backward), expected);
}

double random_score(Random& random) {
  switch (random.below(8)) {
    case 0:
      return random.below(2) == 0 ? infinity : -infinity;
    case 1:
      return random.unit() * 10;
    case 2:
      return std::ldexp(1.0, static_cast<int>(random.below(200)) - 100);
    case 3:
      return 9007199254740992.0 + static_cast<double>(random.below(3)) * 2;
    default:
      return static_cast<double>(random.below(20)) - 10;
  }
}

std::string random_member(Random& random, std::size_t kinds) {
  const std::uint64_t number = random.below(kinds);
  switch (number % 3) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(number) - 30);
    case 1:
      return "m" + std::to_string(number);
    default:
      return std::string(number % 50, 'l') + std::to_string(number);
  }
}

void expect_ranges(const SortedSet& set, const ReferenceSortedSet& model, Random& random) {
  const ScoreRange range{random_score(random), random_score(random), random.below(2) == 0,
                         random.below(2) == 0};
  std::size_t first = 0;
  std::size_t count = 0;
  for (const Element& element : model.order) {
    const bool low = range.min_open ? element.first <= range.min : element.first < range.min;
    const bool high = range.max_open ? element.first >= range.max : element.first > range.max;
    first += low ? 1 : 0;
    count += !low && !high ? 1 : 0;
  }
  const RankRange found = set.in_scores(range);
  ASSERT_EQ(found.count, count);
  if (count > 0) {
    ASSERT_EQ(found.first, first);
  }
}

class SortedSetModel : public ::testing::TestWithParam<std::size_t> {};

TEST_P(SortedSetModel, BehavesAsAnOrderedMap) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const SortedSetLimits limits{GetParam(), 64};
  const std::size_t kinds = limits.max_listpack_entries > 0 ? 200 : 3000;
  SortedSet set;
  ReferenceSortedSet model;
  for (int step = 0; step < 12'000; ++step) {
    const std::string member = random_member(random, kinds);
    const std::size_t size = model.scores.size();
    switch (random.below(step / 2000 % 2 == 0 ? 5 : 8)) {
      case 0:
      case 1:
      case 2: {
        const double score = random_score(random);
        ASSERT_EQ(set.set(member, score, limits), !model.scores.contains(member));
        model.set(member, score);
        break;
      }
      case 3:
        ASSERT_EQ(set.erase(member), model.scores.contains(member));
        model.erase(member);
        break;
      case 4: {
        if (size == 0 || random.below(20) != 0) break;
        const std::size_t first = random.below(size);
        const std::size_t count = random.below(std::min<std::size_t>(size - first, 40) + 1);
        const std::vector<Element> all = model.elements();
        set.erase(RankRange{first, count});
        for (std::size_t i = first; i < first + count; ++i) model.erase(all[i].second);
        break;
      }
      default:
        ASSERT_EQ(set.erase(member), model.scores.contains(member));
        model.erase(member);
    }
    if (step % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_equal(set, model)) << step;
      ASSERT_NO_FATAL_FAILURE(expect_ranges(set, model, random)) << step;
    }
    const auto known = model.scores.find(member);
    const auto rank = set.rank(member);
    ASSERT_EQ(rank.has_value(), known != model.scores.end());
    if (!rank) continue;
    Scratch scratch;
    const ScoredText element = set.at(rank->rank, scratch);
    ASSERT_EQ(element.member, member);
    ASSERT_EQ(element.score, known->second);
    ASSERT_EQ(rank->score, known->second);
    ASSERT_EQ(set.score(member), known->second);
  }
}

INSTANTIATE_TEST_SUITE_P(Limits, SortedSetModel, ::testing::Values(0U, 128U, 1000U));

std::vector<std::string> lex(const SortedSet& set, LexBound min, LexBound max,
                             Direction direction = Direction::forward, std::size_t skip = 0) {
  const RankRange range = set.in_lex({min, max}, direction, skip);
  std::vector<std::string> found;
  Scratch scratch;
  for (std::size_t i = 0; i < range.count; ++i)
    found.emplace_back(set.at(range.first + i, scratch).member);
  return found;
}

TEST(SortedSet, RangesByBytes) {
  using Kind = LexBound::Kind;
  using Texts = std::vector<std::string>;
  for (const std::size_t entries : {0U, 128U}) {
    SortedSet set;
    for (const char* member : {"a", "b", "c", "d", "e"}) set.set(member, 0, {entries, 64});
    EXPECT_EQ(lex(set, {Kind::lowest, ""}, {Kind::highest, ""}), (Texts{"a", "b", "c", "d", "e"}));
    EXPECT_EQ(lex(set, {Kind::open, "a"}, {Kind::open, "d"}), (Texts{"b", "c"}));
    EXPECT_EQ(lex(set, {Kind::closed, "b"}, {Kind::closed, "c"}), (Texts{"b", "c"}));
    EXPECT_EQ(lex(set, {Kind::closed, "bb"}, {Kind::highest, ""}), (Texts{"c", "d", "e"}));
    EXPECT_EQ(lex(set, {Kind::closed, "d"}, {Kind::closed, "b"}), Texts{});
    EXPECT_EQ(lex(set, {Kind::highest, ""}, {Kind::highest, ""}), Texts{});
    EXPECT_EQ(lex(set, {Kind::lowest, ""}, {Kind::lowest, ""}), Texts{});
    EXPECT_EQ(lex(set, {Kind::closed, "b"}, {Kind::highest, ""}, Direction::forward, 2),
              (Texts{"d", "e"}));
    EXPECT_EQ(lex(set, {Kind::closed, "b"}, {Kind::highest, ""}, Direction::backward, 3),
              Texts{"b"});
    EXPECT_EQ(lex(set, {Kind::closed, "b"}, {Kind::highest, ""}, Direction::forward, 9), Texts{});
  }
}

TEST(SortedSet, BecomesASkiplistWhenItOutgrowsItsLimits) {
  const SortedSetLimits limits{3, 5};
  SortedSet many;
  for (const char* member : {"a", "b", "c", "c"}) many.set(member, 1, limits);
  EXPECT_EQ(many.encoding(), Encoding::listpack);
  many.set("d", 1, limits);
  EXPECT_EQ(many.encoding(), Encoding::skiplist);
  many.erase("d");
  EXPECT_EQ(many.encoding(), Encoding::skiplist);
  SortedSet wide;
  wide.set("12345", 1, limits);
  EXPECT_EQ(wide.encoding(), Encoding::listpack);
  wide.set("123456", 1, limits);
  EXPECT_EQ(wide.encoding(), Encoding::skiplist);
  SortedSet expecting;
  expecting.expect(3, limits);
  EXPECT_EQ(expecting.encoding(), Encoding::listpack);
  expecting.expect(4, limits);
  EXPECT_EQ(expecting.encoding(), Encoding::skiplist);
}

TEST(SortedSet, ScoresKeepEveryBit) {
  for (const std::size_t entries : {0U, 128U}) {
    SortedSet set;
    const double scores[] = {-0.0, 0.1, 1e300, -infinity, 4.9e-324, 9007199254740993.0, 127, -1};
    for (std::size_t i = 0; i < std::size(scores); ++i)
      set.set(std::to_string(i), scores[i], {entries, 64});
    for (std::size_t i = 0; i < std::size(scores); ++i) {
      const double score = set.score(std::to_string(i)).value();
      EXPECT_EQ(score, scores[i]);
      EXPECT_EQ(std::signbit(score), entries == 0 ? std::signbit(scores[i]) : scores[i] < 0);
    }
  }
}

TEST(SortedSet, AScanSeesWhatIsThereThroughout) {
  Random random(11);
  SortedSet set;
  for (int i = 0; i < 5000; ++i) set.set("stays" + std::to_string(i), i, {});
  std::map<std::string, int> seen;
  std::uint64_t cursor = 0;
  do {
    cursor = set.scan(cursor, 10,
                      [&](const ScoredText& element) { ++seen[std::string(element.member)]; });
    for (int i = 0; i < 20; ++i)
      set.set("comes" + std::to_string(random.below(100'000)), random.unit(), {});
  } while (cursor != 0);
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(seen["stays" + std::to_string(i)], 1) << i;
}

TEST(SortedSet, FailedChangesLeaveItAsItWas) {
  for (const std::size_t entries : {0U, 4U, 128U}) {
    const SortedSetLimits limits{entries, 64};
    SortedSet set;
    ReferenceSortedSet model;
    Random random(5);
    for (int step = 0; step < 300; ++step) {
      const std::string member = "member" + std::to_string(random.below(90));
      const double score = static_cast<double>(random.below(50)) / 4;
      fail_at_every_allocation([&] { set.set(member, score, limits); },
                               [&] { ASSERT_NO_FATAL_FAILURE(expect_equal(set, model)); });
      model.set(member, score);
      ASSERT_NO_FATAL_FAILURE(expect_equal(set, model));
    }
    fail_at_every_allocation([&] { expect_equal(*set.clone(), model); }, [] {});
  }
}

TEST(SortedSet, IsFreedInSlices) {
  const LiveMemory before = live_memory();
  {
    auto set = std::make_unique<SortedSet>();
    for (int i = 0; i < 10'000; ++i) set->set(std::to_string(i), i, {});
    const std::size_t first = set->free_slice(100);
    EXPECT_GE(first, 100U);
    EXPECT_LT(first, 200U);
    std::size_t freed = first;
    while (const std::size_t slice = set->free_slice(500)) freed += slice;
    EXPECT_EQ(freed, 10'000U);
    EXPECT_EQ(set->size(), 0U);
  }
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(SortedSet, TakesLessThan75BytesForAMember) {
  Random random(1);
  SortedSet set;
  for (int i = 0; i < 100'000; ++i) set.set("member:" + std::to_string(i), random.unit(), {});
  EXPECT_LT(set.memory_bytes() / 100'000, 75U);
}

}  // namespace
}  // namespace respawn::keyspace
