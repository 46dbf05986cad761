// What is pending in groups: acknowledging it, listing it, and taking it over from other consumers.
#include <algorithm>

#include "commands/shared/key_specs.hpp"
#include "commands/shared/stream_access.hpp"
#include "commands/streams/delivery.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::PendingEntry;
using keyspace::Stream;
using keyspace::StreamConsumer;
using keyspace::StreamEntry;
using keyspace::StreamGroup;
using keyspace::StreamId;
using keyspace::Type;

/// The stream at args[1], which has the group of args[2]; null, with failed() set, when there is
/// none.
const Entry* find_with_group(Execution& x, Args args, const Key& key) {
  const Entry* entry = x.find_read(key, Type::stream);
  if (x.failed()) return nullptr;
  if (entry && entry->object<Stream>().find_group(args[2]) != nullptr) return entry;
  x.fail(no_such_group(key.bytes, args[2]));
  return nullptr;
}

void xack(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_read(key, Type::stream);
  if (x.failed()) return;
  if (!entry || entry->object<Stream>().find_group(args[2]) == nullptr) return x.reply.integer(0);
  auto ids = to_stream_ids(args, 3);
  if (!ids) return x.fail(ids.error());
  Change change = x.change(key, entry);
  StreamGroup& group = *change.object<Stream>().find_group(args[2]);
  const auto acknowledged =
      std::count_if(ids->begin(), ids->end(), [&](const StreamId& id) { return group.remove(id); });
  x.changed_unseen(static_cast<std::uint64_t>(acknowledged));
  x.reply.integer(acknowledged);
}

// ---- XPENDING ----------------------------------------------------------------------------------

struct PendingQuery {
  std::int64_t min_idle_ms = 0;
  StreamId first;
  StreamId last;
  std::uint64_t count = 0;
  std::optional<std::string_view> consumer;
};

Result<PendingQuery> parse_pending_query(Args args) {
  PendingQuery query;
  std::size_t at = 3;
  if (iequals(args[at], "IDLE")) {
    auto idle_ms = to_integer(args[at + 1]);
    if (!idle_ms) return failure(idle_ms.error());
    if (args.size() < 8) return failure(std::string(errors::syntax));
    query.min_idle_ms = *idle_ms;
    at += 2;
  }
  auto count = to_integer(args[at + 2]);
  if (!count) return failure(count.error());
  query.count = static_cast<std::uint64_t>(std::max(*count, std::int64_t{0}));
  auto first = to_range_start(args[at]);
  if (!first) return failure(first.error());
  auto last = to_range_end(args[at + 1]);
  if (!last) return failure(last.error());
  query.first = *first;
  query.last = *last;
  if (at + 3 < args.size()) query.consumer = args[at + 3];
  return query;
}

void reply_pending(Execution& x, const StreamGroup& group, const PendingEntry& entry) {
  const StreamConsumer* const owner = group.consumer(entry.consumer);
  x.reply.array(4);
  reply_id(x, entry.id);
  x.reply.bulk(owner != nullptr ? owner->name() : "");
  x.reply.integer(entry.idle_ms(x.now_ms()));
  x.reply.integer(static_cast<std::int64_t>(entry.deliveries));
}

void reply_pending_list(Execution& x, const StreamGroup& group, const PendingQuery& query) {
  const StreamConsumer* only = nullptr;
  if (query.consumer && (only = group.find_consumer(*query.consumer)) == nullptr)
    return x.reply.array(0);
  const std::size_t place = x.reply.announce();
  std::uint64_t size = 0;
  const auto take = [&](const PendingEntry& entry) {
    if (entry.id > query.last || size == query.count) return false;
    if (!entry.is_idle(query.min_idle_ms, x.now_ms())) return true;
    reply_pending(x, group, entry);
    return ++size != query.count;
  };
  if (only != nullptr)
    only->for_each_pending(query.first, [&](const StreamId& id) { return take(*group.find(id)); });
  else
    group.for_each_pending(query.first, take);
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, size);
}

