#include "keyspace/types/list.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

using ReferenceList = std::deque<std::string>;

std::vector<std::string> contents(const List& list) {
  std::vector<std::string> values;
  list.for_range(0, list.size(), [&](std::string_view value) { values.emplace_back(value); });
  return values;
}

void expect_equal(const List& list, const ReferenceList& model) {
  const Status status = list.check_invariants();
  ASSERT_TRUE(status.ok()) << status.error();
  ASSERT_EQ(list.size(), model.size());
  std::size_t index = 0;
  for (auto walk = list.walk(); walk.valid(); walk.next()) ASSERT_EQ(walk.value(), model[index++]);
  ASSERT_EQ(index, model.size());
  for (auto walk = list.walk(model.size() - 1, End::front); walk.valid(); walk.next())
    ASSERT_EQ(walk.value(), model[--index]);
  ASSERT_EQ(index, 0U);
}

/// Texts of all element forms: integers of every width, and texts around the length classes.
std::string random_value(Random& random) {
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return std::to_string(static_cast<std::int64_t>(random.next()) >> random.below(64));
    case 3:
      return std::string(random.below(3000), 'm');
    case 4:
      return random.below(50) == 0 ? std::string(random.below(80'000), 'l') : std::string(127, 'e');
    case 5:
      return "same";
    default:
      return std::string(random.below(140), static_cast<char>('a' + random.below(26)));
  }
}

std::size_t model_remove(ReferenceList& model, std::int64_t count, const std::string& value) {
  std::size_t removed = 0;
  const auto most =
      count == 0 ? model.size() : static_cast<std::size_t>(count < 0 ? -count : count);
  if (count >= 0) {
    for (auto at = model.begin(); at != model.end() && removed < most;)
      *at == value ? (at = model.erase(at), ++removed) : (++at, removed);
  } else {
    for (std::size_t i = model.size(); i > 0 && removed < most; --i)
      if (model[i - 1] == value) {
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(i - 1));
        ++removed;
      }
  }
  return removed;
}

/// At an end, or from the middle.
void remove_some(List& list, ReferenceList& model, Random& random, const ListLimits& limits) {
  const auto place = [&](std::size_t index) {
    return model.begin() + static_cast<std::ptrdiff_t>(index);
  };
  const std::size_t few = random.below(std::min<std::size_t>(model.size(), 50) + 1);
  switch (random.below(7)) {
    case 0:
      list.drop(End::front, few, limits);
      model.erase(model.begin(), place(few));
      return;
    case 1:
      list.drop(End::back, few, limits);
      model.erase(place(model.size() - few), model.end());
      return;
    default: {
      const std::size_t index = model.empty() ? 0 : random.below(model.size());
      const std::size_t count = random.below(std::min<std::size_t>(model.size() - index, 20) + 1);
      list.erase(index, count, limits);
      model.erase(place(index), place(index + count));
    }
  }
}

class ListModel : public ::testing::TestWithParam<int> {};

TEST_P(ListModel, BehavesAsADeque) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const ListLimits limits{GetParam()};
  List list;
  ReferenceList model;
  const auto place = [&](std::size_t index) {
    return model.begin() + static_cast<std::ptrdiff_t>(index);
  };
  for (int step = 0; step < 20'000; ++step) {
    const bool growing = step / 1500 % 2 == 0;
    const std::string value = random_value(random);
    const std::size_t index = model.empty() ? 0 : random.below(model.size());
    switch (random.below(growing ? 7 : 14)) {
      case 0:
      case 1:
        list.push(End::front, value, limits);
        model.push_front(value);
        break;
      case 2:
      case 3:
        list.push(End::back, value, limits);
        model.push_back(value);
        break;
      case 4:
        list.insert(index, value, limits);
        model.insert(place(index), value);
        break;
      case 5:
        if (model.empty()) break;
        list.set(index, value, limits);
        model[index] = value;
        break;
      case 6: {
        const auto count = static_cast<std::int64_t>(random.below(7)) - 3;
        ASSERT_EQ(list.remove(count, value, limits), model_remove(model, count, value));
        break;
      }
      default:
        remove_some(list, model, random, limits);
    }
    if (step % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_equal(list, model)) << step;
    }
    if (model.empty()) continue;
    Scratch scratch;
    const std::size_t probe = random.below(model.size());
    ASSERT_EQ(list.at(probe, scratch), model[probe]);
    ASSERT_EQ(list.peek(End::front, scratch), model.front());
    ASSERT_EQ(list.peek(End::back, scratch), model.back());
  }
}

