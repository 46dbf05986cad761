// The power is cut at each operation of the disk in turn, under clients that write, read, block and
// run scripts: whatever a client was told is there behind it, and nothing by halves.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/durability/story.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn::durability {
namespace {

constexpr std::uint64_t points_in_ci = 400;
constexpr std::uint64_t points_in_long_form = 100'000;

std::uint64_t point_count() {
  return std::getenv("RESPAWN_LONG") == nullptr ? points_in_ci : points_in_long_form;
}

/// Stories that differ in their seeds, each cut at a few of its operations.
void cut_everywhere(Plan plan, std::uint64_t points) {
  std::size_t told = 0;
  std::uint64_t done = 0;
  for (; done < points; ++plan.seed) {
    plan.cut_at = 0;
    std::uint64_t operations = 0;
    {
      Story whole(plan);
      const std::uint64_t before = whole.operations();
      whole.tell();
      operations = whole.operations() - before;
      told += whole.told();
      ASSERT_EQ(whole.verdict(), "") << "seed " << plan.seed;
    }
    for (std::uint64_t at = 1; at <= operations && done < points; ++at, ++done) {
      plan.cut_at = at;
      Story story(plan);
      story.tell();
      ASSERT_EQ(story.verdict(), "") << "seed " << plan.seed << ", operation " << at;
    }
  }
  EXPECT_GT(told, 0U);
}

TEST(PowerCut, LosesNothingThatAClientKnowsOf) {
  const std::uint64_t seed = support::test_seed() >> 20;
  cut_everywhere({.seed = seed}, point_count());
}

TEST(PowerCut, NorWhenTheDisksActorIsKilledBetween) {
  const std::uint64_t seed = support::test_seed() >> 20;
  cut_everywhere({.seed = seed, .kills_disk_worker = true}, point_count() / 4);
}

TEST(PowerCut, NorWhenTheKeyspacesActorIsKilledBetween) {
  const std::uint64_t seed = support::test_seed() >> 20;
  cut_everywhere({.seed = seed, .kills_disk_worker = true, .kills_keyspace = true},
                 point_count() / 4);
}

TEST(PowerCut, WithEverysecNothingIsThereByHalves) {
  const std::uint64_t seed = support::test_seed() >> 20;
  cut_everywhere({.seed = seed, .policy = config::FsyncPolicy::everysec}, point_count() / 4);
}

}  // namespace
}  // namespace respawn::durability
