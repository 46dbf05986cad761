#include "keyspace/types/stream_producers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "keyspace/types/stream.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"
#include "tests/unit/keyspace/gated_database.hpp"

namespace respawn::keyspace {
namespace {

constexpr ProducerLimits small_limits{.duration_s = 10, .max_size = 5};

/// Producers, and what should be known of them: their iids, the oldest first.
struct ProducerWorld {
  void record(const std::string& pid, const std::string& iid, const StreamId& id) {
    producers.record({pid, iid}, id);
    auto& known = model[pid];
    std::erase_if(known, [&](const auto& each) { return each.second == iid; });
    const auto place =
        std::upper_bound(known.begin(), known.end(), id,
                         [](const StreamId& a, const auto& b) { return a < b.first; });
    known.insert(place, {id, iid});
    if (known.size() > static_cast<std::size_t>(producers.limits().max_size))
      known.erase(known.begin());
  }

  bool forget(const std::string& pid, const std::string& iid) {
    const bool forgotten =
        std::erase_if(model[pid], [&](const auto& each) { return each.second == iid; }) > 0;
    if (model[pid].empty()) model.erase(pid);
    return forgotten;
  }

  void check() const {
    const Status status = producers.check_invariants();
    ASSERT_TRUE(status) << status.error();
    std::size_t iids = 0;
    producers.for_each([&](const StreamProducers::Producer& producer) {
      const auto known = model.find(producer.pid());
      ASSERT_NE(known, model.end());
      std::vector<std::pair<StreamId, std::string>> found;
      producer.for_each([&](std::string_view iid, const StreamId& id) {
        found.emplace_back(id, std::string(iid));
      });
      ASSERT_EQ(found, known->second);
      iids += found.size();
    });
    ASSERT_EQ(producers.producer_count(), model.size());
    ASSERT_EQ(producers.size(), model.size() + iids);
  }

