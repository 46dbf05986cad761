// When fields of hashes end: setting, reading and removing their expiries.
#include "commands/families.hpp"
#include "commands/shared/expiry_time.hpp"
#include "commands/shared/hash_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::FieldScratch;
using keyspace::Hash;
using keyspace::Key;
using keyspace::MemberKey;
using keyspace::never;

constexpr int hash_event = config::keyspace_event::hash;

/// The latest time a field can have: 46 bits of milliseconds.
constexpr std::int64_t field_expiry_max_ms = (std::int64_t{1} << 46) - 1;

// What is answered for a field.
constexpr std::int64_t no_field = -2;
constexpr std::int64_t no_expiry = -1;
constexpr std::int64_t condition_not_met = 0;
constexpr std::int64_t done = 1;
constexpr std::int64_t erased = 2;

enum class Condition : std::uint8_t { none, nx, xx, gt, lt };

/// A field without an expiry lives for ever: longer than any other.
bool allows(Condition condition, std::int64_t before_ms, std::int64_t at_ms) {
  switch (condition) {
    case Condition::nx:
      return before_ms == never;
    case Condition::xx:
      return before_ms != never;
    case Condition::gt:
      return at_ms > before_ms;
    case Condition::lt:
      return at_ms < before_ms;
    default:
      return true;
  }
}

/// "FIELDS numfields field [field ...]" from argument `at` on.
Result<Args> parse_fields(Args args, std::size_t at, std::string_view bad_count) {
  if (!iequals(args[at], "FIELDS"))
    return failure("ERR Mandatory argument FIELDS is missing or not at the right position");
  auto count =
      to_integer_between(args[at + 1], 1, std::numeric_limits<std::int64_t>::max(), bad_count);
  if (!count) return failure(count.error());
  if (static_cast<std::size_t>(*count) != args.size() - at - 2)
    return failure("ERR The `numfields` parameter must match the number of arguments");
  return args.subspan(at + 2);
}

Result<std::int64_t> parse_time(const Execution& x, std::string_view text, TimeUnit unit) {
  auto given = to_integer(text);
  if (!given) return given;
  if (*given < 0) return failure("ERR invalid expire time, must be >= 0");
  const std::int64_t scale = unit.seconds ? 1000 : 1;
  const std::int64_t start_ms = unit.absolute ? 0 : x.now_ms();
  if (*given > field_expiry_max_ms / scale || *given * scale > field_expiry_max_ms - start_ms)
    return failure(errors::invalid_expire_time(x.spec().name));
  return *given * scale + start_ms;
}

Condition parse_condition(std::string_view text) {
  if (iequals(text, "NX")) return Condition::nx;
  if (iequals(text, "XX")) return Condition::xx;
  if (iequals(text, "GT")) return Condition::gt;
  return iequals(text, "LT") ? Condition::lt : Condition::none;
}

void reply_no_fields(Execution& x, std::size_t count) {
  x.reply.array(count);
  for (; count > 0; --count) x.reply.integer(no_field);
}

struct Wish {
  std::int64_t at_ms = never;
  Condition condition = Condition::none;
};

/// What it did: done, erased, or why it did nothing.
std::int64_t expire_field(const Execution& x, Hash& hash, const MemberKey& field, Wish wish) {
  FieldScratch scratch;
  const auto found = live_field(x, hash, field, scratch);
  if (!found) return no_field;
  if (!allows(wish.condition, found->expire_at_ms, wish.at_ms)) return condition_not_met;
  if (wish.at_ms <= x.now_ms()) {
    hash.erase(field);
    return erased;
  }
  hash.set_expiry(field, wish.at_ms);
  return done;
}

void expire_fields(Execution& x, Args args, TimeUnit unit) {
  const Key key = x.key(args[1]);
  Hash* hash = write_hash(x, key);
  if (x.failed()) return;
  auto at_ms = parse_time(x, args[2], unit);
  if (!at_ms) return x.fail(at_ms.error());
  const Wish wish{*at_ms, parse_condition(args[3])};
  auto fields = parse_fields(args, wish.condition == Condition::none ? 3 : 4,
                             "ERR Parameter `numFields` should be greater than 0");
  if (!fields) return x.fail(fields.error());
  if (!hash) return reply_no_fields(x, fields->size());
  std::uint64_t set_count = 0;
  std::uint64_t erased_count = 0;
  x.reply.array(fields->size());
  for (std::string_view field : *fields) {
    const std::int64_t result = expire_field(x, *hash, MemberKey(field), wish);
    set_count += result == done ? 1 : 0;
    erased_count += result == erased ? 1 : 0;
    x.reply.integer(result);
  }
  if (set_count + erased_count == 0) return;
  x.happened(key.bytes, hash_event, erased_count > 0 ? "hdel" : "hexpire");
  x.count_changes(set_count + erased_count);
  if (hash->empty()) return erase_if_empty(x, key, *hash);
  if (set_count > 0) x.db().fields_expire(x.db().find(key));
}

void hexpire(Execution& x, Args args) {
  expire_fields(x, args, {.seconds = true, .absolute = false});
}

void hpexpire(Execution& x, Args args) {
  expire_fields(x, args, {.seconds = false, .absolute = false});
}

void hexpireat(Execution& x, Args args) {
  expire_fields(x, args, {.seconds = true, .absolute = true});
}

void hpexpireat(Execution& x, Args args) {
  expire_fields(x, args, {.seconds = false, .absolute = true});
}

