#include "keyspace/types/stream.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

using EntryFields = std::vector<std::string>;
using StreamModel = std::map<StreamId, EntryFields>;

std::vector<std::string_view> views_of(const EntryFields& fields) {
  return {fields.begin(), fields.end()};
}

EntryFields texts_of(const StreamEntry& entry) {
  EntryFields texts;
  entry.for_each_field([&](std::string_view name, std::string_view value) {
    texts.emplace_back(name);
    texts.emplace_back(value);
  });
  return texts;
}

/// A stream, and what should be in it.
struct StreamWorld {
  void add(const StreamId& id, const EntryFields& fields) {
    stream.append(id, views_of(fields), limits);
    model[id] = fields;
  }

  void check() const {
    const Status status = stream.check_invariants();
    ASSERT_TRUE(status) << status.error();
    ASSERT_EQ(stream.length(), model.size());
    ASSERT_EQ(stream.first_entry(), model.empty() ? StreamId{} : model.begin()->first);
    ASSERT_EQ(stream.last_entry(), model.empty() ? StreamId{} : model.rbegin()->first);
    check_range(first_stream_id, last_stream_id);
  }

  void check_range(const StreamId& from, const StreamId& to) const {
    auto expected = model.lower_bound(from);
    for (auto walk = stream.walk(from, to); walk.valid(); walk.next(), ++expected) {
      ASSERT_NE(expected, model.end());
      ASSERT_EQ(walk.id(), expected->first);
      ASSERT_EQ(texts_of(walk.entry()), expected->second);
    }
    ASSERT_EQ(expected, from <= to ? model.upper_bound(to) : model.lower_bound(from));
    auto back = std::make_reverse_iterator(model.upper_bound(to));
    for (auto walk = stream.walk(to, from, true); walk.valid(); walk.next(), ++back) {
      ASSERT_NE(back, model.rend());
      ASSERT_EQ(walk.id(), back->first);
      ASSERT_EQ(texts_of(walk.entry()), back->second);
    }
    if (from <= to) {
      ASSERT_EQ(back, std::make_reverse_iterator(model.lower_bound(from)));
    }
  }

  std::size_t trim(const StreamTrim& trim) { return stream.trim(trim, garbage); }

  Garbage garbage;
  Stream stream;
  StreamModel model;
  StreamLimits limits;
};

