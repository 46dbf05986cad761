#include "base/glob.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "base/random.hpp"
#include "base/text.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn {
namespace {

struct Row {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << quoted(row.pattern) << " on " << quoted(row.text);
}

class GlobTest : public testing::TestWithParam<Row> {};

TEST_P(GlobTest, DecidesAsRedisDoes) {
  EXPECT_EQ(glob_match(GetParam().pattern, GetParam().text), GetParam().matches);
}

// The odd ones are what redis-server 7.0.15 answers to KEYS.
constexpr Row rows[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", false},
    {"**", "", false},
    {"*", "a", true},
    {"***", "a", true},
    {"a*", "a", true},
    {"*a", "a", true},
    {"a**b", "ab", true},
    {"a*b*c", "aXbYc", true},
    {"a*b*c", "aXbY", false},
    {"*abc", "ababc", true},
    {"h?llo", "hello", true},
    {"h?llo", "hllo", false},
    {"?", "", false},
    {"h[ae]llo", "hallo", true},
    {"h[ae]llo", "hillo", false},
    {"h[^e]llo", "hallo", true},
    {"h[^e]llo", "hello", false},
    {"h[a-c]llo", "hbllo", true},
    {"h[c-a]llo", "hbllo", true},
    {"[a-c", "b", true},
    {"[abc", "c", true},
    {"[", "[", false},
    {"[^", "x", true},
    {"[]", "]", false},
    {"[^]", "]", true},
    {"[]a]", "a", false},
    {"[a-]", "_", true},  // a range from 'a' to ']'
    {"[\\]]", "]", true},
    {"[\\a-c]", "b", false},
    {"[\\a-c]", "-", true},
    {"[\x01-\xff]", "a", false},  // ends are signed bytes
    {"[\xf0-\xff]", "\xf5", true},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"\\\\", "\\", true},
    {"a\\", "a\\", true},
    {"*\\?", "x?", true},
    {"A", "a", false},
};

INSTANTIATE_TEST_SUITE_P(Table, GlobTest, testing::ValuesIn(rows));

TEST(GlobCaseTest, IgnoresCaseWhenAsked) {
  EXPECT_TRUE(glob_match("MAX*", "maxmemory", true));
  EXPECT_TRUE(glob_match("[A-Z]ax", "Max", true));
  EXPECT_TRUE(glob_match("[m]ax", "MAX", true));
  EXPECT_TRUE(glob_match("\\M", "m", true));
  EXPECT_FALSE(glob_match("[\\M]", "m", true));  // escaped in a class: exactly
  EXPECT_FALSE(glob_match("MAX*", "maxmemory", false));
}

TEST(GlobCaseTest, BytesAreJustBytes) {
  EXPECT_TRUE(glob_match(std::string_view("a\0?", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(glob_match(std::string_view("a\0?", 3), "a"));
}

TEST(GlobCaseTest, ManyStarsAreNotTriedInEveryCombination) {
  // Backtracking into every star would try more than 10^50 ways: this test would never end.
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  const std::string text(2'000, 'a');
  EXPECT_TRUE(glob_match(pattern, text));
  EXPECT_FALSE(glob_match(pattern + "b", text));
  EXPECT_FALSE(glob_match(pattern + "[b-c]?", text));
}

/// The definition, with all its backtracking, for elements without classes.
bool matches_by_definition(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return matches_by_definition(pattern.substr(1), text) ||
           (!text.empty() && matches_by_definition(pattern, text.substr(1)));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         matches_by_definition(pattern.substr(1), text.substr(1));
}

TEST(GlobCaseTest, AgreesWithTheDefinition) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string pattern(random.below(7), ' ');
    std::string text(1 + random.below(8), ' ');
    for (char& c : pattern) c = "**?ab"[random.below(5)];
    for (char& c : text) c = "ab"[random.below(2)];
    ASSERT_EQ(glob_match(pattern, text), matches_by_definition(pattern, text))
        << pattern << " on " << text;
  }
}

}  // namespace
}  // namespace respawn
