#include "keyspace/types/hyperloglog.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "keyspace/types/hyperloglog_check.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn::keyspace::hyperloglog {
namespace {

constexpr std::size_t sparse_max = 3000;

std::string header_of(Encoding encoding) {
  std::string bytes("HYLL", 4);
  bytes += static_cast<char>(encoding);
  return bytes + std::string(header_bytes - bytes.size(), '\0');
}

/// The runs, without the header.
std::string runs_of(const std::string& sketch) {
  return sketch.substr(header_bytes);
}

Registers registers_of(std::string_view sketch) {
  Registers registers{};
  EXPECT_TRUE(merge_into(registers, sketch));
  return registers;
}

TEST(HyperLogLog, HashesAsRedisDoes) {
  // What PFDEBUG DECODE says there after PFADD.
  const auto runs_with = [](std::string_view element) {
    std::string sketch = make_empty();
    EXPECT_EQ(raise(sketch, observe(element), sparse_max), Change::raised);
    return describe_runs(sketch);
  };
  EXPECT_EQ(runs_with(""), "Z:5938 v:2,1 Z:10445");
  EXPECT_EQ(runs_with("a"), "Z:12711 v:2,1 Z:3672");
  EXPECT_EQ(runs_with("1234567"), "Z:10327 v:3,1 Z:6056");
  EXPECT_EQ(runs_with("12345678"), "Z:10579 v:3,1 Z:5804");
  EXPECT_EQ(runs_with("123456789"), "Z:9293 v:2,1 Z:7090");
  EXPECT_EQ(runs_with("hello world, this is long"), "Z:796 v:1,1 Z:15587");
}

TEST(HyperLogLog, AnEmptyOneIsOneRun) {
  const std::string sketch = make_empty();
  EXPECT_EQ(sketch, header_of(Encoding::sparse) + "\x7f\xff");
  EXPECT_TRUE(is_sketch(sketch));
  EXPECT_EQ(encoding_of(sketch), Encoding::sparse);
  EXPECT_EQ(cached_count(sketch), 0U);
  EXPECT_EQ(estimate(sketch), 0U);
  EXPECT_EQ(describe_runs(sketch), "Z:16384");
}

TEST(HyperLogLog, KnowsOneByItsHeader) {
  EXPECT_FALSE(is_sketch(""));
  EXPECT_FALSE(is_sketch("HYLL"));
  EXPECT_TRUE(is_sketch(header_of(Encoding::sparse)));
  EXPECT_FALSE(is_sketch(header_of(Encoding::sparse).substr(1)));
  EXPECT_FALSE(is_sketch(header_of(static_cast<Encoding>(2)) + "\x7f\xff"));
  EXPECT_FALSE(is_sketch(header_of(Encoding::dense)));
  EXPECT_FALSE(is_sketch(header_of(Encoding::dense) + std::string(12287, '\0')));
  EXPECT_TRUE(is_sketch(header_of(Encoding::dense) + std::string(12288, '\0')));
  EXPECT_FALSE(is_sketch(header_of(Encoding::dense) + std::string(12289, '\0')));
}

TEST(HyperLogLog, KeepsACountUntilItIsForgotten) {
  std::string sketch = make_empty();
  cache_count(sketch.data(), 0x0102030405060708);
  EXPECT_EQ(sketch.substr(8, 8), "\x08\x07\x06\x05\x04\x03\x02\x01");
  EXPECT_EQ(cached_count(sketch), 0x0102030405060708U);
  forget_count(sketch.data());
  EXPECT_EQ(cached_count(sketch), std::nullopt);
  EXPECT_EQ(runs_of(sketch), runs_of(make_empty()));
}

TEST(HyperLogLog, SplitsRunsOfZeros) {
  const auto after = [](Observation seen) {
    std::string sketch = make_empty();
    EXPECT_EQ(raise(sketch, seen, sparse_max), Change::raised);
    return describe_runs(sketch);
  };
  EXPECT_EQ(after({0, 1}), "v:1,1 Z:16383");
  EXPECT_EQ(after({16383, 32}), "Z:16383 v:32,1");
  EXPECT_EQ(after({64, 5}), "z:64 v:5,1 Z:16319");
  EXPECT_EQ(after({65, 5}), "Z:65 v:5,1 Z:16318");
  EXPECT_EQ(after({16382, 5}), "Z:16382 v:5,1 z:1");
}

TEST(HyperLogLog, JoinsAndSplitsRunsOfValues) {
  std::string sketch = make_empty();
  for (std::uint16_t i = 0; i < 6; ++i)
    EXPECT_EQ(raise(sketch, {i, 3}, sparse_max), Change::raised);
  EXPECT_EQ(describe_runs(sketch), "v:3,4 v:3,2 Z:16378");
  EXPECT_EQ(raise(sketch, {1, 3}, sparse_max), Change::none);
  EXPECT_EQ(raise(sketch, {1, 2}, sparse_max), Change::none);
  EXPECT_EQ(raise(sketch, {1, 4}, sparse_max), Change::raised);
  EXPECT_EQ(describe_runs(sketch), "v:3,1 v:4,1 v:3,4 Z:16378");
  EXPECT_EQ(raise(sketch, {0, 4}, sparse_max), Change::raised);
  EXPECT_EQ(describe_runs(sketch), "v:4,2 v:3,4 Z:16378");
}

TEST(HyperLogLog, BecomesDenseWhenItMust) {
  std::string sketch = make_empty();
  cache_count(sketch.data(), 7);
  EXPECT_EQ(raise(sketch, {9, 33}, sparse_max), Change::raised);
  EXPECT_EQ(sketch.size(), dense_bytes);
  EXPECT_EQ(encoding_of(sketch), Encoding::dense);
  EXPECT_EQ(cached_count(sketch), 7U);
  EXPECT_EQ(registers_of(sketch)[9], 33);

  for (std::size_t limit = header_bytes + 2; limit < header_bytes + 5; ++limit) {
    std::string grown = make_empty();
    EXPECT_EQ(raise(grown, {100, 1}, limit), Change::raised);
    EXPECT_EQ(encoding_of(grown), Encoding::dense) << limit;
  }
  std::string small = make_empty();
  EXPECT_EQ(raise(small, {100, 1}, header_bytes + 5), Change::raised);
  EXPECT_EQ(encoding_of(small), Encoding::sparse);
}

TEST(HyperLogLog, TheLastRegisterEndsWithTheBytes) {
  std::string sketch = make_empty();
  ASSERT_TRUE(make_dense(sketch));
  EXPECT_TRUE(raise_dense(sketch.data(), {16383, 63}));
  EXPECT_FALSE(raise_dense(sketch.data(), {16383, 63}));
  EXPECT_TRUE(raise_dense(sketch.data(), {0, 1}));
  EXPECT_EQ(sketch.size(), dense_bytes);
  EXPECT_EQ(sketch.back(), '\xfc');
  EXPECT_EQ(sketch[header_bytes], '\x01');
}

/// Both encodings against an array of bytes, through every operation.
TEST(HyperLogLog, BehavesAsAModel) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (const std::size_t limit :
       {std::size_t{0}, std::size_t{100}, sparse_max, std::size_t{100'000}}) {
    std::string sketch = make_empty();
    Registers model{};
    for (int step = 0; step < 5000; ++step) {
      // Near each other, so that runs are joined.
      const auto index = static_cast<std::uint16_t>(random.below(2000) * 8 + random.below(3));
      const auto rank =
          static_cast<std::uint8_t>(1 + random.below(random.below(500) == 0 ? 51 : 5));
      const bool raised = rank > model[index];
      model[index] = std::max(model[index], rank);
      ASSERT_EQ(raise(sketch, {index, rank}, limit), raised ? Change::raised : Change::none);
      if (step % 250 == 0) {
        ASSERT_EQ(registers_of(sketch), model);
        ASSERT_EQ(estimate(sketch), estimate(model));
      }
    }
    Registers merged{};
    merged[3] = 63;
    ASSERT_TRUE(merge_into(merged, sketch));
    model[3] = 63;
    ASSERT_EQ(merged, model);
  }
}

TEST(HyperLogLog, CountsWithinTheError) {
  Random random(1);
  for (const std::size_t limit : {std::size_t{0}, sparse_max}) {
    const Status status = check(random, limit);
    EXPECT_TRUE(status.ok()) << status.error();
  }
}

TEST(HyperLogLog, AddingTwiceCountsOnce) {
  std::string sketch = make_empty();
  std::string other = make_empty();
  for (int i = 0; i < 1000; ++i) {
    const std::string element = "element " + std::to_string(i);
    EXPECT_NE(raise(sketch, observe(element), sparse_max), Change::corrupted);
    EXPECT_EQ(raise(sketch, observe(element), sparse_max), Change::none);
    if (i % 2 == 0) {
      EXPECT_NE(raise(other, observe(element), sparse_max), Change::corrupted);
    }
  }
  Registers all = registers_of(sketch);
  const std::uint64_t before = estimate(all);
  ASSERT_TRUE(merge_into(all, other));
  EXPECT_EQ(estimate(all), before);
}

TEST(HyperLogLog, EstimatesImpossibleRegisters) {
  Registers registers;
  registers.fill(63);
  EXPECT_EQ(estimate(registers), std::uint64_t{1} << 63);
  registers.fill(51);
  EXPECT_EQ(estimate(registers), std::uint64_t{1} << 63);
  registers.fill(1);
  EXPECT_GT(estimate(registers), 0U);
}

TEST(HyperLogLog, RefusesRunsThatDoNotCoverTheRegisters) {
  const std::string empty = header_of(Encoding::sparse);
  for (const std::string& runs :
       {std::string(), std::string("\x7f\xfe"), std::string("\x7f\xff\x80"),
        std::string("\x7f\xff\x00", 3), std::string("\x7f\xff\x7f\xff"), std::string("\x7f")}) {
    std::string sketch = empty + runs;
    const std::string before = sketch;
    Registers registers{};
    EXPECT_EQ(estimate(sketch), std::nullopt);
    EXPECT_FALSE(merge_into(registers, sketch));
    EXPECT_FALSE(make_dense(sketch));
    EXPECT_EQ(raise(sketch, {5, 33}, sparse_max), Change::corrupted);
    EXPECT_EQ(sketch, before);
  }
  std::string nothing = empty;
  EXPECT_EQ(raise(nothing, {0, 1}, sparse_max), Change::corrupted);
  // A long run that is cut off: what Redis reads behind the end of a string is a 0.
  const std::string cut = empty + "\x3f\x3f\x3f\x3e\x7f";
  EXPECT_EQ(describe_runs(cut), "z:64 z:64 z:64 z:63 Z:16129");
  EXPECT_EQ(estimate(cut), 0U);
}

/// Any bytes behind a header: nothing is read or written out of bounds (as the sanitizers see it),
/// and what is said to be whole stays whole.
TEST(HyperLogLog, SurvivesAnyBytes) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 3000; ++round) {
    const bool dense = random.below(20) == 0;
    std::string sketch = header_of(dense ? Encoding::dense : Encoding::sparse);
    const std::size_t length =
        dense ? dense_bytes - header_bytes : random.below(random.below(3) == 0 ? 600 : 8);
    for (std::size_t i = 0; i < length; ++i) sketch += static_cast<char>(random.next());
    sketch.shrink_to_fit();
    ASSERT_TRUE(is_sketch(sketch));
    const bool whole = estimate(sketch).has_value();
    EXPECT_FALSE(dense && !whole);
    if (!dense) {
      EXPECT_EQ(describe_runs(sketch).empty(), length == 0);
    }
    Registers registers{};
    EXPECT_EQ(merge_into(registers, sketch), whole);
    for (int i = 0; i < 20; ++i) {
      const Observation seen{static_cast<std::uint16_t>(random.below(register_count)),
                             static_cast<std::uint8_t>(1 + random.below(51))};
      const std::string before = sketch;
      const Change change = raise(sketch, seen, 300 + random.below(400));
      if (change != Change::raised) {
        ASSERT_EQ(sketch, before);
      }
      if (!whole) continue;
      ASSERT_NE(change, Change::corrupted);
      ASSERT_TRUE(estimate(sketch).has_value());
    }
    EXPECT_EQ(make_dense(sketch), estimate(sketch).has_value());
  }
}

}  // namespace
}  // namespace respawn::keyspace::hyperloglog
