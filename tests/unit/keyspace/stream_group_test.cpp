#include "keyspace/types/stream_group.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/random.hpp"
#include "keyspace/garbage.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

struct GroupEntry {
  std::int64_t delivered_ms = 0;
  std::uint64_t deliveries = 0;
  std::string consumer;  // empty: nobody
};

/// A group, and what should be in it.
struct GroupWorld {
  StreamConsumer& consumer(const std::string& name) {
    if (StreamConsumer* found = group.find_consumer(name)) return *found;
    return group.add_consumer(name, 7);
  }

  [[nodiscard]] PendingEntry to_entry(const StreamId& id, const GroupEntry& entry) {
    return {id, entry.delivered_ms, entry.deliveries,
            entry.consumer.empty() ? no_consumer : consumer(entry.consumer).index()};
  }

  void put(const StreamId& id, const GroupEntry& entry) {
    group.put(to_entry(id, entry));
    model[id] = entry;
  }

  void remove_consumer(const std::string& name) {
    StreamConsumer* const found = group.find_consumer(name);
    if (found == nullptr) return;
    group.remove_consumer(*found);
    std::erase_if(model, [&](const auto& each) { return each.second.consumer == name; });
  }

  void check() const {
    const Status status = group.check_invariants();
    ASSERT_TRUE(status) << status.error();
    ASSERT_EQ(group.pending_count(), model.size());
    auto expected = model.begin();
    group.for_each_pending(first_stream_id, [&](const PendingEntry& entry) {
      EXPECT_EQ(entry.id, expected->first);
      EXPECT_EQ(entry.delivered_ms, expected->second.delivered_ms);
      EXPECT_EQ(entry.deliveries, expected->second.deliveries);
      const StreamConsumer* const owner = group.consumer(entry.consumer);
      EXPECT_EQ(owner != nullptr ? owner->name() : "", expected->second.consumer);
      ++expected;
      return true;
    });
    group.for_each_consumer([&](const StreamConsumer& each) {
      std::size_t owned = 0;
      for (const auto& [id, entry] : model) owned += entry.consumer == each.name() ? 1 : 0;
      EXPECT_EQ(each.pending_count(), owned) << each.name();
    });
  }

  StreamGroup group{"g"};
  std::map<StreamId, GroupEntry> model;
};

GroupEntry draw_entry(Random& random) {
  GroupEntry entry;
  entry.delivered_ms = static_cast<std::int64_t>(1000 + random.below(50));
  entry.deliveries = random.below(4);
  if (random.below(10) > 0)
    entry.consumer = std::string(1, static_cast<char>('a' + random.below(6)));
  return entry;
}

TEST(StreamGroup, BehavesLikeAMap) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  GroupWorld world;
  for (int step = 0; step < 20'000; ++step) {
    const StreamId id{random.below(1500), random.below(2)};
    const std::uint64_t kind = random.below(100);
    if (kind < 55) {
      world.put(id, draw_entry(random));
    } else if (kind < 99) {
      ASSERT_EQ(world.group.remove(id), world.model.erase(id) > 0);
    } else if (random.below(10) == 0) {
      world.remove_consumer(std::string(1, static_cast<char>('a' + random.below(6))));
    }
    if (step % 500 == 0) {
      ASSERT_NO_FATAL_FAILURE(world.check());
    }
  }
  ASSERT_NO_FATAL_FAILURE(world.check());
  const auto copy = world.group.clone();
  EXPECT_TRUE(copy->check_invariants());
  EXPECT_EQ(copy->pending_count(), world.group.pending_count());
  EXPECT_EQ(copy->consumer_count(), world.group.consumer_count());
}

TEST(StreamGroup, KnowsWhatHasWaitedLongest) {
  GroupWorld world;
  world.put({1, 0}, {300, 1, "a"});
  world.put({2, 0}, {100, 1, "b"});
  world.put({3, 0}, {200, 1, "a"});
  EXPECT_EQ(world.group.oldest_from({})->id, (StreamId{2, 0}));
  world.put({2, 0}, {400, 2, "a"});
  EXPECT_EQ(world.group.oldest_from({})->id, (StreamId{3, 0}));
  EXPECT_EQ(world.group.oldest_from({201, {}})->id, (StreamId{1, 0}));
  EXPECT_FALSE(world.group.oldest_from({401, {}}));
  EXPECT_EQ(world.group.find_consumer("b")->pending_count(), 0U);
  EXPECT_EQ(world.group.find_consumer("a")->pending_count(), 3U);
}

TEST(StreamGroup, WithoutMemoryNothingHasHappened) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  GroupWorld world;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) world.consumer(name);
  for (int step = 0; step < 1500; ++step) {
    const StreamId id{random.below(400), 0};
    const GroupEntry entry = draw_entry(random);
    const PendingEntry pending = world.to_entry(id, entry);
    fail_at_every_allocation([&] { world.group.put(pending); },
                             [&] { ASSERT_EQ(world.group.pending_count(), world.model.size()); });
    world.model[id] = entry;
    if (step % 50 == 0) {
      ASSERT_NO_FATAL_FAILURE(world.check());
    }
  }
  fail_at_every_allocation([&] { world.group.add_consumer("another one, with a long name", 1); },
                           [&] { ASSERT_EQ(world.group.consumer_count(), 6U); });
  ASSERT_NO_FATAL_FAILURE(world.check());
}

TEST(StreamGroup, IsFreedInSlices) {
  auto group = std::make_unique<StreamGroup>("g");
  StreamConsumer& consumer = group->add_consumer("c", 1);
  constexpr std::uint64_t count = 10'000;
  for (std::uint64_t i = 1; i <= count; ++i) group->put({{i, 0}, 1, 1, consumer.index()});
  EXPECT_LT(group->memory_bytes(), count * 38);
  Garbage garbage;
  garbage.take(std::move(group));
  EXPECT_EQ(garbage.pending(), 3 * count + 1);
  while (const std::size_t freed = garbage.free_slice(100)) EXPECT_LE(freed, 300U);
  EXPECT_EQ(garbage.pending(), 0U);
}

}  // namespace
}  // namespace respawn::keyspace
