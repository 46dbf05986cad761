// XREAD and XREADGROUP: what is new in streams, and waiting for it.
#include <algorithm>

#include "commands/shared/stream_access.hpp"
#include "commands/streams/delivery.hpp"
#include "commands/streams/read_reply.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::PendingEntry;
using keyspace::Stream;
using keyspace::StreamConsumer;
using keyspace::StreamGroup;
using keyspace::StreamId;
using keyspace::Type;

// ---- arguments ---------------------------------------------------------------------------------

enum class Reader : bool { anybody, group };

struct ReadRequest {
  std::int64_t timeout_ms = -1;  // -1: does not wait
  ReadLimits limits;
  bool acknowledged = false;  // NOACK: at once
  std::optional<std::int64_t> claims_after_ms;
  bool has_group = false;
  std::string_view group;
  std::string_view consumer;
  Args keys;
  Args ids;
};

/// One of the streams.
struct Source {
  Key key;
  const Entry* entry;  // null: none
  StreamId after;
  bool is_new = false;  // ">": what nobody of the group has read
};

constexpr std::string_view only_for_groups(bool is_group_option) {
  return is_group_option
             ? "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."
             : "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.";
}

/// Options up to STREAMS, and what is behind it.
class ReadParser {
 public:
  ReadParser(Execution& x, Args args, Reader reader)
      : x_(x), args_(args), at_(args, 1), of_group_(reader == Reader::group) {}

  Result<ReadRequest> parse() {
    while (!at_.done() && request_.keys.empty())
      if (Status status = option(); !status) return failure(status.error());
    if (request_.keys.empty()) return failure(std::string(errors::syntax));
    if (of_group_ && !request_.has_group) return failure("ERR Missing GROUP option for XREADGROUP");
    const ReadLimits& limits = request_.limits;
    if (limits.max_count != 0 && limits.max_count < limits.count)
      return failure("ERR MAXCOUNT must be greater than or equal to COUNT");
    return request_;
  }

 private:
  Status option() {
    if (at_.take("BLOCK", 1)) return block();
    if (at_.take("COUNT", 1)) return count();
    if (at_.take("MAXCOUNT", 1))
      return maximum("ERR MAXCOUNT must be a positive integer", request_.limits.max_count);
    if (at_.take("MAXSIZE", 1))
      return maximum("ERR MAXSIZE must be a positive integer", request_.limits.max_bytes);
    if (at_.take("STREAMS", 1)) return streams();
    if (at_.take("GROUP", 2)) {
      if (!of_group_) return failure(std::string(only_for_groups(true)));
      request_.group = at_.next();
      request_.consumer = at_.next();
      request_.has_group = true;
      return success();
    }
    if (at_.take("CLAIM", 1)) return claim();
    if (!at_.take("NOACK")) return failure(std::string(errors::syntax));
    if (!of_group_) return failure(std::string(only_for_groups(false)));
    request_.acknowledged = true;
    return success();
  }

  Status claim() {
    if (!of_group_)
      return failure(
          "ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.");
    auto idle_ms = to_integer(at_.next(), "ERR min-idle-time is not an integer");
    if (!idle_ms) return failure(idle_ms.error());
    if (*idle_ms < 0) return failure("ERR min-idle-time must be a positive integer");
    request_.claims_after_ms = *idle_ms;
    return success();
  }

  Status block() {
    if (x_.session().script_of != nullptr)
      return failure("ERR " + std::string(errors::up_to_nul(args_[0])) +
                     " command is not allowed with BLOCK option from scripts");
    auto timeout_ms = to_integer(at_.next(), "ERR timeout is not an integer or out of range");
    if (!timeout_ms) return failure(timeout_ms.error());
    if (*timeout_ms < 0) return failure(std::string(errors::timeout_negative));
    if (*timeout_ms > std::numeric_limits<std::int64_t>::max() - x_.now_ms())
      return failure(std::string(errors::timeout_out_of_range));
    request_.timeout_ms = *timeout_ms;
    return success();
  }

