#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using Words = std::vector<std::string>;

TEST(TextTest, CaseIsAsciiOnly) {
  EXPECT_EQ(to_lower("GeT\xC4"), "get\xC4");
  EXPECT_EQ(to_upper("geT\xE4"), "GET\xE4");
  EXPECT_TRUE(iequals("PING", "pinG"));
  EXPECT_FALSE(iequals("PING", "PINGS"));
  EXPECT_FALSE(iequals("@", "`"));  // apart by the bit that makes a letter small
}

TEST(TextTest, TrimsBlanksAtBothEnds) {
  EXPECT_EQ(trim(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
}

TEST(TextTest, SplitKeepsEmptyParts) {
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(TextTest, SplitsWordsAtBlanks) {
  EXPECT_THAT(split_quoted("  set\tkey  value \r\n"), Optional(Words{"set", "key", "value"}));
  EXPECT_THAT(split_quoted("\v\fa"), Optional(Words{"a"}));
  EXPECT_THAT(split_quoted("a\vb"), Optional(Words{"a\vb"}));  // blanks only between words
  EXPECT_THAT(split_quoted(""), Optional(IsEmpty()));
  EXPECT_THAT(split_quoted(" \t "), Optional(IsEmpty()));
}

TEST(TextTest, DoubleQuotesKnowEscapes) {
  EXPECT_THAT(split_quoted(R"("\n\r\t\b\a\\\"\q")"), Optional(Words{"\n\r\t\b\a\\\"q"}));
  EXPECT_THAT(split_quoted(R"("\x41\xfF\x4")"), Optional(Words{"A\xffx4"}));
  EXPECT_THAT(split_quoted(R"("\xg1")"), Optional(Words{"xg1"}));
  EXPECT_THAT(split_quoted(R"("it's")"), Optional(Words{"it's"}));
  EXPECT_THAT(split_quoted(R"("")"), Optional(Words{""}));
}

TEST(TextTest, SingleQuotesKnowOnlyThemselves) {
  EXPECT_THAT(split_quoted(R"('a\'b\n"')"), Optional(Words{R"(a'b\n")"}));
  EXPECT_THAT(split_quoted(R"('\\ ')"), Optional(Words{R"(\\ )"}));
  EXPECT_EQ(split_quoted(R"('\\')"), std::nullopt);  // the second backslash escapes the quote
}

TEST(TextTest, QuotesMayStartInsideAWordButEndIt) {
  EXPECT_THAT(split_quoted(R"(foo"bar" baz)"), Optional(Words{"foobar", "baz"}));
  EXPECT_THAT(split_quoted("'a'\v'b'"), Optional(Words{"a", "b"}));
}

TEST(TextTest, UnbalancedQuotesAreNone) {
  for (const char* line : {"\"", "'", "a \"b", "'a'b", "\"a\"b", "\"a\"'b'", "\"\\\"", "\"\\",
                           "'\\'", "foo\"bar\"baz"})
    EXPECT_EQ(split_quoted(line), std::nullopt) << line;
}

TEST(TextTest, SplitsInPlaceWithoutACopy) {
  std::string line = R"(set "a\x41" 'b')";
  std::vector<std::string_view> words;
  ASSERT_TRUE(split_quoted_in_place(line, words));
  EXPECT_THAT(words, ElementsAre("set", "aA", "b"));
  for (const std::string_view word : words) {
    EXPECT_GE(word.data(), line.data());
    EXPECT_LE(word.data() + word.size(), line.data() + line.size());
  }
}

TEST(TextTest, QuotesAsRedisCliPrints) {
  EXPECT_EQ(quoted("a\"b\\c\n\r\t\a\b"), R"("a\"b\\c\n\r\t\a\b")");
  EXPECT_EQ(respawn::quoted(std::string_view("\0\x1b\x7f\xe4", 4)), R"("\x00\x1b\x7f\xe4")");
  EXPECT_EQ(quoted(""), R"("")");
}

TEST(TextTest, WhatIsQuotedSplitsBackIntoItself) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 500; ++round) {
    Words words(random.below(5));
    std::string line;
    for (std::string& word : words) {
      word.resize(random.below(12));
      for (char& c : word) c = static_cast<char>(random.below(256));
      line += respawn::quoted(word) + std::string(1 + random.below(3), ' ');
    }
    ASSERT_EQ(split_quoted(line), words) << respawn::quoted(line);
  }
}

}  // namespace
}  // namespace respawn
