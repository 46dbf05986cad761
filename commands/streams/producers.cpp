// XCFGSET and XIDMPRECORD, and what XADD has to do with producers. As in Redis 8.6 and 8.8.
#include "commands/streams/producers.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/message_digest.hpp"
#include "commands/shared/key_specs.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::Produced;
using keyspace::ProducerLimits;
using keyspace::Stream;
using keyspace::StreamId;
using keyspace::StreamProducers;
using keyspace::Type;

void append_digest(std::string& to, std::string_view text) {
  const Sha256Digest digest = sha256(text);
  to.append(reinterpret_cast<const char*>(digest.data()), digest.size());
}

/// Which other streams of equal data would have by another configuration.
void propagate_limits(Execution& x, std::string_view key, const ProducerLimits& limits) {
  x.propagate_as("XCFGSET", key, "IDMP-DURATION", limits.duration_s, "IDMP-MAXSIZE",
                 limits.max_size);
}

}  // namespace

Result<ProducedOption> parse_produced(ArgCursor& at, bool automatic) {
  ProducedOption option;
  option.at = at.position() - 1;
  option.words = automatic ? 2 : 3;
  option.pid = at.next();
  if (option.pid.empty())
    return failure(std::string("ERR ") + (automatic ? "IDMPAUTO" : "IDMP") +
                   " requires a non-empty producer ID");
  if (automatic) return option;
  option.iid = at.next();
  if (option.iid.empty()) return failure("ERR IDMP requires a non-empty idempotent ID");
  return option;
}

std::string iid_of_fields(Args fields) {
  constexpr std::size_t iid_bytes = 16;
  std::vector<std::string> pairs;
  pairs.reserve(fields.size() / 2);
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    std::string& pair = pairs.emplace_back();
    append_digest(pair, fields[i]);
    append_digest(pair, fields[i + 1]);
  }
  std::sort(pairs.begin(), pairs.end());
  std::string all;
  for (const std::string& pair : pairs) all += pair;
  std::string iid;
  append_digest(iid, all);
  iid.resize(iid_bytes);
  return iid;
}

ProducerLimits producer_limits(const Execution& x) {
  return {.duration_s = x.config().stream_idmp_duration_s,
          .max_size = x.config().stream_idmp_max_size};
}

bool reply_known(Execution& x, const Key& key, const Entry* entry, const Produced& produced) {
  const StreamProducers* const known = entry ? entry->object<Stream>().producers() : nullptr;
  if (known == nullptr) return false;
  const auto id = known->find(produced);
  if (!id || known->is_over(*id, x.expiry_now_ms())) return false;
  Change change = x.change(key, entry);
  keyspace::count_one(change.object<Stream>().producers()->duplicates);
  reply_id(x, *id);
  x.changed_silently(key.bytes);
  x.propagate_nothing();
  return true;
}

void propagate_produced(Execution& x, std::string_view key, const Produced& produced,
                        const Stream& stream, bool is_first) {
  if (!x.recorded()) return;
  if (is_first) propagate_limits(x, key, stream.producers()->limits());
  x.propagate_as("XIDMPRECORD", key, produced.pid, produced.iid,
                 StreamIdText(*stream.producers()->find(produced)).view());
}