  Status count() {
    auto count = to_integer(at_.next());
    if (!count) return failure(count.error());
    request_.limits.count = static_cast<std::uint64_t>(std::max(*count, std::int64_t{0}));
    return success();
  }

  Status maximum(std::string_view error, std::uint64_t& limit) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    auto value = to_integer_between(at_.next(), 1, most, error);
    if (!value) return failure(value.error());
    limit = static_cast<std::uint64_t>(*value);
    return success();
  }

  Status streams() {
    const std::size_t left = at_.left();
    if (left % 2 != 0)
      return failure("ERR Unbalanced '" + std::string(x_.spec().name) +
                     "' list of streams: for each stream key an ID or '" + (of_group_ ? ">" : "$") +
                     "' must be specified.");
    request_.keys = args_.subspan(at_.position(), left / 2);
    request_.ids = args_.subspan(at_.position() + left / 2);
    return success();
  }

  Execution& x_;
  Args args_;
  ArgCursor at_;
  bool of_group_;
  ReadRequest request_;
};

constexpr std::string_view dollar_in_group =
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of "
    "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would "
    "just return an empty result set.";
constexpr std::string_view plus_in_group =
    "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of "
    "this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would "
    "just return an empty result set.";
constexpr std::string_view new_without_group =
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> "
    "option.";

/// "$": the last entry that was, "+": the last one but what was before it.
Result<StreamId> last_of(const Entry* entry, bool itself) {
  const StreamId last = entry != nullptr ? entry->object<Stream>().last_id : StreamId{};
  if (!itself || entry == nullptr) return last;
  if (const auto before = last.previous()) return *before;
  return failure("ERR the stream last element ID is 0-0");
}

/// Behind which ID the source is read.
Status resolve(const ReadRequest& request, std::string_view id, Source& source) {
  const bool dollar = id == "$";
  if (dollar || id == "+") {
    if (request.has_group) return failure(std::string(dollar ? dollar_in_group : plus_in_group));
    auto last = last_of(source.entry, !dollar);
    if (!last) return failure(last.error());
    source.after = *last;
    return success();
  }
  if (id == ">") {
    if (!request.has_group) return failure(std::string(new_without_group));
    source.is_new = true;
    return success();
  }
  auto after = to_stream_id(id);
  if (!after) return failure(after.error());
  source.after = *after;
  source.is_new = request.has_group && *after == keyspace::last_stream_id;
  return success();
}

/// Looks at all streams before any is read. What a waiting command resolved at first stays.
Result<std::vector<Source>> find_sources(Execution& x, const ReadRequest& request) {
  std::vector<Source> sources;
  sources.reserve(request.keys.size());
  for (std::size_t i = 0; i < request.keys.size(); ++i) {
    const Key key = x.key(request.keys[i]);
    Source& source = sources.emplace_back(Source{key, x.find_read(key), {}, false});
    if (source.entry != nullptr && source.entry->type() != Type::stream)
      return failure(std::string(errors::wrong_type));
    if (request.has_group &&
        (source.entry == nullptr || !source.entry->object<Stream>().find_group(request.group)))
      return failure(no_such_group(key.bytes, request.group) + " in XREADGROUP with GROUP option");
    if (Status status = resolve(request, request.ids[i], source); !status)
      return failure(status.error());
    if (x.resuming() && x.resolved().size() == 2 * request.keys.size())
      source.after = {x.resolved()[2 * i], x.resolved()[2 * i + 1]};
  }
  return sources;
}

// ---- serving -----------------------------------------------------------------------------------

void read_stream(ReadReply& reply, const Source& source) {
  const Stream& stream = source.entry->object<Stream>();
  if (stream.length() == 0 || stream.last_entry() <= source.after) return;
  reply.begin(source.key.bytes);
  for (auto walk = stream.walk(*source.after.next(), keyspace::last_stream_id);
       walk.valid() && !reply.is_full(); walk.next())
    reply.add(walk.entry());
  reply.end();
}

