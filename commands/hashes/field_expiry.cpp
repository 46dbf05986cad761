// When fields of hashes end: setting, reading and removing their expiries.
#include "commands/families.hpp"
#include "commands/shared/expiry_time.hpp"
#include "commands/shared/hash_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::FieldScratch;
using keyspace::Hash;
using keyspace::Key;
using keyspace::MemberKey;
using keyspace::never;

/// The latest time a field can have: 46 bits of milliseconds.
constexpr std::int64_t field_expiry_max_ms = (std::int64_t{1} << 46) - 1;

// What is answered for a field.
constexpr std::int64_t no_field = -2;
constexpr std::int64_t no_expiry = -1;
constexpr std::int64_t condition_not_met = 0;
constexpr std::int64_t done = 1;
constexpr std::int64_t erased = 2;

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

void reply_no_fields(Execution& x, std::size_t count) {
  x.reply.array(count);
  for (; count > 0; --count) x.reply.integer(no_field);
}

/// Gives fields an end, and gathers how that is replayed.
class Expiring {
 public:
  Expiring(Execution& x, Change& change, ExpiryConditions conditions, std::int64_t at_ms)
      : x_(x), change_(change), conditions_(conditions), at_ms_(at_ms) {}

  /// What it did: done, erased, or why it did nothing.
  std::int64_t expire(std::string_view text) {
    const MemberKey field(text);
    FieldScratch scratch;
    const auto found = live_field(x_, change_, field, scratch);
    if (!found) return no_field;
    if (!conditions_.allow(found->expire_at_ms, at_ms_)) return condition_not_met;
    const bool over = at_ms_ <= x_.expiry_now_ms();
    if (over)
      change_.object<Hash>().erase(field);
    else
      change_.object<Hash>().set_expiry(field, at_ms_);
    ++(over ? erased_ : set_);
    if (x_.recorded()) (over ? erased_fields_ : set_fields_).emplace_back(text);
    return over ? erased : done;
  }

  void finish() {
    const std::string_view key = change_.key().bytes;
    if (set_ + erased_ > 0)
      x_.changed(key, hash_event, erased_ > 0 ? "hdel" : "hexpire", set_ + erased_);
    x_.erase_if_empty(change_);
    if (change_.entry() && set_ > 0) change_.fields_expire();
    if (!x_.recorded()) return;
    if (!set_fields_.empty())
      propagate({"HPEXPIREAT", std::string(key), std::to_string(at_ms_), "FIELDS",
                 std::to_string(set_fields_.size())},
                set_fields_);
    if (!erased_fields_.empty()) propagate({"HDEL", std::string(key)}, erased_fields_);
  }

 private:
  void propagate(std::vector<std::string> words, const std::vector<std::string>& fields) {
    words.insert(words.end(), fields.begin(), fields.end());
    x_.propagate_words(std::move(words));
  }

  Execution& x_;
  Change& change_;
  ExpiryConditions conditions_;
  std::int64_t at_ms_;
  std::uint64_t set_ = 0;
  std::uint64_t erased_ = 0;
  std::vector<std::string> set_fields_;
  std::vector<std::string> erased_fields_;
};

void expire_fields(Execution& x, Args args, TimeUnit unit) {
  const Key key = x.key(args[1]);
  const Entry* entry = write_hash(x, key);
  if (x.failed()) return;
  auto at_ms = parse_time(x, args[2], unit);
  if (!at_ms) return x.fail(at_ms.error());
  ExpiryConditions conditions;
  ArgCursor at(args, 3);
  conditions.take(at);
  auto fields =
      parse_fields(args, at.position(), "ERR Parameter `numFields` should be greater than 0");
  if (!fields) return x.fail(fields.error());
  if (!entry) return reply_no_fields(x, fields->size());
  Change change = x.change(key, entry);
  Expiring expiring(x, change, conditions, *at_ms);
  x.reply.array(fields->size());
  for (std::string_view field : *fields) x.reply.integer(expiring.expire(field));
  expiring.finish();
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
  const Entry* entry = write_hash(x, key);
  if (x.failed()) return;
  auto fields = parse_fields(args, 2, "ERR Number of fields must be a positive integer");
  if (!fields) return x.fail(fields.error());
  if (!entry) return reply_no_fields(x, fields->size());
  Change change = x.change(key, entry);
  bool any = false;
  x.reply.array(fields->size());
  FieldScratch scratch;
  for (std::string_view text : *fields) {
    const MemberKey field(text);
    const auto found = live_field(x, change, field, scratch);
    if (!found || found->expire_at_ms == never) {
      x.reply.integer(found ? no_expiry : no_field);
      continue;
    }
    change.object<Hash>().set_expiry(field, never);
    any = true;
    x.reply.integer(done);
  }
  if (any) x.changed(key.bytes, hash_event, "hpersist");
  x.erase_if_empty(change);
}

constexpr KeyFlags rw_update = {KeyFlag::RW, KeyFlag::update};
constexpr KeyFlags ro_access = {KeyFlag::RO, KeyFlag::access};
constexpr std::string_view per_field = "O(N) with N being the number of fields given.";

constexpr CommandSpec field_expiry_rows[] = {
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

constinit const std::span<const CommandSpec> hash_expiry_commands = field_expiry_rows;

}  // namespace respawn::commands
