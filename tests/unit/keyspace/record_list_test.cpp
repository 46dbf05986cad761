#include "keyspace/types/record_list.hpp"

#include <gtest/gtest.h>

#include <map>
#include <new>

#include "base/random.hpp"
#include "keyspace/types/pending_records.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

/// A list, and what should be in it.
struct Records {
  void put(const PendingEntry& entry) {
    if (model.count(entry.id) > 0)
      list.set(entry);
    else
      list.insert(entry);
    model[entry.id] = entry;
  }

  void drop(StreamId id) {
    if (model.erase(id) > 0) list.erase(id);
  }

  void check() const {
    const Status status = list.check_invariants();
    ASSERT_TRUE(status) << status.error();
    ASSERT_EQ(list.size(), model.size());
    auto expected = model.begin();
    list.for_each_from(first_stream_id, [&](const PendingEntry& entry) {
      EXPECT_EQ(entry.id, expected->first);
      EXPECT_EQ(entry.delivered_ms, expected->second.delivered_ms);
      EXPECT_EQ(entry.deliveries, expected->second.deliveries);
      EXPECT_EQ(entry.consumer, expected->second.consumer);
      ++expected;
      return true;
    });
    EXPECT_EQ(expected, model.end());
  }

  RecordList<PendingForm> list;
  std::map<StreamId, PendingEntry> model;
};

class RecordDraws {
 public:
  explicit RecordDraws(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

  /// Most are near each other, some far away.
  StreamId id(std::uint64_t span) {
    StreamId id{1'700'000'000'000 + below(span), below(3)};
    if (below(40) == 0) id.ms = below(2) * StreamId::max_part;
    if (below(40) == 0) id.seq = StreamId::max_part - below(2);
    return id;
  }

  PendingEntry entry(std::uint64_t span) {
    PendingEntry entry{id(span), static_cast<std::int64_t>(1'700'000'000'000 + below(1000)),
                       1 + below(3), static_cast<ConsumerIndex>(below(5))};
    if (below(60) == 0) entry.delivered_ms = 0;
    if (below(60) == 0) entry.deliveries = StreamId::max_part / 2;
    if (below(60) == 0) entry.consumer = 100'000;
    if (below(30) == 0) entry.consumer = no_consumer;
    return entry;
  }

 private:
  Random random_;
};

TEST(RecordList, BehavesLikeAMap) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  RecordDraws draws(seed);
  for (const std::uint64_t span : {20, 500, 20'000}) {
    Records records;
    for (int step = 0; step < 6000; ++step) {
      const bool grows = step / 1500 % 2 == 0;
      if (draws.below(10) < (grows ? 7U : 3U))
        records.put(draws.entry(span));
      else if (const StreamId near = draws.id(span); !records.model.empty()) {
        const auto at = records.model.lower_bound(near);
        records.drop(at == records.model.end() ? records.model.begin()->first : at->first);
      }
      const StreamId probe = draws.id(span);
      const auto found = records.list.first_from(probe);
      const auto expected = records.model.lower_bound(probe);
      ASSERT_EQ(found.has_value(), expected != records.model.end());
      if (found) {
        ASSERT_EQ(found->id, expected->first);
      }
      ASSERT_EQ(records.list.find(probe).has_value(), records.model.count(probe) > 0);
      if (step % 100 == 0) records.check();
    }
    records.check();
    while (!records.model.empty()) records.drop(records.model.begin()->first);
    records.check();
    EXPECT_EQ(records.list.drop_last_block(), 0U);
  }
}

TEST(RecordList, TakesSixteenBytesForARecordThatCameInOrder) {
  Records records;
  constexpr std::uint64_t count = 100'000;
  for (std::uint64_t i = 0; i < count; ++i)
    records.list.insert({{1'700'000'000'000 + i / 3, i % 3}, 1'700'000'000'000, 1, 0});
  EXPECT_LT(records.list.memory_bytes(), count * 17);
  EXPECT_GE(records.list.memory_bytes(), count * 16);
  std::size_t dropped = 0;
  while (const std::size_t here = records.list.drop_last_block()) dropped += here;
  EXPECT_EQ(dropped, count);
}

TEST(RecordList, WithoutMemoryNothingHasHappened) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  RecordDraws draws(seed);
  Records records;
  for (int step = 0; step < 2000; ++step) {
    const PendingEntry entry = draws.entry(300);
    const bool there = records.model.count(entry.id) > 0;
    fail_at_every_allocation([&] { there ? records.list.set(entry) : records.list.insert(entry); },
                             [&] { ASSERT_EQ(records.list.size(), records.model.size()); });
    records.model[entry.id] = entry;
    if (step % 50 == 0) records.check();
  }
  records.check();
}

}  // namespace
}  // namespace respawn::keyspace
