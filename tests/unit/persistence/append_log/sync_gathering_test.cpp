#include "persistence/append_log/sync_gathering.hpp"

#include <gtest/gtest.h>

namespace respawn::persistence {
namespace {

TEST(SyncGathering, TheFirstFlushDoesNotWait) {
  SyncGathering gathering;
  EXPECT_EQ(gathering.wait_ns(1, 0), 0U);
}

TEST(SyncGathering, WaitsForMostOfThoseThatWereAnswered) {
  SyncGathering gathering;
  gathering.flushed(600, 200, 50, 1'000);
  EXPECT_EQ(gathering.wanted_bytes(), 700U);
  EXPECT_EQ(gathering.wait_ns(200, 1'010), 40U);
  EXPECT_EQ(gathering.wait_ns(699, 1'020), 30U);
  EXPECT_EQ(gathering.wait_ns(700, 1'030), 0U);
  EXPECT_EQ(gathering.wanted_bytes(), 0U);
  EXPECT_EQ(gathering.wait_ns(1, 1'030), 0U);
}

TEST(SyncGathering, OneClientIsNotHeldUp) {
  SyncGathering gathering;
  gathering.flushed(40, 0, 50, 1'000);
  EXPECT_EQ(gathering.wait_ns(40, 1'001), 0U);
}

TEST(SyncGathering, WhereNobodyComesBackItSoonStopsWaiting) {
  SyncGathering gathering;
  std::uint64_t now_ns = 0;
  int waits = 0;
  for (int i = 0; i < 1'000; ++i) {
    gathering.flushed(100, 0, 50, now_ns);
    if (gathering.wait_ns(10, now_ns) > 0) ++waits;
    now_ns += 50;
    EXPECT_EQ(gathering.wait_ns(10, now_ns), 0U);
  }
  EXPECT_LT(waits, 25);
  EXPECT_GT(waits, 5);  // it is tried again
}

TEST(SyncGathering, AndWaitsAgainWhenTheyDo) {
  SyncGathering gathering;
  for (int i = 0; i < 100; ++i) {
    gathering.flushed(100, 0, 50, 0);
    static_cast<void>(gathering.wait_ns(10, 50));
  }
  int waits = 0;
  for (int i = 0; i < 200; ++i) {
    gathering.flushed(100, 0, 50, 0);
    if (gathering.wait_ns(10, 10) > 0) ++waits;
    EXPECT_EQ(gathering.wait_ns(100, 20), 0U);
  }
  EXPECT_GT(waits, 100);
}

}  // namespace
}  // namespace respawn::persistence