void reply_expiries(Execution& x, Args args, TimeUnit unit) {
  const Hash* hash = read_hash(x, x.key(args[1]));
  if (x.failed()) return;
  auto fields = parse_fields(args, 2, "ERR Number of fields must be a positive integer");
  if (!fields) return x.fail(fields.error());
  if (!hash) return reply_no_fields(x, fields->size());
  x.reply.array(fields->size());
  FieldScratch scratch;
  for (std::string_view field : *fields) {
    const auto found = live_field(x, *hash, MemberKey(field), scratch);
    if (!found || found->expire_at_ms == never) {
      x.reply.integer(found ? no_expiry : no_field);
      continue;
    }
    const std::int64_t ms = found->expire_at_ms - (unit.absolute ? 0 : x.now_ms());
    x.reply.integer(unit.seconds ? (ms + 999) / 1000 : ms);
  }
}

void httl(Execution& x, Args args) {
  reply_expiries(x, args, {.seconds = true, .absolute = false});
}

void hpttl(Execution& x, Args args) {
  reply_expiries(x, args, {.seconds = false, .absolute = false});
}

void hexpiretime(Execution& x, Args args) {
  reply_expiries(x, args, {.seconds = true, .absolute = true});
}

void hpexpiretime(Execution& x, Args args) {
  reply_expiries(x, args, {.seconds = false, .absolute = true});
}

void hpersist(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  Hash* hash = write_hash(x, key);
  if (x.failed()) return;
  auto fields = parse_fields(args, 2, "ERR Number of fields must be a positive integer");
  if (!fields) return x.fail(fields.error());
  if (!hash) return reply_no_fields(x, fields->size());
  bool any = false;
  x.reply.array(fields->size());
  FieldScratch scratch;
  for (std::string_view text : *fields) {
    const MemberKey field(text);
    const auto found = live_field(x, *hash, field, scratch);
    if (!found || found->expire_at_ms == never) {
      x.reply.integer(found ? no_expiry : no_field);
      continue;
    }
    hash->set_expiry(field, never);
    any = true;
    x.reply.integer(done);
  }
  if (any) x.changed(key.bytes, hash_event, "hpersist");
}

constexpr KeyFlags rw_update = {KeyFlag::RW, KeyFlag::update};
constexpr KeyFlags ro_access = {KeyFlag::RO, KeyFlag::access};
constexpr std::string_view per_field = "O(N) with N being the number of fields given.";

constexpr CommandSpec rows[] = {
    command({.name = "hexpire",
             .syntax = "key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
             .group = Group::hash,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys(rw_update, 1)},
             .since = "7.4.0",
             .complexity = per_field,
             .summary = "Lets fields of a hash expire in some seconds.",
             .run = hexpire}),
    command({.name = "hpexpire",
             .syntax = "key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
             .group = Group::hash,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys(rw_update, 1)},
             .since = "7.4.0",
             .complexity = per_field,
             .summary = "Lets fields of a hash expire in some milliseconds.",
             .run = hpexpire}),
    command(
        {.name = "hexpireat",
         .syntax = "key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
         .group = Group::hash,
         .flags = {Flag::write, Flag::denyoom, Flag::fast},
         .keys = {keys(rw_update, 1)},
         .since = "7.4.0",
         .complexity = per_field,
         .summary = "Lets fields of a hash expire at a time in seconds.",
         .run = hexpireat}),
    command({.name = "hpexpireat",
             .syntax = "key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field "
                       "[field ...]",
             .group = Group::hash,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys(rw_update, 1)},
             .since = "7.4.0",
             .complexity = per_field,
             .summary = "Lets fields of a hash expire at a time in milliseconds.",
             .run = hpexpireat}),
    command({.name = "httl",
             .syntax = "key FIELDS numfields field [field ...]",
             .group = Group::hash,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys(ro_access, 1)},
             .since = "7.4.0",
             .complexity = per_field,
             .summary = "Says how many seconds fields of a hash have left.",
             .run = httl}),
    command({.name = "hpttl",
             .syntax = "key FIELDS numfields field [field ...]",
             .group = Group::hash,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys(ro_access, 1)},
             .since = "7.4.0",
             .complexity = per_field,
             .summary = "Says how many milliseconds fields of a hash have left.",
             .run = hpttl}),
    command({.name = "hexpiretime",
             .syntax = "key FIELDS numfields field [field ...]",
             .group = Group::hash,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys(ro_access, 1)},
             .since = "7.4.0",
             .complexity = per_field,
             .summary = "Says when fields of a hash expire, in seconds.",
             .run = hexpiretime}),
    command({.name = "hpexpiretime",
             .syntax = "key FIELDS numfields field [field ...]",
             .group = Group::hash,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys(ro_access, 1)},
             .since = "7.4.0",
             .complexity = per_field,
             .summary = "Says when fields of a hash expire, in milliseconds.",
             .run = hpexpiretime}),
    command({.name = "hpersist",
             .syntax = "key FIELDS numfields field [field ...]",
             .group = Group::hash,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys(rw_update, 1)},
             .since = "7.4.0",
             .complexity = per_field,
             .summary = "Removes the expiry of fields of a hash.",
             .run = hpersist}),
};

}  // namespace

constinit const std::span<const CommandSpec> hash_expiry_commands = rows;

}  // namespace respawn::commands
