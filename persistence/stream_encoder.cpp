#include "persistence/stream_encoder.hpp"

#include <string>
#include <vector>

#include "persistence/listpack.hpp"
#include "persistence/pending_slices.hpp"
#include "persistence/rdb_format.hpp"

namespace respawn::persistence {

namespace {

using keyspace::PendingEntry;
using keyspace::Stream;
using keyspace::StreamBlock;
using keyspace::StreamConsumer;
using keyspace::StreamEntry;
using keyspace::StreamGroup;
using keyspace::StreamId;
using keyspace::StreamProducers;

void write_id(RdbWriter& to, const StreamId& id) {
  to.length(id.ms);
  to.length(id.seq);
}

void write_raw_id(RdbWriter& to, const StreamId& id) {
  to.big_number(id.ms);
  to.big_number(id.seq);
}

std::string key_of(const StreamId& id) {
  std::string bytes;
  for (const std::uint64_t part : {id.ms, id.seq})
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(part >> shift);
  return bytes;
}

/// See StreamNodeReader, which reads it.
void append_entry(ListpackWriter& to, const StreamBlock& block, const StreamEntry& entry) {
  const bool same_names = entry.names != nullptr;
  to.append(same_names ? stream_entry_same_names : std::int64_t{0});
  to.append(static_cast<std::int64_t>(entry.id.ms - block.base().ms));
  to.append(static_cast<std::int64_t>(entry.id.seq - block.base().seq));
  const auto fields = static_cast<std::int64_t>(entry.field_count);
  if (!same_names) to.append(fields);
  entry.for_each_field([&](std::string_view name, std::string_view value) {
    if (!same_names) to.append(name);
    to.append(value);
  });
  to.append(3 + fields + (same_names ? 0 : fields + 1));
}

std::string node_of(const StreamBlock& block) {
  ListpackWriter to(block.used_bytes() * 2);
  to.append(static_cast<std::int64_t>(block.count()));
  to.append(std::int64_t{0});
  to.append(static_cast<std::int64_t>(block.name_count()));
  block.for_each_name([&](std::string_view name) { to.append(name); });
  to.append(std::int64_t{0});
  for (StreamBlock::Place at = block.begin(); !block.is_end(at);)
    append_entry(to, block, block.take(at));
  return to.take();
}

/// IDs or records that are written in one slice.
constexpr std::size_t slice_records = 256;

struct ConsumerFacts {
  std::string_view name;
  std::int64_t seen_ms = 0;
  std::int64_t active_ms = -1;
  std::size_t pending = 0;
};

void write_facts(RdbWriter& to, RdbType type, const ConsumerFacts& facts) {
  to.string(facts.name);
  to.milliseconds(facts.seen_ms);
  if (type != RdbType::stream_2) to.milliseconds(facts.active_ms);
  to.length(facts.pending);
}

/// What was given back counts as that of a consumer without a name.
std::size_t count_released(const StreamGroup& group) {
  std::size_t count = group.pending_count();
  group.for_each_consumer(
      [&](const StreamConsumer& consumer) { count -= consumer.pending_count(); });
  return count;
}

/// In these layouts each entry is somebody's: what was given back is that of a consumer without a
/// name who was never seen, or of one who has no name.
Slices write_consumers(RdbWriter& to, RdbType type, const StreamGroup& group) {
  const std::size_t released = count_released(group);
  const StreamConsumer* const nameless = group.find_consumer("");
  const auto write_nameless = [&](const PendingEntry& entry) {
    if (entry.is_released() || (nameless != nullptr && entry.consumer == nameless->index()))
      write_raw_id(to, entry.id);
  };
  std::vector<const StreamConsumer*> consumers;
  group.for_each_consumer([&](const StreamConsumer& consumer) { consumers.push_back(&consumer); });
  const bool adds = released > 0 && nameless == nullptr;
  to.length(consumers.size() + (adds ? 1 : 0));
  if (adds) {
    write_facts(to, type, {.name = "", .pending = released});
    for (Slices ids = visit_pending<PendingEntry>(group, slice_records, write_nameless);
         ids.next();)
      co_await end_of_slice;
  }
  for (const StreamConsumer* const each : consumers) {
    const bool takes_released = each == nameless && released > 0;
    const std::size_t pending = each->pending_count() + (takes_released ? released : 0);
    write_facts(to, type, {each->name(), each->seen_ms, each->active_ms, pending});
    Slices ids = takes_released
                     ? visit_pending<PendingEntry>(group, slice_records, write_nameless)
                     : visit_pending<StreamId>(*each, slice_records,
                                               [&to](const StreamId& id) { write_raw_id(to, id); });
    while (ids.next()) co_await end_of_slice;
  }
}

Slices write_group(RdbWriter& to, RdbType type, const StreamGroup& group) {
  to.string(group.name());
  write_id(to, group.last_id);
  to.length(static_cast<std::uint64_t>(group.entries_read));
  to.length(group.pending_count());
  const auto write = [&](const PendingEntry& entry) {
    write_raw_id(to, entry.id);
    to.milliseconds(entry.told_ms());
    to.length(entry.deliveries);
  };
  for (Slices records = visit_pending<PendingEntry>(group, slice_records, write); records.next();)
    co_await end_of_slice;
  for (Slices consumers = write_consumers(to, type, group); consumers.next();)
    co_await end_of_slice;
}

/// See read_producers().
Slices write_producers(RdbWriter& to, const StreamProducers& producers) {
  to.length(static_cast<std::uint64_t>(producers.limits().duration_s));
  to.length(static_cast<std::uint64_t>(producers.limits().max_size));
  to.length(producers.producer_count());
  std::vector<const StreamProducers::Producer*> all;
  producers.for_each([&](const StreamProducers::Producer& producer) { all.push_back(&producer); });
  for (const StreamProducers::Producer* const producer : all) {
    to.string(producer->pid());
    to.length(producer->size());
    producer->for_each([&](std::string_view iid, const StreamId& id) {
      to.string(iid);
      write_id(to, id);
    });
    co_await end_of_slice;
  }
  to.length(producers.added);
  to.length(producers.duplicates);
}

}  // namespace

Slices write_stream(RdbWriter& to, const Stream& stream) {
  const StreamProducers* const producers = stream.producers();
  const RdbType type = producers != nullptr ? RdbType::stream_4 : RdbType::stream_2;
  to.length(stream.block_count());
  for (auto blocks = stream.blocks(); blocks.valid(); blocks.next()) {
    to.string(key_of(blocks.block().base()));
    to.string(node_of(blocks.block()));
    co_await end_of_slice;
  }
  to.length(stream.length());
  write_id(to, stream.last_id);
  write_id(to, stream.first_entry());
  write_id(to, stream.max_deleted_id);
  to.length(stream.entries_added);
  to.length(stream.group_count());
  std::vector<const StreamGroup*> groups;
  stream.for_each_group([&](const StreamGroup& group) { groups.push_back(&group); });
  for (const StreamGroup* const group : groups)
    for (Slices work = write_group(to, type, *group); work.next();) co_await end_of_slice;
  if (producers == nullptr) co_return;
  for (Slices work = write_producers(to, *producers); work.next();) co_await end_of_slice;
}

}  // namespace respawn::persistence