/// What nobody of the group has read becomes pending at the consumer, unless it is acknowledged.
void deliver_new(Execution& x, ReadReply& reply, const ReadRequest& request, const GroupAtWork& at,
                 StreamConsumer& consumer) {
  auto walk = at.stream.walk(*at.group.last_id.next(), keyspace::last_stream_id);
  for (; walk.valid() && !reply.is_full(); walk.next()) {
    at.stream.advance(at.group, walk.id());
    if (request.claims_after_ms)
      reply.add_with_history(walk.entry(), 0, 0);
    else
      reply.add(walk.entry());
    if (request.acknowledged) continue;
    const PendingEntry pending{walk.id(), x.now_ms(), 1, consumer.index()};
    at.group.put(pending);
    consumer.active_ms = x.now_ms();
    propagate_pending(x, at, pending);
  }
  propagate_progress(x, at);
}

/// What has been pending for long, the longest first, at most so many (0: any number). What was
/// deleted is pending no more.
std::vector<PendingEntry> find_idle(Execution& x, const ReadRequest& request, const GroupAtWork& at,
                                    std::uint64_t most) {
  std::vector<PendingEntry> idle;
  if (!request.claims_after_ms) return idle;
  std::vector<PendingEntry> deleted;
  at.group.for_each_delivery([&](const keyspace::Delivery& delivery) {
    const PendingEntry pending = *at.group.find(delivery.id);
    if (!pending.is_idle(*request.claims_after_ms, x.now_ms())) return false;
    (at.stream.contains(pending.id) ? idle : deleted).push_back(pending);
    return most == 0 || idle.size() != most;
  });
  for (const PendingEntry& each : deleted) drop_deleted(x, at, each);
  return idle;
}

/// It becomes this consumer's.
void deliver_idle(Execution& x, ReadReply& reply, const GroupAtWork& at, StreamConsumer& consumer,
                  const std::vector<PendingEntry>& idle) {
  for (PendingEntry pending : idle) {
    if (reply.is_full()) return;
    reply.add_with_history(*at.stream.find(pending.id), pending.idle_ms(x.now_ms()),
                           pending.deliveries);
    pending.consumer = consumer.index();
    pending.delivered_ms = x.now_ms();
    keyspace::count_one(pending.deliveries);
    at.group.put(pending);
    consumer.active_ms = x.now_ms();
    propagate_pending(x, at, pending);
  }
}

/// What is pending at the consumer is delivered again.
void deliver_history(Execution& x, ReadReply& reply, const ReadRequest& request,
                     const GroupAtWork& at, const StreamId& after) {
  const StreamConsumer& consumer = *at.group.find_consumer(request.consumer);
  consumer.for_each_pending(after.next().value_or(StreamId{}), [&](const StreamId& id) {
    if (reply.is_full()) return false;
    const auto entry = at.stream.find(id);
    if (!entry) {
      reply.add_deleted(id);
      return true;
    }
    reply.add(*entry);
    PendingEntry pending = *at.group.find(id);
    pending.delivered_ms = x.now_ms();
    keyspace::count_one(pending.deliveries);
    at.group.put(pending);
    propagate_pending(x, at, pending);
    return true;
  });
}

void read_as_consumer(Execution& x, ReadReply& reply, const ReadRequest& request,
                      const Source& source) {
  Change change = x.change(source.key, source.entry);
  Stream& stream = change.object<Stream>();
  const GroupAtWork at{source.key.bytes, stream, *stream.find_group(request.group)};
  StreamConsumer& consumer = seen_consumer(x, at, request.consumer);
  const std::vector<PendingEntry> idle =
      source.is_new ? find_idle(x, request, at, reply.room()) : std::vector<PendingEntry>();
  const bool has_new = stream.length() > 0 && stream.last_entry() > at.group.last_id;
  if (source.is_new && !has_new && idle.empty()) return;
  reply.begin(source.key.bytes);
  deliver_idle(x, reply, at, consumer, idle);
  if (source.is_new && has_new)
    deliver_new(x, reply, request, at, consumer);
  else if (!source.is_new)
    deliver_history(x, reply, request, at, source.after);
  reply.end();
  x.changed_unseen();
}

