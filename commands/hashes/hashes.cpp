// Hashes: setting, reading and removing fields. Random fields and scans are in samples.cpp,
// the expiry of fields in field_expiry.cpp.
#include <algorithm>
#include <cmath>

#include "commands/families.hpp"
#include "commands/shared/hash_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::FieldScratch;
using keyspace::Hash;
using keyspace::HashField;
using keyspace::Key;
using keyspace::MemberKey;
using keyspace::never;

/// The hash to be changed, which is made when there is none.
Hash& open_hash(Execution& x, Change& change) {
  if (!change.entry()) {
    change.set_object(std::make_unique<Hash>());
    x.created(change.key().bytes);
  }
  return change.object<Hash>();
}

/// Whether the field is new; one whose time is over is as good as new. Its expiry goes.
bool set_field(Execution& x, Change& change, const MemberKey& field, std::string_view value) {
  Hash& hash = change.object<Hash>();
  FieldScratch scratch;
  if (hash.expires()) static_cast<void>(live_field(x, change, field, scratch));
  return hash.set(field, value, never, hash_limits(x));
}

/// "field value" in turn, in `pairs`. Says how many fields are new.
std::int64_t set_fields(Execution& x, Change& change, Args pairs) {
  std::size_t longest = 0;
  for (std::string_view text : pairs) longest = std::max(longest, text.size());
  open_hash(x, change).expect(pairs.size() / 2, longest, hash_limits(x));
  std::int64_t created = 0;
  for (std::size_t i = 0; i < pairs.size(); i += 2)
    created += set_field(x, change, MemberKey(pairs[i]), pairs[i + 1]) ? 1 : 0;
  return created;
}

enum class SetReply : bool { ok, created };

void set_many(Execution& x, Args args, SetReply kind) {
  if (args.size() % 2 == 1) return x.fail(errors::wrong_arity(x.spec().name));
  const Key key = x.key(args[1]);
  const Entry* entry = write_hash(x, key);
  if (x.failed()) return;
  Change change = x.change(key, entry);
  const std::int64_t created = set_fields(x, change, args.subspan(2));
  x.changed(key.bytes, hash_event, "hset", args.size() / 2 - 1);
  kind == SetReply::ok ? x.reply.ok() : x.reply.integer(created);
}

void hset(Execution& x, Args args) {
  set_many(x, args, SetReply::created);
}

void hmset(Execution& x, Args args) {
  set_many(x, args, SetReply::ok);
}

void hsetnx(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = write_hash(x, key);
  if (x.failed()) return;
  FieldScratch scratch;
  if (entry && live_field(x, entry->object<Hash>(), MemberKey(args[2]), scratch))
    return x.reply.integer(0);
  Change change = x.change(key, entry);
  set_fields(x, change, args.subspan(2));
  x.changed(key.bytes, hash_event, "hset");
  x.reply.integer(1);
}

void reply_field(Execution& x, const Hash* hash, std::string_view field) {
  FieldScratch scratch;
  const auto found = hash ? live_field(x, *hash, MemberKey(field), scratch) : std::nullopt;
  found ? x.reply.bulk(found->value) : x.reply.null();
}

void hget(Execution& x, Args args) {
  const Hash* hash = read_hash(x, x.key(args[1]));
  if (!x.failed()) reply_field(x, hash, args[2]);
}

void hmget(Execution& x, Args args) {
  const Hash* hash = read_hash(x, x.key(args[1]));
  if (x.failed()) return;
  x.reply.array(args.size() - 2);
  for (std::string_view field : args.subspan(2)) reply_field(x, hash, field);
}

void hdel(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = write_hash(x, key);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  Change change = x.change(key, entry);
  std::int64_t removed = 0;
  FieldScratch scratch;
  for (std::string_view text : args.subspan(2)) {
    const MemberKey field(text);
    if (!live_field(x, change, field, scratch)) continue;
    change.object<Hash>().erase(field);
    ++removed;
  }
  if (removed > 0) x.changed(key.bytes, hash_event, "hdel", static_cast<std::uint64_t>(removed));
  x.erase_if_empty(change);
  x.reply.integer(removed);
}

