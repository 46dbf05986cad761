#include "engine/clients/tracked_keys.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn::engine {
namespace {

using Clients = TrackedKeys::Clients;

TEST(TrackedKeys, ReadersOfAKeyAreTakenOnce) {
  TrackedKeys keys;
  keys.add("k", 7);
  keys.add("k", 3);
  keys.add("k", 7);
  keys.add("", 1);
  EXPECT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys.items(), 3U);
  EXPECT_EQ(keys.take("k"), (Clients{3, 7}));
  EXPECT_EQ(keys.take("k"), Clients{});
  EXPECT_EQ(keys.take("K"), Clients{});
  EXPECT_EQ(keys.take(""), Clients{1});
  EXPECT_EQ(keys.size(), 0U);
  EXPECT_EQ(keys.items(), 0U);
}

TEST(TrackedKeys, AnyKeyMayBeDrawn) {
  TrackedKeys keys;
  for (const char* key : {"a", "b", "c"}) keys.add(key, 1);
  Random random(1);
  std::set<std::string> drawn;
  for (int i = 0; i < 200; ++i) drawn.insert(keys.random(random));
  EXPECT_EQ(drawn, (std::set<std::string>{"a", "b", "c"}));
}

TEST(TrackedKeys, AreFreedInSlices) {
  TrackedKeys keys;
  for (int i = 0; i < 10; ++i) keys.add("key:" + std::to_string(i), 1);
  EXPECT_EQ(keys.free_slice(4), 4U);
  EXPECT_EQ(keys.size(), 6U);
  EXPECT_EQ(keys.free_slice(100), 6U);
  EXPECT_EQ(keys.free_slice(100), 0U);
}

TEST(TrackedKeys, BehaveAsAMapOfSets) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  TrackedKeys keys;
  std::map<std::string, std::set<std::uint64_t>> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = "key:" + std::to_string(random.below(1'000));
    if (random.below(4) > 0) {
      const std::uint64_t client = random.below(20);
      keys.add(key, client);
      model[key].insert(client);
    } else {
      const auto known = model.find(key);
      const Clients expected =
          known == model.end() ? Clients{} : Clients(known->second.begin(), known->second.end());
      ASSERT_EQ(keys.take(key), expected) << "step " << step;
      model.erase(key);
    }
    ASSERT_EQ(keys.size(), model.size());
  }
  std::size_t items = 0;
  for (const auto& [key, clients] : model) items += clients.size();
  EXPECT_EQ(keys.items(), items);
}

}  // namespace
}  // namespace respawn::engine