class StreamDraws {
 public:
  explicit StreamDraws(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

  /// Above `last`: mostly near it.
  StreamId id_above(const StreamId& last) {
    switch (below(6)) {
      case 0:
        return {last.ms, last.seq + 1};
      case 1:
        return {last.ms, last.seq + 1 + below(1000)};
      case 2:
        return {last.ms + 1 + below(3), 0};
      case 3:
        return {last.ms + 1 + below(100), below(300)};
      case 4:
        return {last.ms + 1 + below(1'000'000), below(2)};
      default:
        return {last.ms + 1, below(20) == 0 ? below(StreamId::max_part - 100'000) : 0};
    }
  }

  EntryFields fields() {
    static const std::vector<EntryFields> names = {
        {"f"}, {"a", "b", "c", "d", "e"}, {"12", "-7"}, {std::string(200, 'n')}};
    EntryFields fields;
    for (const std::string& name : names[below(8) < 6 ? shape_ : below(names.size())]) {
      fields.push_back(name);
      fields.push_back(value());
    }
    if (below(50) == 0) shape_ = below(names.size());
    return fields;
  }

 private:
  std::string value() {
    switch (below(8)) {
      case 0:
        return std::to_string(below(200));
      case 1:
        return "-" + std::to_string(1 + below(1'000'000'000'000));
      case 2:
        return std::string(below(300), 'v');
      case 3:
        return "";
      default:
        return "value:" + std::to_string(below(100'000));
    }
  }

  Random random_;
  std::size_t shape_ = 0;
};

StreamId near_id(const StreamWorld& world, StreamDraws& draws) {
  if (world.model.empty()) return {draws.below(5), draws.below(5)};
  auto at = world.model.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(draws.below(world.model.size())));
  StreamId id = at->first;
  if (draws.below(3) == 0) id.seq += draws.below(2);
  if (draws.below(5) == 0) id.ms += draws.below(2);
  return id;
}

void erase_one(StreamWorld& world, StreamId id) {
  const bool there = world.model.erase(id) > 0;
  ASSERT_EQ(world.stream.contains(id), there);
  ASSERT_EQ(world.stream.erase(id, world.limits), there);
  ASSERT_FALSE(world.stream.contains(id));
}

/// Exactly, or as far as whole blocks go.
void trim_some(StreamWorld& world, StreamDraws& draws) {
  StreamTrim trim;
  trim.whole_blocks = draws.below(2) == 0;
  if (draws.below(2) == 0)
    trim.min_id = near_id(world, draws);
  else
    trim.max_length = draws.below(world.model.size() + 2);
  const std::size_t before = world.model.size();
  const std::size_t gone = world.trim(trim);
  std::size_t exact = 0;
  for (const auto& [id, fields] : world.model) {
    if (trim.min_id ? id >= *trim.min_id : before - exact <= trim.max_length) break;
    ++exact;
  }
  ASSERT_TRUE(trim.whole_blocks ? gone <= exact : gone == exact) << gone << " of " << exact;
  auto end = world.model.begin();
  std::advance(end, static_cast<std::ptrdiff_t>(gone));
  world.model.erase(world.model.begin(), end);
}

TEST(Stream, BehavesLikeAMap) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  StreamDraws draws(seed);
  for (const std::size_t node_entries : {1, 3, 20, 100, 0}) {
    StreamWorld world;
    world.limits.node_max_entries = node_entries;
    if (node_entries == 0) world.limits.node_max_bytes = 1000;
    for (int step = 0; step < 4000; ++step) {
      const std::uint64_t kind = draws.below(100);
      if (kind < 60) {
        world.add(draws.id_above(world.stream.last_id), draws.fields());
      } else if (kind < 98) {
        ASSERT_NO_FATAL_FAILURE(erase_one(world, near_id(world, draws)));
      } else if (draws.below(4) == 0) {
        ASSERT_NO_FATAL_FAILURE(trim_some(world, draws));
      }
      if (step % 20 == 0) {
        ASSERT_NO_FATAL_FAILURE(world.check_range(near_id(world, draws), near_id(world, draws)));
      }
      if (step % 200 == 0) {
        ASSERT_NO_FATAL_FAILURE(world.check());
      }
    }
    ASSERT_NO_FATAL_FAILURE(world.check());
    const auto copy = world.stream.clone();
    ASSERT_TRUE(copy->check_invariants());
    EXPECT_EQ(copy->length(), world.stream.length());
    EXPECT_EQ(copy->last_id, world.stream.last_id);
    while (!world.model.empty()) {
      ASSERT_NO_FATAL_FAILURE(erase_one(world, world.model.begin()->first));
    }
    ASSERT_NO_FATAL_FAILURE(world.check());
  }
}

TEST(Stream, FillsItsBlocksAsRedisFillsItsNodes) {
  StreamWorld world;
  for (std::uint64_t i = 1; i <= 1000; ++i) world.add({i, 0}, {"f", "v"});
  EXPECT_EQ(world.stream.block_count(), 10U);
  StreamTrim trim;
  trim.whole_blocks = true;
  trim.max_length = 550;
  EXPECT_EQ(world.trim(trim), 400U);
  trim.max_length = 0;
  trim.limit = 250;
  EXPECT_EQ(world.trim(trim), 200U);
  EXPECT_EQ(world.stream.first_entry(), (StreamId{601, 0}));
}

TEST(Stream, BlocksAreFilledToTheirLastBytes) {
  StreamWorld world;
  world.limits.node_max_entries = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i)
    world.stream.append({i + 1, 0}, std::vector<std::string_view>{"f", "of twelve b."},
                        world.limits);
  EXPECT_TRUE(world.stream.check_invariants());
  EXPECT_LT(world.stream.memory_bytes(), 10'000U * 15);
}

TEST(Stream, BlocksOfWhichLittleIsLeftAreJoined) {
  StreamWorld world;
  for (std::uint64_t i = 1; i <= 10'000; ++i) world.add({i, 0}, {"f", "value"});
  const std::size_t before = world.stream.memory_bytes();
  for (std::uint64_t i = 1; i <= 10'000; ++i)
    if (i % 50 != 0) erase_one(world, {i, 0});
  world.check();
  EXPECT_EQ(world.stream.length(), 200U);
  EXPECT_LT(world.stream.block_count(), 20U);
  EXPECT_LT(world.stream.memory_bytes(), before / 10);
}

TEST(Stream, TakesLittleMoreThanItsValues) {
  StreamWorld world;
  constexpr std::uint64_t count = 100'000;
  std::size_t value_bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string value = "value:" + std::to_string(i);
    value_bytes += value.size();
    world.stream.append({1'700'000'000'000 + i / 2, i % 2},
                        std::vector<std::string_view>{"field", value}, world.limits);
  }
  EXPECT_LT(world.stream.memory_bytes(), value_bytes + count * 5);
}

TEST(Stream, SaysWhatItTakes) {
  const std::vector<std::string_view> fields = {"field", "value"};
  const LiveMemory before = live_memory();
  auto stream = std::make_unique<Stream>();
  for (std::uint64_t i = 1; i <= 5'000; ++i) {
    stream->append({i, 0}, fields, {});
    if (i % 7 == 0) stream->erase({i - 3, 0}, {});
  }
  StreamGroup& group = stream->add_group("a group whose name takes an allocation of its own");
  StreamConsumer& consumer = group.add_consumer("a consumer whose name does so, too", 1);
  for (std::uint64_t i = 1; i <= 5'000; ++i) group.put({{i, 0}, 5, 1, consumer.index()});
  const std::size_t live = live_memory().bytes - before.bytes;
  const std::size_t said = stream->memory_bytes();
  EXPECT_GT(said + said / 8, live);  // allocators round in different ways
  EXPECT_LT(said, live + live / 8);
  stream.reset();
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(Stream, WhatIsTrimmedIsFreedInSlices) {
  StreamWorld world;
  for (std::uint64_t i = 1; i <= 20'000; ++i)
    world.stream.append({i, 0}, std::vector<std::string_view>{"f", "v"}, world.limits);
  EXPECT_EQ(world.trim({}), 20'000U);
  EXPECT_EQ(world.stream.length(), 0U);
  EXPECT_TRUE(world.stream.check_invariants());
  EXPECT_EQ(world.garbage.pending(), 20'000U);
  const std::size_t slice = world.garbage.free_slice(150);
  EXPECT_GE(slice, 150U);
  EXPECT_LE(slice, 250U);
  world.stream.append({20'001, 0}, std::vector<std::string_view>{"f", "v"}, world.limits);
  EXPECT_TRUE(world.stream.check_invariants());
}

TEST(Stream, WithoutMemoryNothingHasHappened) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  StreamDraws draws(seed);
  StreamWorld world;
  world.limits.node_max_entries = 5;
  for (int step = 0; step < 1500; ++step) {
    const StreamId id = draws.id_above(world.stream.last_id);
    const EntryFields fields = draws.fields();
    const auto views = views_of(fields);
    fail_at_every_allocation([&] { world.stream.append(id, views, world.limits); },
                             [&] { ASSERT_EQ(world.stream.length(), world.model.size()); });
    world.model[id] = fields;
    if (step % 3 == 0) {
      const StreamId gone = near_id(world, draws);
      const FailingMemory none(0);
      const bool there = world.stream.erase(gone, world.limits);
      ASSERT_EQ(there, world.model.erase(gone) > 0);
    }
    if (step % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(world.check());
    }
  }
  StreamTrim trim;
  trim.max_length = 3;
  const std::size_t length = world.stream.length();
  fail_at_every_allocation([&] { world.trim(trim); },
                           [&] { ASSERT_EQ(world.stream.length(), length); });
  EXPECT_EQ(world.stream.length(), 3U);
  EXPECT_TRUE(world.stream.check_invariants());
}

TEST(Stream, EntriesMayHaveMoreNamesThanABlockKeeps) {
  StreamWorld world;
  EntryFields fields;
  for (std::size_t i = 0; i < 70'000; ++i) {
    fields.push_back("name " + std::to_string(i));
    fields.push_back(std::to_string(i));
  }
  for (std::uint64_t i = 1; i <= 2; ++i) world.add({i, 0}, fields);
  world.add({3, 0}, {"f", "v"});
  world.limits = {0, 0};
  for (std::uint64_t i = 4; i <= 100'000; ++i)
    world.stream.append({i, 0}, std::vector<std::string_view>{"f", "v"}, world.limits);
  for (std::uint64_t i = 4; i <= 100'000; ++i) world.stream.erase({i, 0}, world.limits);
  world.check();
}

TEST(Stream, CountsHowFarGroupsHaveRead) {
  StreamWorld world;
  for (std::uint64_t i = 1; i <= 5; ++i) world.add({i, 0}, {"f", "v"});
  StreamGroup& group = world.stream.add_group("g");
  EXPECT_EQ(world.stream.lag(group), 5);
  world.stream.advance(group, {1, 0});
  EXPECT_EQ(group.entries_read, 1);
  world.stream.advance(group, {2, 0});
  EXPECT_EQ(group.entries_read, 2);
  EXPECT_EQ(world.stream.lag(group), 3);
  world.stream.erase({4, 0}, world.limits);
  world.stream.max_deleted_id = {4, 0};
  EXPECT_FALSE(world.stream.lag(group));
  world.stream.advance(group, {3, 0});
  EXPECT_EQ(group.entries_read, StreamGroup::unknown);
  EXPECT_FALSE(world.stream.lag(group));
  world.stream.advance(group, {5, 0});
  EXPECT_EQ(group.entries_read, 5);
  EXPECT_EQ(world.stream.lag(group), 0);
}

}  // namespace
}  // namespace respawn::keyspace
