#include "engine/clients/listeners.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "engine/clients/session.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn::engine {
namespace {

std::vector<Session*> all_of(const Listeners& listeners) {
  std::vector<Session*> all;
  listeners.for_each([&](Session& session) { all.push_back(&session); });
  return all;
}

TEST(ListenersTest, AreInTheOrderInWhichTheyCame) {
  Session one, two, three;
  Listeners listeners;
  EXPECT_TRUE(listeners.empty());
  listeners.add(3, two);
  listeners.add(5, one);
  listeners.add(9, three);
  EXPECT_EQ(all_of(listeners), (std::vector<Session*>{&two, &one, &three}));
  listeners.remove(5);
  EXPECT_EQ(all_of(listeners), (std::vector<Session*>{&two, &three}));
  EXPECT_EQ(listeners.size(), 2U);
  listeners.add(10, one);
  EXPECT_EQ(all_of(listeners), (std::vector<Session*>{&two, &three, &one}));
}

TEST(ListenersTest, NobodyIsAtAPlaceThatWasLeft) {
  Session one, two;
  Listeners listeners;
  listeners.add(1, one);
  listeners.add(2, two);
  listeners.add(3, one);
  listeners.remove(2);
  EXPECT_THROW(listeners.remove(2), CheckFailure);
  EXPECT_THROW(listeners.remove(4), CheckFailure);
}

TEST(ListenersTest, AreWhatAMapSays) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 50; ++i) sessions.push_back(std::make_unique<Session>());
  Listeners listeners;
  std::map<std::uint64_t, Session*> model;
  std::uint64_t place = 0;
  for (int step = 0; step < 5'000; ++step) {
    // Now they rather come, now they rather leave.
    const bool comes = random() % 100 < (step / 500 % 2 == 0 ? 70U : 30U);
    if (comes) {
      Session& session = *sessions[random() % sessions.size()];
      listeners.add(++place, session);
      model.emplace(place, &session);
    } else if (!model.empty()) {
      const auto leaving =
          std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
      listeners.remove(leaving->first);
      model.erase(leaving);
    }
    ASSERT_EQ(listeners.size(), model.size());
    if (step % 50 != 0) continue;
    std::vector<Session*> expected;
    for (const auto& [at, session] : model) expected.push_back(session);
    ASSERT_EQ(all_of(listeners), expected);
  }
}

}  // namespace
}  // namespace respawn::engine
