#include "keyspace/types/set.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

using ReferenceSet = std::set<std::string>;

ReferenceSet contents(const Set& set) {
  ReferenceSet all;
  set.for_each([&](std::string_view member) { EXPECT_TRUE(all.emplace(member).second); });
  return all;
}

void expect_equal(const Set& set, const ReferenceSet& model) {
  const Status status = set.check_invariants();
  ASSERT_TRUE(status.ok()) << status.error();
  ASSERT_EQ(set.size(), model.size());
  ASSERT_EQ(contents(set), model);
}

/// Few enough different ones that they meet again; integers of every width, or texts, too.
std::string random_member(Random& random, bool texts) {
  const auto number = static_cast<std::int64_t>(random.below(200));
  switch (random.below(texts ? 6 : 3)) {
    case 0:
      return std::to_string(number - 100);
    case 1:
      return std::to_string((number - 100) * 1'000'000'007);
    case 2:
      return std::to_string((number % 8 - 4) * ((std::int64_t{1} << (30 + number % 31)) - 1));
    case 3:
      return "0" + std::to_string(number);
    case 4:
      return std::string(static_cast<std::size_t>(number), 'x');
    default:
      return "member:" + std::to_string(number * 31);
  }
}

struct SetKind {
  const char* name;
  SetLimits limits;
  bool texts;
  Encoding last;
};

class SetModel : public ::testing::TestWithParam<SetKind> {};

TEST_P(SetModel, BehavesAsASet) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const SetKind kind = GetParam();
  Set set;
  ReferenceSet model;
  for (int step = 0; step < 8'000; ++step) {
    const std::string member = random_member(random, kind.texts);
    if (random.below(10) < (step / 1000 % 2 == 0 ? 7U : 3U)) {
      ASSERT_EQ(set.add(member, kind.limits), model.insert(member).second) << member;
    } else {
      ASSERT_EQ(set.erase(member), model.erase(member) > 0) << member;
    }
    ASSERT_EQ(set.contains(member), model.contains(member));
    const std::string probe = random_member(random, true);
    ASSERT_EQ(set.contains(probe), model.contains(probe)) << probe;
    if (!model.empty()) {
      Scratch scratch;
      ASSERT_TRUE(model.contains(std::string(set.random(random, scratch))));
    }
    if (step % 200 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_equal(set, model)) << step;
      const auto copy = set.clone();
      ASSERT_NO_FATAL_FAILURE(expect_equal(*copy, model));
      ASSERT_EQ(copy->encoding(), set.encoding());
    }
  }
  EXPECT_EQ(set.encoding(), kind.last);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, SetModel,
    ::testing::Values(SetKind{"integers", {2000, 128, 64}, false, Encoding::intset},
                      SetKind{"texts", {512, 5000, 500}, true, Encoding::listpack},
                      SetKind{"usual", {}, true, Encoding::hashtable},
                      SetKind{"large_integers", {16, 8, 64}, false, Encoding::hashtable},
                      SetKind{"never_small", {0, 0, 0}, true, Encoding::hashtable}),
    [](const auto& kind) { return std::string(kind.param.name); });

void add_all(Set& set, const std::vector<std::string>& members, const SetLimits& limits) {
  for (const std::string& member : members) set.add(member, limits);
}

TEST(Set, ChangesItsEncodingWhenALimitIsPassed) {
  const SetLimits limits{4, 3, 5};
  Set set;
  add_all(set, {"1", "2", "3", "4"}, limits);
  EXPECT_EQ(set.encoding(), Encoding::intset);
  set.add("4", limits);
  EXPECT_EQ(set.encoding(), Encoding::intset);
  set.add("5", limits);
  EXPECT_EQ(set.encoding(), Encoding::hashtable);

  Set texts;
  add_all(texts, {"1", "2", "a"}, limits);
  EXPECT_EQ(texts.encoding(), Encoding::listpack);
  texts.add("a", limits);
  EXPECT_EQ(texts.encoding(), Encoding::listpack);
  texts.add("b", limits);
  EXPECT_EQ(texts.encoding(), Encoding::hashtable);

  Set three;
  add_all(three, {"1", "2", "3", "a"}, limits);
  EXPECT_EQ(three.encoding(), Encoding::hashtable);

  Set longer;
  add_all(longer, {"123456", "a"}, limits);
  EXPECT_EQ(longer.encoding(), Encoding::hashtable) << "an integer of more than 5 digits";

  Set value;
  value.add("12345a", limits);
  EXPECT_EQ(value.encoding(), Encoding::hashtable);
}

