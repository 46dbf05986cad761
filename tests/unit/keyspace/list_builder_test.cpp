#include "keyspace/types/list_builder.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

std::string mixed_element(Random& random) {
  switch (random.below(8)) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(random.next()) >> random.below(64));
    case 1:
      return std::string(random.below(3000), 'm');
    case 2:
      return random.below(20) == 0 ? std::string(random.below(20'000), 'l') : "";
    default:
      return std::string(random.below(140), static_cast<char>('a' + random.below(26)));
  }
}

std::vector<std::string> random_elements(Random& random) {
  std::vector<std::string> elements(random.below(random.below(4) == 0 ? 3000 : 30));
  for (std::string& element : elements) element = mixed_element(random);
  return elements;
}

std::unique_ptr<List> built(const std::vector<std::string>& elements, const ListLimits& limits) {
  ListBuilder builder(limits);
  for (const std::string& element : elements) builder.add(element);
  return builder.build();
}

void expect_same(const List& list, const List& pushed) {
  const Status status = list.check_invariants();
  ASSERT_TRUE(status.ok()) << status.error();
  EXPECT_EQ(list.encoding(), pushed.encoding());
  ASSERT_EQ(list.size(), pushed.size());
  ASSERT_EQ(list.node_count(), pushed.node_count());
  EXPECT_EQ(list.listpack_bytes(), pushed.listpack_bytes());
  for (std::size_t node = 0; node < list.node_count(); ++node)
    ASSERT_EQ(list.node_size(node), pushed.node_size(node)) << node;
  auto other = pushed.walk();
  for (auto walk = list.walk(); walk.valid(); walk.next(), other.next())
    ASSERT_EQ(walk.value(), other.value());
}

TEST(ListBuilder, MakesTheNodesThatPushesMake) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    ListLimits limits;
    limits.max_listpack_size = static_cast<int>(random.below(12)) - 5;
    if (limits.max_listpack_size == 0) limits.max_listpack_size = 500;
    if (random.below(3) == 0) limits.packed_threshold_bytes = 100 + random.below(3000);
    const std::vector<std::string> elements = random_elements(random);
    List pushed;
    for (const std::string& element : elements) pushed.push(End::back, element, limits);
    const auto list = built(elements, limits);
    expect_same(*list, pushed);
    if (HasFatalFailure()) FAIL() << "limits " << limits.max_listpack_size;
    // And it goes on as any other.
    for (const End end : {End::back, End::front}) {
      list->push(end, "behind", limits);
      pushed.push(end, "behind", limits);
    }
    expect_same(*list, pushed);
  }
}

TEST(ListBuilder, LeavesNothingBehindWhenThereIsNoMemory) {
  const ListLimits limits;
  const std::vector<std::string> elements(2000, "an element");
  const LiveMemory before = live_memory();
  const std::size_t failures = fail_at_every_allocation(
      [&] { built(elements, limits); }, [&] { ASSERT_EQ(live_memory().blocks, before.blocks); });
  EXPECT_GT(failures, 3U);
}

}  // namespace
}  // namespace respawn::keyspace
