#include "persistence/stream_encoder.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "persistence/listpack.hpp"
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

struct ConsumerFacts {
  std::string_view name;
  std::int64_t seen_ms = 0;
  std::int64_t active_ms = -1;
};

void write_consumer(RdbWriter& to, RdbType type, const ConsumerFacts& facts,
                    const std::vector<StreamId>& pending) {
  to.string(facts.name);
  to.milliseconds(facts.seen_ms);
  if (type != RdbType::stream_2) to.milliseconds(facts.active_ms);
  to.length(pending.size());
  for (const StreamId& id : pending) write_raw_id(to, id);
}

std::vector<StreamId> pending_of(const StreamConsumer& consumer) {
  std::vector<StreamId> pending;
  pending.reserve(consumer.pending_count());
  consumer.for_each_pending(keyspace::first_stream_id, [&](const StreamId& id) {
    pending.push_back(id);
    return true;
  });
  return pending;
}

/// In these layouts each entry is somebody's: what was given back is that of a consumer without a
/// name who was never seen, or of one who has no name.
void write_consumers(RdbWriter& to, RdbType type, const StreamGroup& group) {
  std::vector<StreamId> released;
  group.for_each_delivery([&](const keyspace::Delivery& delivery) {
    const bool is_released = group.find(delivery.id)->is_released();
    if (is_released) released.push_back(delivery.id);
    return is_released;
  });
  const StreamConsumer* const nameless = group.find_consumer("");
  const bool adds = !released.empty() && nameless == nullptr;
  to.length(group.consumer_count() + (adds ? 1 : 0));
  std::sort(released.begin(), released.end());
  if (adds) write_consumer(to, type, {}, released);
  group.for_each_consumer([&](const StreamConsumer& consumer) {
    std::vector<StreamId> pending = pending_of(consumer);
    if (&consumer == nameless) {
      pending.insert(pending.end(), released.begin(), released.end());
      std::sort(pending.begin(), pending.end());
    }
    write_consumer(to, type, {consumer.name(), consumer.seen_ms, consumer.active_ms}, pending);
  });
}

void write_group(RdbWriter& to, RdbType type, const StreamGroup& group) {
  to.string(group.name());
  write_id(to, group.last_id);
  to.length(static_cast<std::uint64_t>(group.entries_read));
  to.length(group.pending_count());
  group.for_each_pending(keyspace::first_stream_id, [&](const PendingEntry& entry) {
    write_raw_id(to, entry.id);
    to.milliseconds(entry.told_ms());
    to.length(entry.deliveries);
    return true;
  });
  write_consumers(to, type, group);
}

/// See read_producers().
void write_producers(RdbWriter& to, const StreamProducers& producers) {
  to.length(static_cast<std::uint64_t>(producers.limits().duration_s));
  to.length(static_cast<std::uint64_t>(producers.limits().max_size));
  to.length(producers.producer_count());
  producers.for_each([&](const StreamProducers::Producer& producer) {
    to.string(producer.pid());
    to.length(producer.size());
    producer.for_each([&](std::string_view iid, const StreamId& id) {
      to.string(iid);
      write_id(to, id);
    });
  });
  to.length(producers.added);
  to.length(producers.duplicates);
}

}  // namespace

void write_stream(RdbWriter& to, const Stream& stream) {
  const StreamProducers* const producers = stream.producers();
  const RdbType type = producers != nullptr ? RdbType::stream_4 : RdbType::stream_2;
  to.length(stream.block_count());
  stream.for_each_block([&](const StreamBlock& block) {
    to.string(key_of(block.base()));
    to.string(node_of(block));
  });
  to.length(stream.length());
  write_id(to, stream.last_id);
  write_id(to, stream.first_entry());
  write_id(to, stream.max_deleted_id);
  to.length(stream.entries_added);
  to.length(stream.group_count());
  stream.for_each_group([&](const StreamGroup& group) { write_group(to, type, group); });
  if (producers != nullptr) write_producers(to, *producers);
}

}  // namespace respawn::persistence