TEST(Set, IsMadeForItsFirstMember) {
  const SetLimits limits{4, 3, 5};
  EXPECT_EQ(Set::make_for("1", 4, limits)->encoding(), Encoding::intset);
  EXPECT_EQ(Set::make_for("1", 5, limits)->encoding(), Encoding::hashtable);
  EXPECT_EQ(Set::make_for("a", 3, limits)->encoding(), Encoding::listpack);
  EXPECT_EQ(Set::make_for("a", 4, limits)->encoding(), Encoding::hashtable);
  Set set;
  set.add("1", limits);
  set.expect(4, limits);
  EXPECT_EQ(set.encoding(), Encoding::intset);
  set.expect(5, limits);
  EXPECT_EQ(set.encoding(), Encoding::hashtable);
  EXPECT_TRUE(set.contains("1"));
}

TEST(Set, BecomesAnIntsetWhenItHoldsNothingElse) {
  Set set(Encoding::listpack);
  add_all(set, {"5", "-3", "70000"}, {});
  EXPECT_EQ(set.encoding(), Encoding::listpack);
  set.to_intset({2, 128, 64});
  EXPECT_EQ(set.encoding(), Encoding::listpack);
  set.to_intset({});
  EXPECT_EQ(set.encoding(), Encoding::intset);
  EXPECT_EQ(contents(set), (ReferenceSet{"-3", "5", "70000"}));
  Set other(Encoding::hashtable);
  add_all(other, {"5", "05"}, {});
  other.to_intset({});
  EXPECT_EQ(other.encoding(), Encoding::hashtable);
}

TEST(Set, KeepsIntegersOfEveryWidthApart) {
  for (const Encoding encoding : {Encoding::intset, Encoding::listpack, Encoding::hashtable}) {
    const SetLimits limits{1000, 1000, 64};
    Set set(encoding);
    ReferenceSet model;
    for (int shift = 0; shift < 64; ++shift) {
      const auto power = static_cast<std::int64_t>(std::uint64_t{1} << shift);
      for (const std::int64_t value : {power, ~power, power ^ 1, ~power ^ 1}) {
        const std::string member = std::to_string(value);
        EXPECT_EQ(set.add(member, limits), model.insert(member).second);
      }
    }
    EXPECT_EQ(set.encoding(), encoding);
    expect_equal(set, model);
    for (const std::string& member : ReferenceSet(model)) EXPECT_TRUE(set.erase(member));
    EXPECT_TRUE(set.empty());
  }
}

TEST(Set, KeepsMembersOfEveryLengthApart) {
  const LiveMemory before = live_memory();
  {
    Set set(Encoding::hashtable);
    ReferenceSet model;
    for (std::size_t length = 0; length < 200; ++length) {
      for (const char last : {'a', 'b', '\0'}) {
        std::string member(length, 'x');
        if (length > 0) member.back() = last;
        EXPECT_EQ(set.add(member, {}), model.insert(member).second);
      }
    }
    expect_equal(set, model);
    for (const std::string& member : ReferenceSet(model)) {
      EXPECT_TRUE(set.contains(member));
      if (!member.ends_with('a')) continue;
      EXPECT_TRUE(set.erase(member));
      model.erase(member);
    }
    expect_equal(set, model);
  }
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(Set, DrawsEveryMemberEquallyOften) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  constexpr int members = 100;
  constexpr int draws = 200'000;
  for (const Encoding encoding : {Encoding::intset, Encoding::listpack, Encoding::hashtable}) {
    Set set(encoding);
    for (int i = 0; i < members; ++i) set.add(std::to_string(i), {});
    std::map<std::string, int> drawn;
    Scratch scratch;
    for (int i = 0; i < draws; ++i) ++drawn[std::string(set.random(random, scratch))];
    ASSERT_EQ(drawn.size(), members);
    // 2000 each, standard deviation 45.
    for (const auto& [member, count] : drawn) EXPECT_NEAR(count, draws / members, 300) << member;
  }
}