void hlen(Execution& x, Args args) {
  const Hash* hash = read_hash(x, x.key(args[1]));
  if (!x.failed()) x.reply.integer(hash ? static_cast<std::int64_t>(hash->size()) : 0);
}

void hstrlen(Execution& x, Args args) {
  const Hash* hash = read_hash(x, x.key(args[1]));
  if (x.failed()) return;
  FieldScratch scratch;
  const auto found = hash ? live_field(x, *hash, MemberKey(args[2]), scratch) : std::nullopt;
  x.reply.integer(found ? static_cast<std::int64_t>(found->value.size()) : 0);
}

void hexists(Execution& x, Args args) {
  const Hash* hash = read_hash(x, x.key(args[1]));
  if (x.failed()) return;
  FieldScratch scratch;
  x.reply.integer(hash && live_field(x, *hash, MemberKey(args[2]), scratch) ? 1 : 0);
}

/// Calls visit(HashField) for each field whose time is not over; says how many.
template <class Visitor>
std::size_t for_live(const Execution& x, const Hash& hash, Visitor&& visit) {
  std::size_t count = 0;
  hash.for_each([&](const HashField& each) {
    if (each.expired(x.expiry_now_ms())) return;
    ++count;
    visit(each);
  });
  return count;
}

void hgetall(Execution& x, Args args) {
  const Hash* hash = read_hash(x, x.key(args[1]));
  if (x.failed()) return;
  if (!hash) return x.reply.map(0);
  const std::size_t place = x.reply.announce();
  const std::size_t count = for_live(x, *hash, [&](const HashField& each) {
    x.reply.bulk(each.field);
    x.reply.bulk(each.value);
  });
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::map, count);
}

void reply_parts(Execution& x, Args args, std::string_view HashField::*part) {
  const Hash* hash = read_hash(x, x.key(args[1]));
  if (x.failed()) return;
  if (!hash) return x.reply.array(0);
  const std::size_t place = x.reply.announce();
  const std::size_t count =
      for_live(x, *hash, [&](const HashField& each) { x.reply.bulk(each.*part); });
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, count);
}

void hkeys(Execution& x, Args args) {
  reply_parts(x, args, &HashField::field);
}

void hvals(Execution& x, Args args) {
  reply_parts(x, args, &HashField::value);
}

// Counting. The expiry of the field stays.

/// Sets the field to a sum; returns its expiry.
std::int64_t count_to(Execution& x, Change& change, const MemberKey& field, std::string_view sum) {
  Hash& hash = open_hash(x, change);
  FieldScratch scratch;
  const auto found = live_field(x, change, field, scratch);
  const std::int64_t expire_at_ms = found ? found->expire_at_ms : never;
  hash.set(field, sum, expire_at_ms, hash_limits(x));
  return expire_at_ms;
}

void hincrby(Execution& x, Args args) {
  auto amount = to_integer(args[3]);
  if (!amount) return x.fail(amount.error());
  const Key key = x.key(args[1]);
  const Entry* entry = write_hash(x, key);
  if (x.failed()) return;
  const MemberKey field(args[2]);
  FieldScratch scratch;
  const auto found = entry ? live_field(x, entry->object<Hash>(), field, scratch) : std::nullopt;
  std::int64_t value = 0;
  if (found) {
    const auto number = parse_int64(found->value);
    if (!number) return x.fail("ERR hash value is not an integer");
    value = *number;
  }
  if (__builtin_add_overflow(value, *amount, &value)) return x.fail(errors::overflow);
  Change change = x.change(key, entry);
  count_to(x, change, field, format_int(value));
  x.changed(key.bytes, hash_event, "hincrby");
  x.reply.integer(value);
}