void reply_pending_summary(Execution& x, const StreamGroup& group) {
  x.reply.array(4);
  x.reply.integer(static_cast<std::int64_t>(group.pending_count()));
  if (group.pending_count() == 0) {
    x.reply.null();
    x.reply.null();
    return x.reply.null_array();
  }
  reply_id(x, group.first_pending());
  reply_id(x, group.last_pending());
  const std::size_t place = x.reply.announce();
  std::size_t consumers = 0;
  group.for_each_consumer([&](const StreamConsumer& each) {
    if (each.pending_count() == 0) return;
    x.reply.array(2);
    x.reply.bulk(each.name());
    x.reply.bulk_int(static_cast<std::int64_t>(each.pending_count()));
    ++consumers;
  });
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, consumers);
}

void xpending(Execution& x, Args args) {
  if (args.size() != 3 && (args.size() < 6 || args.size() > 9)) return x.fail(errors::syntax);
  std::optional<PendingQuery> query;
  if (args.size() > 3) {
    auto parsed = parse_pending_query(args);
    if (!parsed) return x.fail(parsed.error());
    query = *parsed;
  }
  const Key key = x.key(args[1]);
  const Entry* entry = find_with_group(x, args, key);
  if (x.failed()) return;
  const StreamGroup& group = *entry->object<Stream>().find_group(args[2]);
  query ? reply_pending_list(x, group, *query) : reply_pending_summary(x, group);
}

// ---- claiming ----------------------------------------------------------------------------------

Result<std::int64_t> to_min_idle_ms(std::string_view text, std::string_view error) {
  auto idle_ms = to_integer(text, error);
  if (!idle_ms) return idle_ms;
  return std::max(*idle_ms, std::int64_t{0});
}

/// What becomes of a pending entry that is claimed.
struct Claim {
  std::int64_t min_idle_ms = 0;
  std::int64_t delivered_ms = 0;
  std::optional<std::uint64_t> deliveries;  // none: one more, or as many with just_id
  bool just_id = false;
};

/// The entry is the consumer's from now on.
void claim_entry(Execution& x, const GroupAtWork& at, const Claim& claim, StreamConsumer& consumer,
                 PendingEntry entry) {
  entry.consumer = consumer.index();
  entry.delivered_ms = claim.delivered_ms;
  const bool counts = !claim.just_id && entry.deliveries < keyspace::most_counted;
  entry.deliveries = claim.deliveries.value_or(entry.deliveries + (counts ? 1 : 0));
  at.group.put(entry);
  consumer.active_ms = x.now_ms();
  propagate_pending(x, at, entry);
  x.changed_unseen();
}

void reply_claimed(Execution& x, const StreamEntry& entry, bool just_id) {
  just_id ? reply_id(x, entry.id) : reply_entry(x, entry);
}

struct ClaimRequest {
  Claim claim;
  std::vector<StreamId> ids;
  bool force = false;
  std::optional<StreamId> last_id;

  /// What is replayed of XNACK.
  [[nodiscard]] bool releases(std::string_view consumer) const {
    return consumer.empty() && claim.delivered_ms == 0 && !last_id;
  }
};

/// A time that cannot be is now.
std::int64_t to_delivery_ms(std::int64_t at_ms, std::int64_t now_ms) {
  return at_ms < 0 || at_ms > now_ms ? now_ms : at_ms;
}

Status parse_claim_option(Execution& x, ArgCursor& at, ClaimRequest& request) {
  if (at.take("FORCE")) {
    request.force = true;
  } else if (at.take("JUSTID")) {
    request.claim.just_id = true;
  } else if (at.take("IDLE", 1)) {
    auto idle_ms = to_integer(at.next(), "ERR Invalid IDLE option argument for XCLAIM");
    if (!idle_ms) return failure(idle_ms.error());
    std::int64_t at_ms = 0;
    if (__builtin_sub_overflow(x.now_ms(), *idle_ms, &at_ms)) at_ms = x.now_ms();
    request.claim.delivered_ms = to_delivery_ms(at_ms, x.now_ms());
  } else if (at.take("TIME", 1)) {
    auto at_ms = to_integer(at.next(), "ERR Invalid TIME option argument for XCLAIM");
    if (!at_ms) return failure(at_ms.error());
    // What is replayed was checked where it was said first.
    request.claim.delivered_ms = x.session().applying ? std::max(*at_ms, std::int64_t{0})
                                                      : to_delivery_ms(*at_ms, x.now_ms());
  } else if (at.take("RETRYCOUNT", 1)) {
    auto count = to_integer(at.next(), "ERR Invalid RETRYCOUNT option argument for XCLAIM");
    if (!count) return failure(count.error());
    request.claim.deliveries.reset();
    if (*count >= 0) request.claim.deliveries = static_cast<std::uint64_t>(*count);
  } else if (at.take("LASTID", 1)) {
    auto id = to_stream_id(at.next());
    if (!id) return failure(id.error());
    request.last_id = *id;
  } else {
    return failure("ERR Unrecognized XCLAIM option '" + std::string(errors::up_to_nul(at.next())) +
                   "'");
  }
  return success();
}

