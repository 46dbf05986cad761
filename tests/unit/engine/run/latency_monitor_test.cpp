#include "engine/run/latency_monitor.hpp"

#include <gtest/gtest.h>

namespace respawn::engine {
namespace {

TEST(LatencyMonitor, ASecondHasOneSample) {
  LatencySeries series;
  series.add({100, 5});
  series.add({100, 9});
  series.add({100, 7});
  series.add({101, 1});
  EXPECT_EQ(series.samples(), (std::vector<LatencySample>{{100, 9}, {101, 1}}));
  EXPECT_EQ(series.latest(), (LatencySample{101, 1}));
  EXPECT_EQ(series.longest_ms(), 9);
}

TEST(LatencyMonitor, TheOldestMakeRoom) {
  LatencySeries series;
  series.add({1, 1000});
  for (std::int64_t second = 2; second <= 200; ++second) series.add({second, second});
  const auto samples = series.samples();
  ASSERT_EQ(samples.size(), 160U);
  EXPECT_EQ(samples.front(), (LatencySample{41, 41}));
  EXPECT_EQ(samples.back(), (LatencySample{200, 200}));
  EXPECT_EQ(series.longest_ms(), 1000);
}

TEST(LatencyMonitor, EventsAreFoundByTheirNames) {
  LatencyMonitor monitor;
  monitor.add("b", {1, 1});
  monitor.add("a", {1, 2});
  monitor.add("b", {2, 3});
  EXPECT_EQ(monitor.events().size(), 2U);
  ASSERT_NE(monitor.find("b"), nullptr);
  EXPECT_EQ(monitor.find("b")->samples().size(), 2U);
  EXPECT_EQ(monitor.find("B"), nullptr);
  EXPECT_EQ(monitor.reset("B"), 1U);
  EXPECT_EQ(monitor.reset("b"), 0U);
  EXPECT_EQ(monitor.reset_all(), 1U);
  EXPECT_TRUE(monitor.events().empty());
}

TEST(LatencyMonitor, FiguresSumUpASeries) {
  LatencySeries series;
  series.add({100, 10});
  series.add({103, 30});
  series.add({105, 20});
  const LatencyFigures figures = figures_of(series, 110);
  EXPECT_EQ(figures.samples, 3);
  EXPECT_EQ(figures.lowest_ms, 10);
  EXPECT_EQ(figures.highest_ms, 30);
  EXPECT_EQ(figures.mean_ms, 20);
  EXPECT_EQ(figures.deviation_ms, 6);
  EXPECT_EQ(figures.period_s, 10);
  EXPECT_EQ(figures_of({}, 110).samples, 0);
}

}  // namespace
}  // namespace respawn::engine
