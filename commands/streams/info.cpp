// XINFO: streams, their groups and consumers.
#include <algorithm>

#include "commands/shared/help.hpp"
#include "commands/shared/stream_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Key;
using keyspace::PendingEntry;
using keyspace::Stream;
using keyspace::StreamConsumer;
using keyspace::StreamEntry;
using keyspace::StreamGroup;
using keyspace::StreamId;

void reply_fact(Execution& x, std::string_view name, std::int64_t value) {
  x.reply.bulk(name);
  x.reply.integer(value);
}

void reply_fact(Execution& x, std::string_view name, std::size_t value) {
  reply_fact(x, name, static_cast<std::int64_t>(value));
}

void reply_fact(Execution& x, std::string_view name, const StreamId& id) {
  x.reply.bulk(name);
  reply_id(x, id);
}

/// Null when it is not known.
void reply_known(Execution& x, std::string_view name, std::optional<std::int64_t> value) {
  x.reply.bulk(name);
  value ? x.reply.integer(*value) : x.reply.null();
}

std::optional<std::int64_t> entries_read(const StreamGroup& group) {
  if (group.entries_read == StreamGroup::unknown) return std::nullopt;
  return group.entries_read;
}

/// An array of at most `most` elements (0: any number) that for_each(take) gives until take says
/// no.
template <class ForEach, class Reply>
void reply_some(Execution& x, std::uint64_t most, ForEach&& for_each, Reply&& reply) {
  const std::size_t place = x.reply.announce();
  std::uint64_t size = 0;
  for_each([&](const auto& element) {
    reply(element);
    return ++size != most;
  });
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, size);
}

/// The stream of args[2], or null with failed() set.
const Stream* find_known_stream(Execution& x, Args args) {
  const Stream* stream = find_stream(x, x.key(args[2]));
  if (!stream && !x.failed()) x.fail(errors::no_such_key);
  return stream;
}

void xinfo_consumers(Execution& x, Args args) {
  const Stream* stream = find_known_stream(x, args);
  if (x.failed()) return;
  const StreamGroup* group = stream->find_group(args[3]);
  if (group == nullptr) return x.fail(no_such_group_of_key(args[2], args[3]));
  x.reply.array(group->consumer_count());
  group->for_each_consumer([&](const StreamConsumer& each) {
    x.reply.map(4);
    x.reply.bulk("name");
    x.reply.bulk(each.name());
    reply_fact(x, "pending", each.pending_count());
    reply_fact(x, "idle", std::max<std::int64_t>(x.now_ms() - each.seen_ms, 0));
    reply_fact(x, "inactive", each.active_ms < 0 ? each.active_ms : x.now_ms() - each.active_ms);
  });
}

void xinfo_groups(Execution& x, Args args) {
  const Stream* stream = find_known_stream(x, args);
  if (x.failed()) return;
  x.reply.array(stream->group_count());
  stream->for_each_group([&](const StreamGroup& group) {
    x.reply.map(6);
    x.reply.bulk("name");
    x.reply.bulk(group.name());
    reply_fact(x, "consumers", group.consumer_count());
    reply_fact(x, "pending", group.pending_count());
    reply_fact(x, "last-delivered-id", group.last_id);
    reply_known(x, "entries-read", entries_read(group));
    reply_known(x, "lag", stream->lag(group));
  });
}

// ---- XINFO STREAM ------------------------------------------------------------------------------

/// Redis counts the nodes of its radix tree; the least it can have is one more than its keys.
void reply_stream_facts(Execution& x, const Stream& stream) {
  reply_fact(x, "length", stream.length());
  reply_fact(x, "radix-tree-keys", stream.block_count());
  reply_fact(x, "radix-tree-nodes", stream.block_count() + 1);
  reply_fact(x, "last-generated-id", stream.last_id);
  reply_fact(x, "max-deleted-entry-id", stream.max_deleted_id);
  reply_fact(x, "entries-added", static_cast<std::int64_t>(stream.entries_added));
  reply_fact(x, "recorded-first-entry-id", stream.first_entry());
}

/// As Redis 8.6, of streams that remember producers: the others answer as before.
void reply_producer_facts(Execution& x, const Stream& stream) {
  if (stream.producers() == nullptr) return;
  const keyspace::StreamProducers& producers = *stream.producers();
  const auto counts = producers.count(x.now_ms());
  reply_fact(x, "idmp-duration", producers.limits().duration_s);
  reply_fact(x, "idmp-maxsize", producers.limits().max_size);
  reply_fact(x, "pids-tracked", counts.producers);
  reply_fact(x, "iids-tracked", counts.iids);
  reply_fact(x, "iids-added", static_cast<std::int64_t>(producers.added));
  reply_fact(x, "iids-duplicates", static_cast<std::int64_t>(producers.duplicates));
}

/// How many of these there are.
std::size_t producer_facts(const Stream& stream) {
  return stream.producers() != nullptr ? 6 : 0;
}

void reply_edge(Execution& x, std::string_view name, const std::optional<StreamEntry>& entry) {
  x.reply.bulk(name);
  entry ? reply_entry(x, *entry) : x.reply.null();
}

void reply_summary(Execution& x, const Stream& stream) {
  x.reply.map(10 + producer_facts(stream));
  reply_stream_facts(x, stream);
  reply_producer_facts(x, stream);
  reply_fact(x, "groups", stream.group_count());
  const bool empty = stream.length() == 0;
  reply_edge(x, "first-entry", empty ? std::nullopt : stream.find(stream.first_entry()));
  reply_edge(x, "last-entry", empty ? std::nullopt : stream.find(stream.last_entry()));
}