void hincrbyfloat(Execution& x, Args args) {
  const auto amount = parse_long_double(args[3]);
  if (!amount) return x.fail(errors::not_a_float);
  if (!std::isfinite(*amount)) return x.fail("ERR value is NaN or Infinity");
  const Key key = x.key(args[1]);
  const Entry* entry = write_hash(x, key);
  if (x.failed()) return;
  const MemberKey field(args[2]);
  FieldScratch scratch;
  const auto found = entry ? live_field(x, entry->object<Hash>(), field, scratch) : std::nullopt;
  const auto before = found ? parse_long_double(found->value) : 0.0L;
  if (!before) return x.fail("ERR hash value is not a float");
  const long double sum = *before + *amount;
  if (!std::isfinite(sum)) return x.fail(errors::nan_or_infinity);
  const std::string text = format_long_double(sum);
  Change change = x.change(key, entry);
  const std::int64_t expire_at_ms = count_to(x, change, field, text);
  x.propagate_as("HSET", args[1], args[2], text);
  // HSET removes it.
  if (expire_at_ms != never)
    x.propagate_as("HPEXPIREAT", args[1], expire_at_ms, "FIELDS", 1, args[2]);
  x.changed(key.bytes, hash_event, "hincrbyfloat");
  x.reply.bulk(text);
}

constexpr CommandSpec hashes_rows[] = {
    command({.name = "hset",
             .syntax = "key field value [field value ...]",
             .group = Group::hash,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of fields given.",
             .summary = "Sets fields of a hash; makes the hash when there is none.",
             .run = hset}),
    command({.name = "hmset",
             .syntax = "key field value [field value ...]",
             .group = Group::hash,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of fields given.",
             .summary = "Sets fields of a hash.",
             .deprecated_since = "4.0.0",
             .replaced_by = "`HSET` with multiple field-value pairs",
             .run = hmset}),
    command({.name = "hsetnx",
             .syntax = "key field value",
             .group = Group::hash,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 1)},
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Sets a field of a hash, unless it is there already.",
             .run = hsetnx}),
    command({.name = "hget",
             .syntax = "key field",
             .group = Group::hash,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Reads the value of a field.",
             .run = hget}),
    command({.name = "hmget",
             .syntax = "key field [field ...]",
             .group = Group::hash,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of fields given.",
             .summary = "Reads the values of fields.",
             .run = hmget}),
    command({.name = "hdel",
             .syntax = "key field [field ...]",
             .group = Group::hash,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 1)},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of fields given.",
             .summary = "Removes fields from a hash.",
             .run = hdel}),
    command({.name = "hlen",
             .syntax = "key",
             .group = Group::hash,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Says how many fields a hash has.",
             .run = hlen}),
    command({.name = "hstrlen",
             .syntax = "key field",
             .group = Group::hash,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "3.2.0",
             .complexity = "O(1)",
             .summary = "Says how long the value of a field is.",
             .run = hstrlen}),
    command({.name = "hexists",
             .syntax = "key field",
             .group = Group::hash,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Says whether a hash has a field.",
             .run = hexists}),
    command({.name = "hgetall",
             .syntax = "key",
             .group = Group::hash,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output_order"},
             .since = "2.0.0",
             .complexity = "O(N) with N being the size of the hash.",
             .summary = "Lists all fields of a hash with their values.",
             .run = hgetall}),
    command({.name = "hkeys",
             .syntax = "key",
             .group = Group::hash,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output_order"},
             .since = "2.0.0",
             .complexity = "O(N) with N being the size of the hash.",
             .summary = "Lists all fields of a hash.",
             .run = hkeys}),
    command({.name = "hvals",
             .syntax = "key",
             .group = Group::hash,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output_order"},
             .since = "2.0.0",
             .complexity = "O(N) with N being the size of the hash.",
             .summary = "Lists the values of all fields of a hash.",
             .run = hvals}),
    command({.name = "hincrby",
             .syntax = "key field increment",
             .group = Group::hash,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::update}, 1)},
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Adds to the integer in a field.",
             .run = hincrby}),
    command({.name = "hincrbyfloat",
             .syntax = "key field increment",
             .group = Group::hash,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::update}, 1)},
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Adds to the number in a field.",
             .run = hincrbyfloat}),
};

}  // namespace

constinit const std::span<const CommandSpec> hash_commands = hashes_rows;

}  // namespace respawn::commands
