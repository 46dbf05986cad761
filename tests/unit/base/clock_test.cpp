#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace respawn {
namespace {

TEST(ClockTest, TheSystemsMonotonicClockDoesNotGoBack) {
  const SystemClock clock;
  std::int64_t before = clock.monotonic_us();
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t now = clock.monotonic_us();
    ASSERT_GE(now, before);
    before = now;
  }
}

TEST(ClockTest, TheSystemsWallClockCountsMicrosecondsSince1970) {
  constexpr std::int64_t year_2020_us = 1'577'836'800'000'000;
  constexpr std::int64_t year_2200_us = 7'258'118'400'000'000;
  EXPECT_GT(SystemClock().wall_us(), year_2020_us);
  EXPECT_LT(SystemClock().wall_us(), year_2200_us);
}

TEST(ClockTest, AManualClockMovesOnlyWhenTold) {
  ManualClock clock(5'000);
  EXPECT_EQ(clock.wall_us(), 5'000);
  EXPECT_EQ(clock.monotonic_us(), 0);
  clock.advance_ms(2);
  clock.advance_us(3);
  EXPECT_EQ(clock.wall_us(), 7'003);
  EXPECT_EQ(clock.monotonic_us(), 2'003);
}

}  // namespace
}  // namespace respawn
