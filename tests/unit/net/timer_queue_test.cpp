#include "net/timer_queue.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "base/random.hpp"

namespace respawn::net {
namespace {

void fire_all(TimerQueue& timers, std::int64_t now_us) {
  const std::uint64_t mark = timers.mark();
  TimerQueue::Callback callback;
  while (timers.take_due(now_us, mark, callback)) callback();
}

TEST(TimerQueueTest, FiresInOrderOfDeadlinesAndThenOfAdding) {
  TimerQueue timers;
  std::vector<int> fired;
  for (const auto& [deadline, name] : {std::pair{30, 1}, {10, 2}, {20, 3}, {10, 4}})
    timers.add(deadline, [&fired, name = name] { fired.push_back(name); });
  EXPECT_EQ(timers.next_deadline_us(), 10);
  fire_all(timers, 25);
  EXPECT_EQ(fired, (std::vector{2, 4, 3}));
  fire_all(timers, 30);
  EXPECT_EQ(fired, (std::vector{2, 4, 3, 1}));
  EXPECT_TRUE(timers.empty());
}

TEST(TimerQueueTest, WhatIsAddedWhileFiringWaitsForTheNextTime) {
  TimerQueue timers;
  int fired = 0;
  timers.add(5, [&] {
    ++fired;
    timers.add(5, [&] { ++fired; });
  });
  fire_all(timers, 5);
  EXPECT_EQ(fired, 1);
  fire_all(timers, 5);
  EXPECT_EQ(fired, 2);
}

TEST(TimerQueueTest, CancelIgnoresWhatIsGone) {
  TimerQueue timers;
  int fired = 0;
  const auto first = timers.add(1, [&] { ++fired; });
  fire_all(timers, 1);
  const auto second = timers.add(2, [&] { ++fired; });  // in the slot of the first
  EXPECT_NE(first, second);
  timers.cancel(first);
  timers.cancel(0);
  timers.cancel(second + (std::uint64_t{1} << 32));
  timers.cancel(12345);
  EXPECT_FALSE(timers.empty());
  timers.cancel(second);
  timers.cancel(second);
  EXPECT_TRUE(timers.empty());
  fire_all(timers, 100);
  EXPECT_EQ(fired, 1);
}

TEST(TimerQueueTest, CancelDropsTheCallbackAtOnce) {
  TimerQueue timers;
  auto held = std::make_shared<int>(1);
  const auto id = timers.add(1, [held] {});
  EXPECT_EQ(held.use_count(), 2);
  timers.cancel(id);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(TimerQueueTest, ATimerCancelledInTheLastMomentDoesNotFire) {
  TimerQueue timers;
  int fired = 0;
  std::uint64_t second = 0;
  timers.add(1, [&] { timers.cancel(second); });
  second = timers.add(1, [&] { ++fired; });
  fire_all(timers, 1);
  EXPECT_EQ(fired, 0);
  EXPECT_TRUE(timers.empty());
}

TEST(TimerQueueTest, BehavesAsAnOrderedMap) {
  const std::uint64_t seed = system_entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  TimerQueue timers;
  using Key = std::pair<std::int64_t, int>;  // deadline, order of adding
  std::map<Key, std::uint64_t> model;
  std::vector<int> fired;
  std::vector<int> expected;
  std::int64_t now_us = 0;
  for (int name = 0; name < 20'000; ++name) {
    const auto deadline = now_us + static_cast<std::int64_t>(random.below(500));
    model[{deadline, name}] = timers.add(deadline, [&fired, name] { fired.push_back(name); });
    if (random.below(3) == 0 && !model.empty()) {
      auto victim = model.lower_bound({now_us + static_cast<std::int64_t>(random.below(500)), 0});
      if (victim == model.end()) victim = model.begin();
      timers.cancel(victim->second);
      model.erase(victim);
    }
    if (random.below(4) != 0) continue;
    now_us += static_cast<std::int64_t>(random.below(40));
    while (!model.empty() && model.begin()->first.first <= now_us) {
      expected.push_back(model.begin()->first.second);
      model.erase(model.begin());
    }
    fire_all(timers, now_us);
    ASSERT_EQ(fired, expected);
    ASSERT_EQ(timers.empty(), model.empty());
    if (model.empty()) continue;
    ASSERT_EQ(timers.next_deadline_us(), model.begin()->first.first);
  }
}

}  // namespace
}  // namespace respawn::net
