#include "persistence/append_log/sync_lanes.hpp"

#include <gtest/gtest.h>

namespace respawn::persistence {
namespace {

constexpr std::uint64_t ms = 1'000'000;

class SyncLanesTest : public testing::Test {
 protected:
  void alone(std::uint64_t ns) {
    const SyncLanes::Flight flight = lanes.take_off(now);
    now += ns;
    lanes.land(flight, now);
  }

  /// Two that overlap.
  void both(std::uint64_t ns) {
    const SyncLanes::Flight first = lanes.take_off(now);
    const SyncLanes::Flight second = lanes.take_off(now);
    now += ns;
    lanes.land(first, now);
    lanes.land(second, now);
  }

  void measure(std::uint64_t ns) {
    for (std::uint32_t i = 0; i < SyncLanes::samples_min; ++i) alone(ns);
  }

  SyncLanes lanes;
  std::uint64_t now = 0;
};

TEST_F(SyncLanesTest, FastFlushesAreMadeOneAtATime) {
  measure(SyncLanes::slow_ns / 2);
  EXPECT_FALSE(lanes.overlap(now));
  const SyncLanes::Flight flight = lanes.take_off(now);
  EXPECT_EQ(lanes.due_in_ns(now), std::nullopt);
  lanes.land(flight, now + 1);
}

TEST_F(SyncLanesTest, SlowOnesOverlapEvenlyApart) {
  for (std::uint32_t i = 1; i < SyncLanes::samples_min; ++i) alone(8 * ms);
  EXPECT_FALSE(lanes.overlap(now));
  alone(8 * ms);
  EXPECT_TRUE(lanes.overlap(now));
  EXPECT_EQ(lanes.due_in_ns(now), std::nullopt);  // nothing is under way: nobody has to help
  static_cast<void>(lanes.take_off(now));
  EXPECT_EQ(lanes.due_in_ns(now), ms);
  EXPECT_EQ(lanes.due_in_ns(now + ms / 4), 3 * ms / 4);
  EXPECT_EQ(lanes.due_in_ns(now + 2 * ms), 0U);
  for (std::size_t i = 1; i < SyncLanes::lanes_max; ++i) static_cast<void>(lanes.take_off(now));
  EXPECT_EQ(lanes.flying(), SyncLanes::lanes_max);
  EXPECT_EQ(lanes.due_in_ns(now + 8 * ms), std::nullopt);
}

TEST_F(SyncLanesTest, ADiskThatServesOneAfterTheOtherIsFoundOut) {
  measure(ms);
  for (std::uint32_t i = 0; i < SyncLanes::shared_samples_min / 2; ++i) both(3 * ms);
  EXPECT_FALSE(lanes.overlap(now));
  now += SyncLanes::pause_min_ns;
  EXPECT_FALSE(lanes.overlap(now));  // what it was is measured anew
  measure(ms);
  EXPECT_TRUE(lanes.overlap(now));
}

TEST_F(SyncLanesTest, WhoIsFoundOutAgainIsLeftAloneForLonger) {
  const auto found_out = [&] {
    measure(ms);
    for (std::uint32_t i = 0; i < SyncLanes::shared_samples_min / 2; ++i) both(3 * ms);
    measure(ms);
  };
  std::uint64_t pause_ns = SyncLanes::pause_min_ns;
  for (int time = 0; time < 12; ++time) {
    found_out();
    EXPECT_FALSE(lanes.overlap(now));
    now += pause_ns;
    EXPECT_TRUE(lanes.overlap(now)) << time;
    pause_ns = std::min(pause_ns * 2, SyncLanes::pause_max_ns);
  }
  measure(ms);
  for (std::uint32_t i = 0; i < SyncLanes::proof_samples; ++i) both(ms);
  found_out();
  now += SyncLanes::pause_min_ns;
  EXPECT_TRUE(lanes.overlap(now)) << "it was of use for long";
}

TEST_F(SyncLanesTest, ADiskThatServesSeveralAtOnceIsNot) {
  measure(ms);
  for (int i = 0; i < 1000; ++i) both(ms * 7 / 4);
  EXPECT_TRUE(lanes.overlap(now));
}

TEST_F(SyncLanesTest, ADiskThatHasBecomeFastIsNoticed) {
  measure(ms);
  for (int i = 0; i < 100; ++i) both(ms / 10);
  EXPECT_FALSE(lanes.overlap(now));
}

}  // namespace
}  // namespace respawn::persistence
