#include "base/glob.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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
constexpr Row glob_rows[] = {
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
    {"*[\\", "x\\", true},
    {"[z-a]x", "mx", true},
    {"[a-", "-", true},
    {"[a-", "b", false},
    {"*[^]*", "ab", true},
    {"*[^]*b]", "xb]", true},
    {"*\\", "a\\", true},
    {"?*?", "a", false},
    {"?*?", "ab", true},
    {"ab*ba", "aba", false},
    {"ab*ba", "abba", true},
    {"a*a", "a", false},
    {"*ab*ab*", "abab", true},
    {"*ab*ab*", "aba", false},
    {"*a[bc]d*", "xxabaacdx", true},
    {"*a?c*e", "abcabde", true},
    {"A", "a", false},
};

INSTANTIATE_TEST_SUITE_P(Table, GlobTest, testing::ValuesIn(glob_rows));

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

TEST(GlobCaseTest, ALongClassIsOneLookUp) {
  // Reading the class again for each byte would take 10^13 steps: this test would never end.
  std::string letters;
  for (int i = 0; i < 5'000'000; ++i) letters += static_cast<char>('a' + i % 25);
  const std::string text(1'000'000, 'z');
  EXPECT_FALSE(glob_match("*[" + letters + "]", text));
  EXPECT_FALSE(glob_match("*[" + letters + "]*[" + letters + "]*", text));
  EXPECT_TRUE(glob_match("*[^" + letters + "]", text));
}

TEST(GlobCaseTest, ManyElementsBetweenStarsAreTakenTogether) {
  // Each alone, with each byte of the text, would be 10^10 steps.
  std::string elements;
  for (int i = 0; i < 20'000; ++i) elements += "[ab]";
  const std::string text(200'000, 'a');
  EXPECT_FALSE(glob_match("*" + elements + "c*", text));
  EXPECT_TRUE(glob_match("*" + elements + "c*", text + "cc"));
  EXPECT_FALSE(glob_match("*" + elements + "c?c*", text + "cc"));
}

TEST(GlobCaseTest, ManyPartsShareTheStepsOfOneText) {
  std::string part = "*";
  for (int i = 0; i < 70; ++i) part += "[ab]";
  part += "c";
  std::string pattern;
  std::string text;
  for (int i = 0; i < 1'000; ++i) {
    pattern += part;
    text += std::string(200, 'a') + "c";
  }
  EXPECT_TRUE(glob_match(pattern, text));
  EXPECT_TRUE(glob_match(pattern + "*", text + "x"));
  EXPECT_FALSE(glob_match(pattern + part, text));
}

TEST(GlobCaseTest, OnePatternServesManyTexts) {
  Glob glob("*[ab]?c*");
  const std::string long_text(5'000, 'a');
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(glob.matches("xaxc"));
    EXPECT_FALSE(glob.matches("xaxd"));
    EXPECT_FALSE(glob.matches(long_text));
    EXPECT_TRUE(glob.matches(long_text + "c"));
    EXPECT_FALSE(glob.matches(""));
  }
}

/// The definition of what a class is, read anew for each byte: `at` is behind the '[', and ends
/// behind the ']'.
bool class_by_definition(std::string_view pattern, std::size_t& at, char c, bool ignore_case) {
  const auto fold = [&](char byte) { return ignore_case ? ascii_lower(byte) : byte; };
  const bool negated = pattern.substr(at, 1) == "^";
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    const std::string_view rest = pattern.substr(at);
    if (rest[0] == '\\' && rest.size() >= 2) {
      found |= rest[1] == c;
      at += 2;
    } else if (rest.size() >= 3 && rest[1] == '-') {
      const auto [low, high] =
          std::minmax({static_cast<signed char>(rest[0]), static_cast<signed char>(rest[2])});
      found |= static_cast<signed char>(fold(static_cast<char>(low))) <=
                   static_cast<signed char>(fold(c)) &&
               static_cast<signed char>(fold(c)) <=
                   static_cast<signed char>(fold(static_cast<char>(high)));
      at += 3;
    } else {
      found |= fold(rest[0]) == fold(c);
      ++at;
    }
  }
  if (at < pattern.size()) ++at;
  return found != negated;
}

/// The definition, with all its backtracking.
bool matches_by_definition(std::string_view pattern, std::string_view text, bool ignore_case) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return matches_by_definition(pattern.substr(1), text, ignore_case) ||
           (!text.empty() && matches_by_definition(pattern, text.substr(1), ignore_case));
  if (text.empty()) return false;
  std::size_t at = 1;
  bool fits = true;
  if (pattern[0] == '[') {
    fits = class_by_definition(pattern, at, text[0], ignore_case);
  } else if (pattern[0] != '?') {
    if (pattern[0] == '\\' && pattern.size() > 1) ++at;
    const char letter = pattern[at - 1];
    fits = letter == text[0] || (ignore_case && ascii_lower(letter) == ascii_lower(text[0]));
  }
  return fits && matches_by_definition(pattern.substr(at), text.substr(1), ignore_case);
}

/// Compares with the definition, for patterns and texts of these bytes.
void compare(Random& random, std::string_view pattern_bytes, std::string_view text_bytes,
             std::size_t pattern_max, std::size_t text_max) {
  std::string pattern(random.below(pattern_max + 1), ' ');
  for (char& c : pattern) c = pattern_bytes[random.below(pattern_bytes.size())];
  const bool ignore_case = random.below(2) == 0;
  Glob glob(pattern, ignore_case);
  for (int i = 0; i < 4; ++i) {
    std::string text(1 + random.below(text_max), ' ');
    for (char& c : text) c = text_bytes[random.below(text_bytes.size())];
    ASSERT_EQ(glob.matches(text), matches_by_definition(pattern, text, ignore_case))
        << quoted(pattern) << " on " << quoted(text) << (ignore_case ? " ignoring case" : "");
  }
}

TEST(GlobCaseTest, AgreesWithTheDefinition) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 20'000 && !testing::Test::HasFailure(); ++round) {
    compare(random, "**?ab", "ab", 7, 9);
    compare(random, "*?[[]]^^--\\\\abzAZ", "abzAZ-^]\\", 10, 4);
    compare(random, "*[]-ab\xf0\xff\x01", "ab\xf0\xf8\xff\x01\x7f", 8, 3);
  }
}

TEST(GlobCaseTest, AgreesWithTheDefinitionWhenStepsRunOut) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 50; ++round) {
    // Much of the text nearly fits, over more elements than a word has bits.
    const std::size_t count = 1 + random.below(150);
    std::string elements;
    for (std::size_t i = 0; i < count; ++i) elements += random.below(20) == 0 ? "?" : "[ab]";
    const std::string pattern = "*" + elements + "[bc]" + "*" + elements;
    std::string text;
    for (int i = 0; i < 2'000; ++i) text += random.below(150) == 0 ? 'c' : 'a';
    // Where the middle part fits first, from the front; the last one must fit behind it.
    bool expected = false;
    const auto fits_at = [&](std::size_t from) {
      for (std::size_t i = 0, at = 0; i < count; ++i, at += elements[at] == '?' ? 1 : 4)
        if (elements[at] != '?' && text[from + i] == 'c') return false;
      return true;
    };
    for (std::size_t from = 0; from + 2 * count + 1 <= text.size() && !expected; ++from)
      expected = fits_at(from) && text[from + count] == 'c' && fits_at(text.size() - count);
    ASSERT_EQ(glob_match(pattern, text), expected) << pattern << " on " << text;
  }
}

}  // namespace
}  // namespace respawn