TEST(Set, ScansWhatStaysWhileItGrowsAndShrinks) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  Set set(Encoding::hashtable);
  for (int i = 0; i < 1000; ++i) set.add("stays:" + std::to_string(i), {});
  for (int i = 0; i < 500; ++i) set.add(std::to_string(i), {});
  std::map<std::string, int> seen;
  std::uint64_t cursor = 0;
  int extra = 0;
  do {
    cursor = set.scan(cursor, 10, [&](std::string_view member) { ++seen[std::string(member)]; });
    for (int i = 0; i < 40; ++i) {
      set.add("comes:" + std::to_string(extra++), {});
      set.erase("comes:" + std::to_string(random.below(static_cast<std::uint64_t>(extra))));
    }
  } while (cursor != 0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen["stays:" + std::to_string(i)], 1);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(seen[std::to_string(i)], 1);
}

TEST(Set, TakesLittleMemory) {
  Set texts;
  for (int i = 0; i < 200'000; ++i) texts.add("member:" + std::to_string(10'000'000 + i), {});
  EXPECT_LT(texts.memory_bytes(), 200'000U * 32);
  Set sixteens;
  for (int i = 0; i < 200'000; ++i) sixteens.add("member__" + std::to_string(10'000'000 + i), {});
  EXPECT_LT(sixteens.memory_bytes(), 200'000U * 32);
  Set integers;
  for (int i = 0; i < 200'000; ++i) integers.add(std::to_string(10'000'000 + i), {});
  EXPECT_LT(integers.memory_bytes(), 200'000U * 16);
  Set small;
  for (int i = 0; i < 8; ++i) small.add("member" + std::to_string(i), {});
  EXPECT_LE(small.memory_bytes(), 16U + 80);
}

TEST(Set, FreesInSlices) {
  const LiveMemory before = live_memory();
  {
    Set set;
    for (int i = 0; i < 20'000; ++i) set.add((i % 2 == 0 ? "m" : "") + std::to_string(i), {});
    std::size_t freed = set.free_slice(100);
    EXPECT_EQ(freed, 100U);
    EXPECT_EQ(set.size(), 19'900U);
    while (const std::size_t slice = set.free_slice(1000)) freed += slice;
    EXPECT_EQ(freed, 20'000U);
    Set small;
    small.add("a", {});
    EXPECT_EQ(small.free_slice(100), 1U);
    EXPECT_EQ(small.free_slice(100), 0U);
  }
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(Set, StaysAsItWasWhenMemoryIsOut) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const LiveMemory before = live_memory();
  std::size_t failures = 0;
  for (const bool texts : {false, true}) {
    const SetLimits limits{40, 60, 64};
    Set set;
    for (int step = 0; step < 300; ++step) {
      const std::string member = random_member(random, texts && step > 20);
      const ReferenceSet old = contents(set);
      const Encoding encoding = set.encoding();
      failures += fail_at_every_allocation([&] { set.add(member, limits); },
                                           [&] {
                                             ASSERT_TRUE(set.check_invariants().ok());
                                             ASSERT_EQ(contents(set), old);
                                             ASSERT_EQ(set.encoding(), encoding);
                                           });
      if (step % 40 == 0) {
        failures += fail_at_every_allocation([&] { (void)set.clone(); }, [] {});
      }
    }
    const ReferenceSet all = contents(set);
    const FailingMemory memory(0);
    for (const std::string& member : all) ASSERT_TRUE(set.erase(member));
  }
  EXPECT_GT(failures, 100U);
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

}  // namespace
}  // namespace respawn::keyspace