Result<ClaimRequest> parse_claim(Execution& x, Args args) {
  ClaimRequest request;
  auto min_idle_ms = to_min_idle_ms(args[4], "ERR Invalid min-idle-time argument for XCLAIM");
  if (!min_idle_ms) return failure(min_idle_ms.error());
  request.claim.min_idle_ms = *min_idle_ms;
  request.claim.delivered_ms = x.now_ms();
  std::size_t end = 5;
  for (; end < args.size(); ++end) {
    const auto id = to_stream_id(args[end]);
    if (!id) break;  // an option
    request.ids.push_back(*id);
  }
  for (ArgCursor at(args, end); !at.done();)
    if (Status status = parse_claim_option(x, at, request); !status) return failure(status.error());
  return request;
}

/// Says whether the entry of this ID was claimed, and replies it then.
bool claim_id(Execution& x, const GroupAtWork& at, const ClaimRequest& request,
              StreamConsumer& consumer, const StreamId& id) {
  auto pending = at.group.find(id);
  const auto entry = at.stream.find(id);
  if (!entry) {
    if (pending) drop_deleted(x, at, *pending);
    return false;
  }
  if (pending && !pending->is_idle(request.claim.min_idle_ms, x.now_ms())) return false;
  if (!pending && !request.force) return false;
  if (!pending) pending = PendingEntry{id, x.now_ms(), 1, consumer.index()};
  claim_entry(x, at, request.claim, consumer, *pending);
  reply_claimed(x, *entry, request.claim.just_id);
  return true;
}

void replay_release(Execution& x, const GroupAtWork& at, const ClaimRequest& request,
                    const StreamId& id) {
  if (at.stream.contains(id))
    at.group.release(id, request.claim.deliveries.value_or(0));
  else
    at.group.remove(id);
  x.changed_unseen();
}

void xclaim(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = find_with_group(x, args, key);
  if (x.failed()) return;
  auto request = parse_claim(x, args);
  if (!request) return x.fail(request.error());
  x.propagate_nothing();
  Change change = x.change(key, entry);
  Stream& stream = change.object<Stream>();
  const GroupAtWork at{key.bytes, stream, *stream.find_group(args[2])};
  if (x.session().applying && request->releases(args[3])) {
    for (const StreamId& id : request->ids) replay_release(x, at, *request, id);
    return x.reply.array(0);
  }
  const bool progress = request->last_id && *request->last_id > at.group.last_id;
  if (progress) at.group.last_id = *request->last_id;
  StreamConsumer& consumer = seen_consumer(x, at, args[3]);
  const std::size_t place = x.reply.announce();
  std::size_t claimed = 0;
  for (const StreamId& id : request->ids)
    if (claim_id(x, at, *request, consumer, id)) ++claimed;
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, claimed);
  if (!progress) return;
  propagate_progress(x, at);
  x.changed_unseen();
}

// ---- XAUTOCLAIM --------------------------------------------------------------------------------

struct AutoClaimRequest {
  Claim claim;
  StreamId from;
  std::uint64_t count = 100;
};

