#include "base/random.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "base/check.hpp"

namespace respawn {
namespace {

TEST(RandomTest, TheSameSeedRepeats) {
  Random a(42);
  Random b(42);
  Random other(43);
  int different = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t value = a.next();
    EXPECT_EQ(value, b.next());
    different += value != other.next() ? 1 : 0;
  }
  EXPECT_EQ(different, 100);
}

TEST(RandomTest, SeedZeroIsASeedLikeAnyOther) {
  Random random(0);
  EXPECT_NE(random.next(), 0U);
  EXPECT_NE(random.next(), random.next());
}

TEST(RandomTest, BelowIsEvenAndStaysBelow) {
  Random random(1);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(RandomTest, BelowKnowsTheExtremes) {
  Random random(2);
  EXPECT_EQ(random.below(1), 0U);
  constexpr std::uint64_t large = (1ULL << 63) + 1;  // where rejection happens half of the time
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(large), large);
  EXPECT_THROW(random.below(0), CheckFailure);
}

TEST(RandomTest, UnitCoversTheUnitInterval) {
  Random random(3);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.unit();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(RandomTest, EntropyDoesNotRepeat) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(system_entropy());
  EXPECT_EQ(seen.size(), 100U);
}

TEST(RandomTest, HexHasTheLengthAskedFor) {
  EXPECT_THAT(random_hex(40), testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(random_hex(40).size(), 40U);
  EXPECT_EQ(random_hex(0), "");
  EXPECT_EQ(random_hex(17).size(), 17U);
  EXPECT_NE(random_hex(40), random_hex(40));
}

}  // namespace
}  // namespace respawn