void reply_consumer(Execution& x, const StreamGroup& group, const StreamConsumer& consumer,
                    std::uint64_t most) {
  x.reply.map(5);
  x.reply.bulk("name");
  x.reply.bulk(consumer.name());
  reply_fact(x, "seen-time", consumer.seen_ms);
  reply_fact(x, "active-time", consumer.active_ms);
  reply_fact(x, "pel-count", consumer.pending_count());
  x.reply.bulk("pending");
  reply_some(
      x, most, [&](auto&& take) { consumer.for_each_pending({}, take); },
      [&](const StreamId& id) {
        const PendingEntry pending = *group.find(id);
        x.reply.array(3);
        reply_id(x, id);
        x.reply.integer(pending.told_ms());
        x.reply.integer(static_cast<std::int64_t>(pending.deliveries));
      });
}

void reply_group(Execution& x, const Stream& stream, const StreamGroup& group, std::uint64_t most) {
  x.reply.map(7);
  x.reply.bulk("name");
  x.reply.bulk(group.name());
  reply_fact(x, "last-delivered-id", group.last_id);
  reply_known(x, "entries-read", entries_read(group));
  reply_known(x, "lag", stream.lag(group));
  reply_fact(x, "pel-count", group.pending_count());
  x.reply.bulk("pending");
  reply_some(
      x, most, [&](auto&& take) { group.for_each_pending({}, take); },
      [&](const PendingEntry& pending) {
        const StreamConsumer* const owner = group.consumer(pending.consumer);
        x.reply.array(4);
        reply_id(x, pending.id);
        x.reply.bulk(owner != nullptr ? owner->name() : "");
        x.reply.integer(pending.told_ms());
        x.reply.integer(static_cast<std::int64_t>(pending.deliveries));
      });
  x.reply.bulk("consumers");
  x.reply.array(group.consumer_count());
  group.for_each_consumer(
      [&](const StreamConsumer& each) { reply_consumer(x, group, each, most); });
}

void reply_everything(Execution& x, const Stream& stream, std::uint64_t most) {
  x.reply.map(9 + producer_facts(stream));
  reply_stream_facts(x, stream);
  reply_producer_facts(x, stream);
  x.reply.bulk("entries");
  reply_some(
      x, most,
      [&](auto&& take) {
        for (auto walk = stream.walk({}, keyspace::last_stream_id); walk.valid(); walk.next())
          if (!take(walk.entry())) break;
      },
      [&](const StreamEntry& entry) { reply_entry(x, entry); });
  x.reply.bulk("groups");
  x.reply.array(stream.group_count());
  stream.for_each_group([&](const StreamGroup& group) { reply_group(x, stream, group, most); });
}

/// Behind "STREAM key": nothing, or FULL and how much of everything.
Result<std::optional<std::uint64_t>> parse_full(Args args) {
  constexpr std::uint64_t usual = 10;
  std::optional<std::uint64_t> most;
  if (args.size() == 3) return most;
  if ((args.size() != 4 && args.size() != 6) || !iequals(args[3], "FULL") ||
      (args.size() == 6 && !iequals(args[4], "COUNT")))
    return failure(errors::subcommand_syntax(args[1], "xinfo"));
  most = usual;
  if (args.size() == 4) return most;
  auto count = to_integer(args[5]);
  if (!count) return failure(count.error());
  if (*count >= 0) most = static_cast<std::uint64_t>(*count);
  return most;
}

void xinfo_stream(Execution& x, Args args) {
  const Stream* stream = find_known_stream(x, args);
  if (x.failed()) return;
  auto most = parse_full(args);
  if (!most) return x.fail(most.error());
  *most ? reply_everything(x, *stream, **most) : reply_summary(x, *stream);
}

constexpr KeySpec inspected_key = keys({KeyFlag::RO, KeyFlag::access}, 2);

constexpr CommandSpec stream_info_subcommands[] = {
    command({.name = "xinfo|consumers",
             .syntax = "key group",
             .group = Group::stream,
             .flags = {Flag::readonly},
             .keys = {inspected_key},
             .tips = {"nondeterministic_output"},
             .since = "5.0.0",
             .complexity = "O(N) with N being the number of consumers.",
             .summary = "Returns the consumers of a group.",
             .run = xinfo_consumers}),
    command({.name = "xinfo|groups",
             .syntax = "key",
             .group = Group::stream,
             .flags = {Flag::readonly},
             .keys = {inspected_key},
             .since = "5.0.0",
             .complexity = "O(N) with N being the number of groups.",
             .summary = "Returns the consumer groups of a stream.",
             .run = xinfo_groups}),
    command({.name = "xinfo|help",
             .group = Group::stream,
             .flags = {Flag::loading, Flag::stale},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Returns what the subcommands do.",
             .run = container_help}),
    command({.name = "xinfo|stream",
             .syntax = "key [FULL [COUNT count]]",
             .group = Group::stream,
             .flags = {Flag::readonly},
             .keys = {inspected_key},
             .since = "5.0.0",
             .complexity = "O(1), or O(N) with N being the producers that it remembers; FULL: O(N) "
                           "with N being what it returns.",
             .summary = "Returns facts about a stream; FULL: entries and groups as well.",
             .run = xinfo_stream}),
};

constexpr CommandSpec stream_info_rows[] = {
    command({.name = "xinfo",
             .group = Group::stream,
             .since = "5.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "A container for commands that look at streams.",
             .subcommands = stream_info_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> stream_info_commands = stream_info_rows;

}  // namespace respawn::commands