  StreamProducers producers{small_limits};
  std::map<std::string, std::vector<std::pair<StreamId, std::string>>> model;
};

TEST(StreamProducers, BehaveLikeAMap) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  ProducerWorld world;
  for (int step = 0; step < 20'000; ++step) {
    const std::string pid = "producer " + std::to_string(random.below(40));
    const std::string iid = std::string(random.below(30), 'x') + std::to_string(random.below(9));
    const std::uint64_t behind = random.below(10) == 0 ? random.below(300) : 0;
    if (random.below(10) < 7)
      world.record(pid, iid, {static_cast<std::uint64_t>(step) + 300 - behind, random.below(3)});
    else
      ASSERT_EQ(world.producers.forget({pid, iid}), world.forget(pid, iid));
    if (step % 200 == 0) {
      ASSERT_NO_FATAL_FAILURE(world.check());
    }
  }
  ASSERT_NO_FATAL_FAILURE(world.check());
  const auto copy = world.producers.clone();
  EXPECT_TRUE(copy->check_invariants());
  EXPECT_EQ(copy->size(), world.producers.size());
  while (copy->free_slice(7) > 0) {
  }
  EXPECT_EQ(copy->size(), 0U);
}

TEST(StreamProducers, TimeIsOverByTheId) {
  StreamProducers producers(small_limits);
  producers.record({"a", "1"}, {20'000, 0});
  producers.record({"b", "1"}, {21'000, 0});
  producers.record({"a", "2"}, {22'000, 0});
  EXPECT_FALSE(producers.is_over({20'000, 0}, 29'999));
  EXPECT_TRUE(producers.is_over({20'000, 5}, 30'000));
  EXPECT_FALSE(producers.is_over({0, 1}, INT64_MIN));
  const auto counts = [&](std::int64_t now_ms) {
    const auto found = producers.count(now_ms);
    return std::pair(found.producers, found.iids);
  };
  EXPECT_EQ(counts(29'999), std::pair(std::size_t{2}, std::size_t{3}));
  EXPECT_EQ(counts(30'000), std::pair(std::size_t{2}, std::size_t{2}));
  EXPECT_EQ(counts(31'500), std::pair(std::size_t{1}, std::size_t{1}));
  EXPECT_EQ(counts(32'000), std::pair(std::size_t{0}, std::size_t{0}));
  // All of b is over; of a, what is over goes when a comes again.
  producers.forget_over(31'500);
  EXPECT_FALSE(producers.find({"b", "1"}));
  EXPECT_TRUE(producers.find({"a", "1"}));
  producers.forget_over_of("a", 31'500);
  EXPECT_FALSE(producers.find({"a", "1"}));
  EXPECT_EQ(producers.find({"a", "2"}), (StreamId{22'000, 0}));
  producers.forget_over_of("a", 40'000);
  EXPECT_EQ(producers.size(), 0U);
  producers.forget_over_of("a", 40'000);
  producers.forget_over(40'000);
}

TEST(StreamProducers, WithoutMemoryNothingHasHappened) {
  ProducerWorld world;
  std::size_t failures = 0;
  for (std::uint64_t step = 1; step < 200; ++step) {
    const std::string pid = "a producer with a name, number " + std::to_string(step % 50);
    const std::string iid = "and an identifier " + std::to_string(step % 7);
    failures += fail_at_every_allocation(
        [&] {
          world.producers.record({pid, iid}, {step, 0});
        },
        [&] { ASSERT_NO_FATAL_FAILURE(world.check()); });
    world.record(pid, iid, {step, 0});
    ASSERT_NO_FATAL_FAILURE(world.check());
  }
  EXPECT_GT(failures, 500U);
}

TEST(StreamProducers, CostNothingWhereThereAreNone) {
  Stream stream;
  const std::size_t before = stream.memory_bytes();
  stream.set_producers(std::make_unique<StreamProducers>(ProducerLimits()));
  EXPECT_GT(stream.memory_bytes(), before);
  const std::size_t empty = stream.memory_bytes();
  stream.producers()->record({"p", std::string(1000, 'x')}, {1, 1});
  EXPECT_GT(stream.memory_bytes(), empty + 1000);
  EXPECT_EQ(stream.size(), 2U);
  EXPECT_EQ(stream.clone()->producers()->find({"p", std::string(1000, 'x')}), (StreamId{1, 1}));
  EXPECT_EQ(stream.free_slice(1), 1U);
  EXPECT_EQ(stream.free_slice(5), 1U);
  EXPECT_EQ(stream.free_slice(5), 0U);
}

TEST(StreamProducers, AreCountedByTheDatabase) {
  Databases data(2);
  GatedDatabase first(data, 0);
  GatedDatabase second(data, 1);
  const auto counts = [&] {
    return std::pair(first->contents().producer_stream_count(),
                     second->contents().producer_stream_count());
  };
  const auto expect = [&](std::size_t in_first, std::size_t in_second) {
    EXPECT_EQ(counts(), std::pair(in_first, in_second));
    EXPECT_TRUE(data.check_invariants().ok());
  };
  const auto add_stream = [&](const char* key) {
    first.change(key, first.find(key)).set_object(std::make_unique<Stream>());
  };
  add_stream("a");
  expect(0, 0);
  first.change(first.find("a")).producers({}).record({"p", "1"}, {1, 1});
  EXPECT_EQ(first.change(first.find("a")).producers({}).size(), 2U);
  expect(1, 0);
  Change copied = first.change("b", nullptr);
  copied.set_object(first.find("a")->object<Stream>().clone());
  expect(2, 0);
  Change from = first.change(first.find("a"));
  Change to = second.change("c", nullptr);
  from.move_to(to);
  expect(1, 1);
  first.change(first.find("b")).set_expiry(50);
  expect(1, 1);
  first.change(first.find("b")).set_string("text");
  expect(0, 1);
  second.change(second.find("c")).erase();
  expect(0, 0);
}

}  // namespace
}  // namespace respawn::keyspace
