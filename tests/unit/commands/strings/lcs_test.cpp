#include "commands/strings/lcs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/test_seed.hpp"

namespace respawn::commands {
namespace {

/// Straight from the definition.
std::size_t model(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return 0;
  if (a.back() == b.back()) return 1 + model(a.substr(0, a.size() - 1), b.substr(0, b.size() - 1));
  return std::max(model(a.substr(0, a.size() - 1), b), model(a, b.substr(0, b.size() - 1)));
}

std::string random_text(Random& random) {
  std::string text(random.below(9), ' ');
  for (char& c : text) c = static_cast<char>('a' + random.below(3));
  return text;
}

TEST(CommonSubsequence, AgreesWithTheDefinition) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    const std::string a = random_text(random);
    const std::string b = random_text(random);
    const CommonSubsequence found = common_subsequence(a, b);
    ASSERT_EQ(found.length, model(a, b)) << a << ' ' << b;
    ASSERT_EQ(found.length, common_subsequence_length(a, b));
    ASSERT_EQ(found.text.size(), found.length);
    std::string from_ranges;
    for (auto range = found.ranges.rbegin(); range != found.ranges.rend(); ++range) {
      from_ranges += a.substr(range->in_a, range->length);
      ASSERT_EQ(a.substr(range->in_a, range->length), b.substr(range->in_b, range->length));
    }
    ASSERT_EQ(from_ranges, found.text);
  }
}

TEST(CommonSubsequence, OfNothingIsNothing) {
  EXPECT_EQ(common_subsequence_length("", "abc"), 0u);
  EXPECT_TRUE(common_subsequence("abc", "").ranges.empty());
}

TEST(CommonSubsequence, PrefersWhatRedisPrefers) {
  const CommonSubsequence found = common_subsequence("ab", "ba");
  EXPECT_EQ(found.text, "b");
  ASSERT_EQ(found.ranges.size(), 1u);
  EXPECT_EQ(found.ranges[0].in_a, 1u);
  EXPECT_EQ(found.ranges[0].in_b, 0u);
}

}  // namespace
}  // namespace respawn::commands
