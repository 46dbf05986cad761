#include "keyspace/siphash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace respawn::keyspace {
namespace {

TEST(Hash, SeparatesTextsOfEveryLength) {
  const HashSeed seed{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::set<std::uint64_t> seen;
  std::string text;
  for (int length = 0; length < 70; ++length) {
    EXPECT_TRUE(seen.insert(siphash13(text, seed)).second);
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_TRUE(seen.insert(siphash13(changed, seed)).second) << length << " at " << i;
    }
    text.push_back(static_cast<char>(length));
  }
}

/// The values of the published construction (one round per word, three at the end) for the key
/// 00 01 .. 0f and the texts "", 00, 00 01, ...
TEST(Hash, IsSipHash13) {
  const HashSeed seed{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  const std::uint64_t expected[] = {0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d,
                                    0x8bf80ab8e7ddf7fb, 0xcf75576088d38328, 0xdef9d52f49533b67,
                                    0xc50d2b50c59f22a7, 0xd3927d989bb11140, 0x369095118d299a8e,
                                    0x25a48eb36c063de4, 0x79de85ee92ff097f, 0x70c118c1f94dc352};
  std::string text;
  for (const std::uint64_t hash : expected) {
    EXPECT_EQ(siphash13(text, seed), hash) << text.size();
    text.push_back(static_cast<char>(text.size()));
  }
}

TEST(Hash, DependsOnTheSeed) {
  EXPECT_NE(siphash13("key", {1, 2}), siphash13("key", {1, 3}));
  EXPECT_NE(siphash13("key", {1, 2}), siphash13("key", {2, 2}));
}

TEST(Hash, IsTheSameForTheLifeOfTheProcess) {
  const std::string text = "some key";
  EXPECT_EQ(hash_bytes("some key"), hash_bytes(text));
}

}  // namespace
}  // namespace respawn::keyspace