Result<AutoClaimRequest> parse_auto_claim(const Execution& x, Args args) {
  constexpr std::int64_t count_max = std::numeric_limits<std::int64_t>::max() / 16;
  AutoClaimRequest request;
  auto min_idle_ms = to_min_idle_ms(args[4], "ERR Invalid min-idle-time argument for XAUTOCLAIM");
  if (!min_idle_ms) return failure(min_idle_ms.error());
  request.claim.min_idle_ms = *min_idle_ms;
  request.claim.delivered_ms = x.now_ms();
  auto from = to_range_start(args[5]);
  if (!from) return failure(from.error());
  request.from = *from;
  for (ArgCursor at(args, 6); !at.done();) {
    if (at.take("COUNT", 1)) {
      auto count = to_integer_between(at.next(), 1, count_max, "ERR COUNT must be > 0");
      if (!count) return failure(count.error());
      request.count = static_cast<std::uint64_t>(*count);
    } else if (at.take("JUSTID")) {
      request.claim.just_id = true;
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  return request;
}

/// What a look at the pending entries came to.
struct AutoClaimed {
  StreamId next;  // where the next look starts; 0-0: there is nothing more
  std::vector<StreamEntry> entries;
  std::vector<StreamId> deleted;
};

/// Looks at no more than ten times as many entries as are wanted.
AutoClaimed claim_idle(Execution& x, const GroupAtWork& at, const AutoClaimRequest& request,
                       StreamConsumer& consumer) {
  constexpr std::uint64_t looks_each = 10;
  AutoClaimed result;
  std::uint64_t looks = request.count * looks_each;
  auto pending = at.group.first_from(request.from);
  while (pending && looks > 0 && result.entries.size() + result.deleted.size() < request.count) {
    --looks;
    const StreamId id = pending->id;
    if (const auto entry = at.stream.find(id); !entry) {
      drop_deleted(x, at, *pending);
      result.deleted.push_back(id);
    } else if (pending->is_idle(request.claim.min_idle_ms, x.now_ms())) {
      claim_entry(x, at, request.claim, consumer, *pending);
      result.entries.push_back(*entry);
    }
    const auto behind = id.next();
    pending = behind ? at.group.first_from(*behind) : std::nullopt;
  }
  if (pending) result.next = pending->id;
  return result;
}

void xautoclaim(Execution& x, Args args) {
  auto request = parse_auto_claim(x, args);
  if (!request) return x.fail(request.error());
  const Key key = x.key(args[1]);
  const Entry* entry = find_with_group(x, args, key);
  if (x.failed()) return;
  x.propagate_nothing();
  Change change = x.change(key, entry);
  Stream& stream = change.object<Stream>();
  const GroupAtWork at{key.bytes, stream, *stream.find_group(args[2])};
  StreamConsumer& consumer = seen_consumer(x, at, args[3]);
  const AutoClaimed claimed = claim_idle(x, at, *request, consumer);
  x.reply.array(3);
  reply_id(x, claimed.next);
  x.reply.array(claimed.entries.size());
  for (const StreamEntry& each : claimed.entries) reply_claimed(x, each, request->claim.just_id);
  x.reply.array(claimed.deleted.size());
  for (const StreamId& id : claimed.deleted) reply_id(x, id);
}

constexpr CommandSpec stream_claims_rows[] = {
    command({.name = "xack",
             .syntax = "key group id [id ...]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "5.0.0",
             .complexity = "O(log(N)) for each entry with N being those that are pending.",
             .summary = "Acknowledges entries that were delivered to consumers of a group.",
             .run = xack}),
    command({.name = "xpending",
             .syntax = "key group [[IDLE min-idle-time] start end count [consumer]]",
             .group = Group::stream,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .tips = {"nondeterministic_output"},
             .since = "5.0.0",
             .complexity = "O(log(N)+M) with N being the pending entries and M those looked at; "
                           "the summary O(C) with C being the consumers.",
             .summary = "Returns what was delivered to consumers of a group and not acknowledged.",
             .run = xpending}),
    command({.name = "xclaim",
             .syntax = "key group consumer min-idle-time id [id ...] [IDLE ms] "
                       "[TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] "
                       "[LASTID lastid]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "5.0.0",
             .complexity = "O(log(N)) for each entry with N being those that are pending.",
             .summary = "Makes a consumer of a group the owner of entries that are pending.",
             .run = xclaim}),
    command({.name = "xautoclaim",
             .syntax = "key group consumer min-idle-time start [COUNT count] [JUSTID]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "6.2.0",
             .complexity = "O(M*log(N)) with M being the entries looked at and N those that are "
                           "pending.",
             .summary = "Makes a consumer of a group the owner of entries that have been pending "
                        "for long.",
             .run = xautoclaim}),
};

}  // namespace

constinit const std::span<const CommandSpec> stream_claim_commands = stream_claims_rows;

}  // namespace respawn::commands