/// When, at the latest, something that is pending or will be then may have been so for long enough.
std::int64_t ms_until_idle(Execution& x, const ReadRequest& request,
                           const std::vector<Source>& sources) {
  constexpr std::int64_t shortest = 10;
  std::int64_t soonest = std::max(*request.claims_after_ms, shortest);
  for (const Source& source : sources) {
    const StreamGroup& group = *source.entry->object<Stream>().find_group(request.group);
    if (const auto oldest = group.oldest_from(keyspace::first_delivery))
      soonest = std::min(soonest, std::max(shortest, *request.claims_after_ms -
                                                         (x.now_ms() - oldest->delivered_ms)));
  }
  return std::min(soonest, std::numeric_limits<std::int64_t>::max() / 2000);
}

/// Waits for what would be new, with the IDs as they were understood now.
void wait_for_entries(Execution& x, const ReadRequest& request,
                      const std::vector<Source>& sources) {
  BlockRequest& block =
      x.block_on(request.keys, Type::stream, request.timeout_ms, TimeoutReply::null_array);
  block.minds_loss = request.has_group;
  if (request.claims_after_ms) block.look_again_ms = ms_until_idle(x, request, sources);
  for (const Source& source : sources) {
    block.resolved.push_back(source.after.ms);
    block.resolved.push_back(source.after.seq);
  }
}

void read(Execution& x, Args args, Reader reader) {
  if (reader == Reader::group) x.propagate_nothing();
  auto request = ReadParser(x, args, reader).parse();
  if (!request) return x.fail(request.error());
  auto sources = find_sources(x, *request);
  if (!sources) return x.fail(sources.error());
  ReadReply reply(x, request->limits);
  for (const Source& source : *sources) {
    if (reply.is_spent()) break;
    if (source.entry == nullptr) continue;
    if (request->has_group)
      read_as_consumer(x, reply, *request, source);
    else
      read_stream(reply, source);
  }
  if (reply.finish()) return;
  if (request->timeout_ms < 0) return x.reply.null_array();
  wait_for_entries(x, *request, *sources);
}

void xread(Execution& x, Args args) {
  read(x, args, Reader::anybody);
}

void xreadgroup(Execution& x, Args args) {
  read(x, args, Reader::group);
}

/// As many keys as IDs behind the word.
constexpr KeySpec stream_keys(int search_from) {
  KeySpec spec;
  spec.flags = {KeyFlag::RO, KeyFlag::access};
  spec.begin = KeySpec::Begin::keyword;
  spec.keyword = "STREAMS";
  spec.index = static_cast<std::int16_t>(search_from);
  spec.last_or_keynum = -1;
  spec.limit = 2;
  return spec;
}

constexpr CommandSpec stream_reads_rows[] = {
    command({.name = "xread",
             .syntax = "[COUNT count] [MAXCOUNT maxcount] [MAXSIZE maxsize] [BLOCK milliseconds] "
                       "STREAMS key [key ...] id [id ...]",
             .group = Group::stream,
             .flags = {Flag::readonly, Flag::blocking, Flag::movablekeys},
             .keys = {stream_keys(1)},
             .since = "5.0.0",
             .complexity = "O(log(N)+M) for each stream with N being its entries and M the number "
                           "of those returned.",
             .summary = "Returns what is behind given entries of streams; waits while there is "
                        "nothing.",
             .run = xread}),
    command({.name = "xreadgroup",
             .syntax = "GROUP group consumer [COUNT count] [MAXCOUNT maxcount] [MAXSIZE maxsize] "
                       "[BLOCK milliseconds] [CLAIM min-idle-time] [NOACK] STREAMS "
                       "key [key ...] id [id ...]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::blocking, Flag::movablekeys},
             .keys = {stream_keys(4)},
             .since = "5.0.0",
             .complexity = "O(log(N)+M*log(P)) for each stream with N being its entries, M the "
                           "number of those returned and P of those that are pending.",
             .summary = "Delivers entries of streams to a consumer of a group, new ones or those "
                        "that it has not acknowledged; waits while there is nothing new.",
             .run = xreadgroup}),
};

}  // namespace

constinit const std::span<const CommandSpec> stream_read_commands = stream_reads_rows;

}  // namespace respawn::commands
