#include "base/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <thread>
#include <vector>

namespace respawn {
namespace {

TEST(Histogram, AnEmptyOneHasNothing) {
  const Histogram histogram;
  EXPECT_EQ(histogram.total(), 0U);
  EXPECT_EQ(histogram.at_percentile(50), 0U);
  EXPECT_EQ(histogram.count_up_to(Histogram::value_max), 0U);
}

TEST(Histogram, SmallOddValuesAreExact) {
  for (std::uint64_t value = 1; value < 64; value += 2) {
    Histogram histogram;
    histogram.record(value);
    EXPECT_EQ(histogram.at_percentile(100), value);
    EXPECT_EQ(histogram.at_percentile(0), value);
  }
}

TEST(Histogram, ZeroCountsAsOne) {
  Histogram histogram;
  histogram.record(0);
  EXPECT_EQ(histogram.total(), 1U);
  EXPECT_EQ(histogram.at_percentile(50), 1U);
}

TEST(Histogram, WhatIsAboveTheLargestCountsAsTheLargest) {
  Histogram histogram;
  histogram.record_clamped(~std::uint64_t{0});
  histogram.record(Histogram::value_max);
  EXPECT_EQ(histogram.total(), 2U);
  EXPECT_GE(histogram.at_percentile(50), Histogram::value_max);
  EXPECT_LE(histogram.at_percentile(50), Histogram::value_max + Histogram::value_max / 32);
}

TEST(Histogram, CountsUpToAPowerOfTwoAreExactBelowIt) {
  Histogram histogram;
  histogram.record(1023);
  histogram.record(1024);
  histogram.record(2047);
  EXPECT_EQ(histogram.count_up_to(1023), 1U);
  EXPECT_EQ(histogram.count_up_to(1024), 2U);
  EXPECT_EQ(histogram.count_up_to(2048), 3U);
}

TEST(Histogram, PercentilesAreAtMostAPartOf32TooHigh) {
  const unsigned seed = std::random_device()();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> exponent(0, 29.8);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(std::exp2(exponent(random))));
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(histogram.total(), values.size());
  for (const double percentile : {0.1, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank = static_cast<std::size_t>(std::llround(percentile * 100));
    const std::uint64_t exact = values[std::max<std::size_t>(rank, 1) - 1];
    EXPECT_GE(histogram.at_percentile(percentile) + 1, exact) << percentile;
    EXPECT_LE(histogram.at_percentile(percentile), exact + exact / 32 + 1) << percentile;
  }
}

TEST(Histogram, ClearForgetsAll) {
  Histogram histogram;
  histogram.record(5);
  histogram.clear();
  EXPECT_EQ(histogram.total(), 0U);
}

TEST(Histogram, ASharedOneLosesNothing) {
  constexpr int each = 20'000;
  SharedHistogram histogram;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < each; ++n) histogram.record(100);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(histogram.total(), 4U * each);
}

}  // namespace
}  // namespace respawn