INSTANTIATE_TEST_SUITE_P(Limits, ListModel, ::testing::Values(-2, -1, -5, 1, 3, 128, 0));

TEST(List, StoresEveryKindOfElement) {
  std::vector<std::string> values = {"", "0", "111", "112", "-1", "-0", "007", "+5", "1.5", " 1"};
  for (int shift = 0; shift < 64; ++shift) {
    const auto power = static_cast<std::int64_t>(std::uint64_t{1} << shift);
    for (const std::int64_t value : {power, ~power, power ^ 1, ~power ^ 1})
      values.push_back(std::to_string(value));
  }
  for (const std::size_t length : {1, 63, 64, 126, 127, 128, 4095, 4096, 65'535, 65'536, 300'000})
    values.emplace_back(length, 'x');
  values.emplace_back("\r\n\0binary", 9);
  List list;
  for (const std::string& value : values) list.push(End::back, value, {});
  EXPECT_EQ(contents(list), values);
  EXPECT_TRUE(list.check_invariants().ok());
}

TEST(List, TakesLittleMemory) {
  List list;
  for (int i = 0; i < 1'000'000; ++i)
    list.push(End::back, "item:" + std::to_string(10'000 + i % 90'000), {});
  EXPECT_LT(list.memory_bytes(), 13'000'000U);
  List front;
  for (int i = 0; i < 100'000; ++i)
    front.push(End::front, "item:" + std::to_string(10'000 + i % 90'000), {});
  EXPECT_LT(front.memory_bytes(), 1'300'000U);
  List small;
  small.push(End::back, "0123456789", {});
  EXPECT_LE(small.memory_bytes(), 64U);
}

TEST(List, GivesMemoryBack) {
  List list;
  for (int i = 0; i < 500; ++i) list.push(End::back, "0123456789", {});
  list.drop(End::front, 498, {});
  EXPECT_LT(list.memory_bytes(), 300U);
}

TEST(List, PushesAllOrNothing) {
  const std::vector<std::string_view> values = {"a", "b", "c"};
  List list;
  list.push_all(End::front, values, {});
  EXPECT_EQ(contents(list), (std::vector<std::string>{"c", "b", "a"}));
  list.push_all(End::back, values, {});
  EXPECT_EQ(contents(list), (std::vector<std::string>{"c", "b", "a", "a", "b", "c"}));
}

TEST(List, RemoveHonoursCountAndDirection) {
  const std::vector<std::string_view> values = {"x", "1", "x", "2", "x"};
  const auto after = [&](std::int64_t count, std::string_view value) {
    List list;
    list.push_all(End::back, values, {});
    list.remove(count, value, {});
    return contents(list);
  };
  EXPECT_EQ(after(0, "x"), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(after(2, "x"), (std::vector<std::string>{"1", "2", "x"}));
  EXPECT_EQ(after(-1, "x"), (std::vector<std::string>{"x", "1", "x", "2"}));
  EXPECT_EQ(after(std::numeric_limits<std::int64_t>::min(), "x"),
            (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(after(1, "1"), (std::vector<std::string>{"x", "x", "2", "x"}));
}

TEST(List, ChecksIndexes) {
  List list;
  Scratch scratch;
  EXPECT_THROW((void)list.peek(End::front, scratch), CheckFailure);
  EXPECT_THROW((void)list.at(0, scratch), CheckFailure);
  EXPECT_THROW(list.drop(End::front, 1, {}), CheckFailure);
  EXPECT_THROW(list.insert(1, "x", {}), CheckFailure);
  list.push(End::back, "x", {});
  EXPECT_THROW(list.erase(0, 2, {}), CheckFailure);
  EXPECT_THROW(list.erase(1, std::numeric_limits<std::size_t>::max(), {}), CheckFailure);
  EXPECT_THROW(list.set(1, "x", {}), CheckFailure);
  EXPECT_FALSE(list.walk(1).valid());
}

TEST(List, BecomesAQuicklistPastTheLimitAndAListpackBelowHalf) {
  const ListLimits limits{4};
  List list;
  for (int i = 0; i < 4; ++i) list.push(End::back, "x", limits);
  EXPECT_EQ(list.encoding(), Encoding::listpack);
  list.push(End::back, "x", limits);
  EXPECT_EQ(list.encoding(), Encoding::quicklist);
  EXPECT_EQ(list.node_count(), 2U);
  list.drop(End::front, 2, limits);
  EXPECT_EQ(list.encoding(), Encoding::quicklist);
  list.drop(End::front, 1, limits);
  EXPECT_EQ(list.encoding(), Encoding::quicklist) << "two nodes of one element each";
  list.drop(End::front, 1, limits);
  EXPECT_EQ(list.encoding(), Encoding::listpack);
}

TEST(List, CountsBytesAsAListpackWould) {
  List list;
  list.push(End::back, std::string(100, 'x'), {});  // 2 + 100 + 1
  EXPECT_EQ(list.listpack_bytes(), 103U);
  list.push(End::back, "5", {});
  EXPECT_EQ(list.listpack_bytes(), 105U);
  list.push(End::back, "-4096", {});
  EXPECT_EQ(list.listpack_bytes(), 108U);
  list.push(End::back, "9223372036854775807", {});
  EXPECT_EQ(list.listpack_bytes(), 118U);
  const std::string rest(8192 - 7 - 118, 'x');
  list.push(End::back, rest, {});
  EXPECT_EQ(list.encoding(), Encoding::listpack) << "the frame and raw lengths are just in";
  list.push(End::back, "x", {});
  EXPECT_EQ(list.encoding(), Encoding::quicklist);
}

TEST(List, GivesLargeElementsANodeOfTheirOwn) {
  const ListLimits limits{-2, 10};
  List list;
  list.push(End::back, std::string(9000, 'x'), limits);
  EXPECT_EQ(list.encoding(), Encoding::quicklist);
  list.push(End::back, "0123456789", limits);
  list.push(End::back, "small", limits);
  list.push(End::back, "small", limits);
  EXPECT_EQ(list.node_count(), 3U);
  list.drop(End::back, 2, limits);
  list.drop(End::front, 1, limits);
  EXPECT_EQ(list.encoding(), Encoding::quicklist) << "a plain node stays one";
}

TEST(List, FreesInSlices) {
  const LiveMemory before = live_memory();
  {
    List list;
    for (int i = 0; i < 20'000; ++i) list.push(End::back, std::to_string(i), {});
    std::size_t freed = list.free_slice(100);
    EXPECT_LT(freed, 5000U);
    EXPECT_EQ(list.size(), 20'000 - freed);
    while (const std::size_t slice = list.free_slice(100)) freed += slice;
    EXPECT_EQ(freed, 20'000U);
  }
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(List, StaysAsItWasWhenMemoryIsOut) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const LiveMemory before = live_memory();
  std::size_t failures = 0;
  {
    List list;
    for (int step = 0; step < 1500; ++step) {
      const std::string value = random_value(random);
      const std::vector<std::string_view> values(1 + random.below(4), value);
      const std::vector<std::string> old = contents(list);
      const Encoding encoding = list.encoding();
      const std::size_t index = old.empty() ? 0 : random.below(old.size());
      const std::uint64_t choice = random.below(4);
      failures += fail_at_every_allocation(
          [&] {
            if (choice == 0) return list.push_all(End::front, values, {});
            if (choice == 1) return list.push_all(End::back, values, {});
            if (choice == 2 || old.empty()) return list.insert(index, value, {});
            list.set(index, value, {});
          },
          [&] {
            ASSERT_TRUE(list.check_invariants().ok());
            ASSERT_EQ(contents(list), old);
            ASSERT_EQ(list.encoding(), encoding);
          });
    }
  }
  EXPECT_GT(failures, 100U);
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(List, RemovesWithoutMemory) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  List list;
  ReferenceList model;
  for (int i = 0; i < 5000; ++i) {
    model.push_back(random_value(random));
    list.push(End::back, model.back(), {});
  }
  while (!model.empty()) {
    const std::size_t index = random.below(model.size());
    const std::size_t count = random.below(std::min<std::size_t>(model.size() - index, 30)) + 1;
    {
      const FailingMemory memory(0);
      list.erase(index, count, {});
      list.remove(-1, "same", {});
    }
    const auto first = model.begin() + static_cast<std::ptrdiff_t>(index);
    model.erase(first, first + static_cast<std::ptrdiff_t>(count));
    model_remove(model, -1, "same");
    if (model.size() % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_equal(list, model));
    }
  }
}

}  // namespace
}  // namespace respawn::keyspace
