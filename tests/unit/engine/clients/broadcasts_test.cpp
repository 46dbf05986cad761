#include "engine/clients/broadcasts.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn::engine {
namespace {

/// "a: a1/7 a2/0; b:" - prefixes with their keys, and who changed them.
std::string text_of(const Broadcasts& broadcasts) {
  std::string text;
  for (const auto& [name, prefix] : broadcasts.prefixes()) {
    text += name + ":";
    for (const auto& [key, author] : prefix.changed)
      text += " " + key + "/" + std::to_string(author);
    text += "; ";
  }
  return text;
}

TEST(Broadcasts, GatherWhatChangesBelowEachPrefix) {
  Broadcasts broadcasts;
  broadcasts.join("a", 1);
  broadcasts.join("ab", 2);
  broadcasts.join("b", 1);
  EXPECT_FALSE(broadcasts.pending());
  broadcasts.note("c", 5);
  EXPECT_FALSE(broadcasts.pending());
  broadcasts.note("abc", 5);
  broadcasts.note("ab", 5);
  broadcasts.note("a", 6);
  broadcasts.note("aa", 6);
  broadcasts.note("", 6);
  EXPECT_TRUE(broadcasts.pending());
  EXPECT_EQ(text_of(broadcasts), "a: a/6 aa/6 ab/5 abc/5; ab: ab/5 abc/5; b:; ");
  broadcasts.told();
  EXPECT_FALSE(broadcasts.pending());
  EXPECT_EQ(text_of(broadcasts), "a:; ab:; b:; ");
}

TEST(Broadcasts, TheEmptyPrefixStandsForAllKeys) {
  Broadcasts broadcasts;
  broadcasts.join("", 1);
  broadcasts.join("k", 1);
  for (const char* key : {"", "k", "a", "\xff"}) broadcasts.note(key, 1);
  EXPECT_EQ(text_of(broadcasts), ": /1 a/1 k/1 \xff/1; k: k/1; ");
}

TEST(Broadcasts, TheLastAuthorCounts) {
  Broadcasts broadcasts;
  broadcasts.join("", 1);
  broadcasts.note("k", 3);
  broadcasts.note("k", Broadcasts::nobody);
  EXPECT_EQ(text_of(broadcasts), ": k/0; ");
}

TEST(Broadcasts, APrefixGoesWithItsLastClient) {
  Broadcasts broadcasts;
  broadcasts.join("a", 1);
  broadcasts.join("a", 2);
  broadcasts.note("ab", 1);
  broadcasts.leave("a", 1);
  broadcasts.leave("nothing", 1);
  EXPECT_EQ(text_of(broadcasts), "a: ab/1; ");
  broadcasts.leave("a", 2);
  EXPECT_EQ(text_of(broadcasts), "");
}

TEST(Broadcasts, ClientsMayBeRegisteredAnew) {
  Broadcasts broadcasts;
  broadcasts.join("a", 1);
  broadcasts.join("b", 2);
  broadcasts.note("ab", 1);
  broadcasts.forget_clients();
  broadcasts.join("a", 3);
  broadcasts.drop_deserted();
  EXPECT_EQ(text_of(broadcasts), "a: ab/1; ");
  EXPECT_EQ(broadcasts.prefixes().at("a").clients, std::set<std::uint64_t>{3});
}

/// Of up to five letters, so that many are prefixes of others.
std::string random_text(Random& random) {
  std::string text;
  for (std::uint64_t left = random.below(6); left > 0; --left)
    text += static_cast<char>(random.below(2) == 0 ? 'a' : '\xf0');
  return text;
}

TEST(Broadcasts, FindEveryPrefixOfAKey) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 500; ++round) {
    Broadcasts broadcasts;
    std::set<std::string> prefixes;
    for (std::uint64_t left = random.below(8); left > 0; --left) {
      prefixes.insert(random_text(random));
      for (const std::string& prefix : prefixes) broadcasts.join(prefix, 1);
    }
    const std::string key = random_text(random);
    broadcasts.note(key, 1);
    for (const std::string& prefix : prefixes)
      ASSERT_EQ(broadcasts.prefixes().at(prefix).changed.size(), key.starts_with(prefix) ? 1U : 0U)
          << "key '" << key << "', prefix '" << prefix << "'";
  }
}

}  // namespace
}  // namespace respawn::engine