namespace {

// ---- XCFGSET -----------------------------------------------------------------------------------

struct NewProducerLimits {
  std::optional<std::int64_t> duration_s;
  std::optional<std::int64_t> max_size;
};

Status parse_limit(ArgCursor& at, std::int64_t most, std::string_view error,
                   std::optional<std::int64_t>& limit) {
  auto value = to_integer(at.next());
  if (!value) return failure(value.error());
  if (*value < 1 || *value > most) return failure(std::string(error));
  limit = *value;
  return success();
}

Result<NewProducerLimits> parse_limits(Args args) {
  NewProducerLimits limits;
  if (args.size() == 2) return failure("ERR At least one parameter must be specified");
  for (ArgCursor at(args, 2); !at.done();) {
    Status status = success();
    if (at.take("IDMP-DURATION", 1))
      status =
          parse_limit(at, ProducerLimits::duration_max_s,
                      "ERR IDMP-DURATION must be between 1 and 86400 seconds", limits.duration_s);
    else if (at.take("IDMP-MAXSIZE", 1))
      status = parse_limit(at, ProducerLimits::max_size_max,
                           "ERR IDMP-MAXSIZE must be between 1 and 10000 entries", limits.max_size);
    else
      return failure(std::string(errors::syntax));
    if (!status) return failure(status.error());
  }
  return limits;
}

/// With other limits all that was remembered is forgotten.
void set_limits(Execution& x, Change& change, const ProducerLimits& limits) {
  const StreamProducers& before = change.producers(limits);
  if (before.limits() == limits) return;
  auto fresh = std::make_unique<StreamProducers>(limits);
  fresh->added = before.added;
  fresh->duplicates = before.duplicates;
  x.store().databases.garbage().take(change.object<Stream>().set_producers(std::move(fresh)), 0);
}

void xcfgset(Execution& x, Args args) {
  auto wanted = parse_limits(args);
  if (!wanted) return x.fail(wanted.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry) return x.fail(errors::no_such_key);
  const StreamProducers* const before = entry->object<Stream>().producers();
  const ProducerLimits was = before != nullptr ? before->limits() : producer_limits(x);
  const ProducerLimits limits{wanted->duration_s.value_or(was.duration_s),
                              wanted->max_size.value_or(was.max_size)};
  x.reply.ok();
  if (before != nullptr && limits == was) return;
  Change change = x.change(key, entry);
  set_limits(x, change, limits);
  x.changed_silently(key.bytes);
  propagate_limits(x, key.bytes, limits);
}

// ---- XIDMPRECORD -------------------------------------------------------------------------------

/// What is replayed was right when it was done: the entry may be gone since, and another one may
/// have had the iid before, which is over where it was done.
Status check_record(Execution& x, const Stream& stream, const Produced& produced,
                    const StreamId& id) {
  if (x.session().applying) return success();
  if (!stream.contains(id))
    return failure("ERR The specified stream ID was deleted or doesn't exist");
  const StreamProducers* const known = stream.producers();
  const auto before = known != nullptr ? known->find(produced) : std::nullopt;
  if (before && *before != id && !known->is_over(*before, x.now_ms()))
    return failure(
        "ERR The specified IDMP producer-id/idempotent-id pair maps to a different stream ID");
  return success();
}

void xidmprecord(Execution& x, Args args) {
  const Produced produced{args[2], args[3]};
  if (produced.pid.empty()) return x.fail("ERR IDMP requires a non-empty producer ID");
  if (produced.iid.empty()) return x.fail("ERR IDMP requires a non-empty idempotent ID");
  auto id = to_stream_id(args[4]);
  if (!id) return x.fail(id.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry) return x.fail(errors::no_such_key);
  const Stream& stream = entry->object<Stream>();
  if (Status status = check_record(x, stream, produced, *id); !status)
    return x.fail(status.error());
  x.reply.ok();
  const bool is_first = stream.producers() == nullptr;
  if (!is_first && stream.producers()->find(produced) == *id) return;
  Change change = x.change(key, entry);
  StreamProducers& producers = change.producers(producer_limits(x));
  producers.forget_over(x.expiry_now_ms());
  producers.record(produced, *id);
  keyspace::count_one(producers.added);
  x.changed_silently(key.bytes);
  if (is_first) propagate_limits(x, key.bytes, producers.limits());
  x.propagate_as("XIDMPRECORD", key.bytes, produced.pid, produced.iid, StreamIdText(*id).view());
}

constexpr CommandSpec stream_producer_rows[] = {
    command({.name = "xcfgset",
             .syntax = "key [IDMP-DURATION idmp-duration] [IDMP-MAXSIZE idmp-maxsize]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "8.6.0",
             .complexity = "O(1)",
             .summary = "Sets how long a stream remembers what its producers have added, and how "
                        "much of it.",
             .run = xcfgset}),
    command({.name = "xidmprecord",
             .syntax = "key producer-id idempotent-id stream-id",
             .group = Group::stream,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "8.8.0",
             .complexity = "O(log(N)) with N being the producers that the stream remembers.",
             .summary = "Has a stream remember that a producer has added an entry.",
             .run = xidmprecord}),
};

}  // namespace

constinit const std::span<const CommandSpec> stream_producer_commands = stream_producer_rows;

}  // namespace respawn::commands
