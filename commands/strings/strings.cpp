// Strings: bytes, integers and floats at a key.
#include <cmath>
#include <optional>

#include "commands/families.hpp"
#include "commands/shared/expiry_time.hpp"

namespace respawn::commands {

namespace {

using config::keyspace_event::generic;
using config::keyspace_event::string;
using keyspace::Entry;
using keyspace::Key;
using keyspace::never;
using keyspace::Scratch;
using keyspace::Type;

// Writing and reading a whole string.

/// The options of SET and GETEX.
struct StringOptions {
  bool nx = false;
  bool xx = false;
  std::optional<std::string_view> if_equal;
  bool get = false;
  bool keep_ttl = false;
  bool persist = false;
  std::optional<TimeUnit> unit;
  std::string_view time;
};

/// EX, PX, EXAT or PXAT with its argument. The same one may come again (the last one counts), but
/// no two of them together.
bool take_time(ArgCursor& at, StringOptions& options) {
  static constexpr std::pair<std::string_view, TimeUnit> names[] = {
      {"EX", {.seconds = true, .absolute = false}},
      {"PX", {.seconds = false, .absolute = false}},
      {"EXAT", {.seconds = true, .absolute = true}},
      {"PXAT", {.seconds = false, .absolute = true}},
  };
  for (const auto& [name, unit] : names) {
    if (options.unit &&
        (options.unit->seconds != unit.seconds || options.unit->absolute != unit.absolute))
      continue;
    if (!at.take(name, 1)) continue;
    options.unit = unit;
    options.time = at.next();
    return true;
  }
  return false;
}

/// False at a syntax error.
bool parse_set_options(Args args, StringOptions& options) {
  for (ArgCursor at(args, 3); !at.done();) {
    if (!options.xx && !options.if_equal && at.take("NX"))
      options.nx = true;
    else if (!options.nx && !options.if_equal && at.take("XX"))
      options.xx = true;
    else if (!options.nx && !options.xx && !options.if_equal && at.take("IFEQ", 1))
      options.if_equal = at.next();
    else if (at.take("GET"))
      options.get = true;
    else if (!options.unit && at.take("KEEPTTL"))
      options.keep_ttl = true;
    else if (options.keep_ttl || !take_time(at, options))
      return false;
  }
  return true;
}

bool parse_getex_options(Args args, StringOptions& options) {
  for (ArgCursor at(args, 2); !at.done();) {
    if (!options.unit && at.take("PERSIST"))
      options.persist = true;
    else if (options.persist || !take_time(at, options))
      return false;
  }
  return true;
}

void reply_string(Execution& x, const Entry& entry) {
  Scratch scratch;
  x.reply.bulk(entry.bytes(scratch));
}

/// Puts the value at the key, with its effects.
void put(Execution& x, const Key& key, Entry* existing, std::string_view value,
         std::int64_t expire_at_ms = never) {
  x.db().set_string(key, existing, value, expire_at_ms);
  if (!existing) x.created(key.bytes);
  x.changed(key.bytes, string, "set");
}

bool holds(const Entry& entry, std::string_view text) {
  Scratch scratch;
  return entry.bytes(scratch) == text;
}

/// Whether SET's condition on what is there (null: nothing) is not met.
bool is_refused(const Entry* existing, const StringOptions& options) {
  if (options.if_equal) return !existing || !holds(*existing, *options.if_equal);
  return existing ? options.nx : options.xx;
}

void set(Execution& x, Args args) {
  StringOptions options;
  if (args.size() > 3 && !parse_set_options(args, options)) return x.fail(errors::syntax);
  std::int64_t at_ms = never;
  if (options.unit) {
    auto parsed = to_expiry_ms(x, options.time, *options.unit);
    if (!parsed) return x.fail(parsed.error());
    at_ms = *parsed;
  }

  const Key key = x.key(args[1]);
  Entry* existing = options.get ? x.find_read(key, Type::string) : x.find_write(key);
  if (x.failed()) return;
  if (options.if_equal && existing && existing->type() != Type::string)
    return x.fail(errors::wrong_type);
  const bool refused = is_refused(existing, options);
  if (options.get)
    existing ? reply_string(x, *existing) : x.reply.null();
  else
    refused ? x.reply.null() : x.reply.ok();
  if (refused) return;
  if (options.keep_ttl && existing) at_ms = existing->expire_at_ms();
  put(x, key, existing, args[2], at_ms);
  if (options.unit) x.happened(key.bytes, generic, "expire");
}

void setnx(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  if (x.find_write(key)) return x.reply.integer(0);
  put(x, key, nullptr, args[2]);
  x.reply.integer(1);
}

void set_expiring(Execution& x, Args args, TimeUnit unit) {
  auto at_ms = to_expiry_ms(x, args[2], unit);
  if (!at_ms) return x.fail(at_ms.error());
  const Key key = x.key(args[1]);
  put(x, key, x.find_write(key), args[3], *at_ms);
  x.happened(key.bytes, generic, "expire");
  x.reply.ok();
}

void setex(Execution& x, Args args) {
  set_expiring(x, args, {.seconds = true});
}

void psetex(Execution& x, Args args) {
  set_expiring(x, args, {.seconds = false});
}

/// The string at a key, replied; null with the reply written otherwise.
Entry* reply_found(Execution& x, const Key& key) {
  Entry* entry = x.find_read(key, Type::string);
  if (entry)
    reply_string(x, *entry);
  else if (!x.failed())
    x.reply.null();
  return entry;
}

void get(Execution& x, Args args) {
  reply_found(x, args[1]);
}

void getdel(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  if (reply_found(x, key)) x.erase(key);
}

void delifeq(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  if (!entry || !holds(*entry, args[2])) return x.reply.integer(0);
  x.erase(key);
  x.reply.integer(1);
}

void getset(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  Entry* existing = reply_found(x, key);
  if (!x.failed()) put(x, key, existing, args[2]);
}

void getex(Execution& x, Args args) {
  StringOptions options;
  if (!parse_getex_options(args, options)) return x.fail(errors::syntax);
  const Key key = x.key(args[1]);
  Entry* entry = x.find_read(key, Type::string);
  if (x.failed()) return;
  if (!entry) return x.reply.null();
  if (!options.unit) {
    reply_string(x, *entry);
    if (!options.persist || !entry->has_expiry()) return;
    x.db().clear_expiry(entry);
    return x.changed(key.bytes, generic, "persist");
  }
  auto at_ms = to_expiry_ms(x, options.time, *options.unit);
  if (!at_ms) return x.fail(at_ms.error());
  reply_string(x, *entry);
  if (options.unit->absolute && *at_ms <= x.now_ms()) return x.erase(key);
  x.db().set_expiry(entry, *at_ms);
  x.changed(key.bytes, generic, "expire");
}

// Several keys.

void mget(Execution& x, Args args) {
  x.reply.array(args.size() - 1);
  for (std::string_view key : args.subspan(1)) {
    const Entry* entry = x.find_read(key);
    if (entry && entry->type() == Type::string)
      reply_string(x, *entry);
    else
      x.reply.null();
  }
}

void put_pairs(Execution& x, Args args) {
  for (std::size_t i = 1; i < args.size(); i += 2) {
    const Key key = x.key(args[i]);
    put(x, key, x.find_write(key), args[i + 1]);
  }
}

void mset(Execution& x, Args args) {
  if (args.size() % 2 == 0) return x.fail(errors::wrong_arity(x.spec().name));
  put_pairs(x, args);
  x.reply.ok();
}

void msetnx(Execution& x, Args args) {
  if (args.size() % 2 == 0) return x.fail(errors::wrong_arity(x.spec().name));
  for (std::size_t i = 1; i < args.size(); i += 2)
    if (x.find_write(args[i])) return x.reply.integer(0);
  put_pairs(x, args);
  x.reply.integer(1);
}

// Numbers.

std::optional<std::int64_t> integer_at(const Entry& entry) {
  if (entry.is_integer()) return entry.integer();
  Scratch scratch;
  return parse_int64(entry.bytes(scratch));
}

void add(Execution& x, std::string_view text, std::int64_t amount) {
  const Key key = x.key(text);
  Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  std::optional<std::int64_t> value = entry ? integer_at(*entry) : 0;
  if (!value) return x.fail(errors::not_an_integer);
  if (__builtin_add_overflow(*value, amount, &*value)) return x.fail(errors::overflow);
  x.db().set_integer(key, entry, *value, entry ? entry->expire_at_ms() : never);
  if (!entry) x.created(key.bytes);
  x.changed(key.bytes, string, "incrby");
  x.reply.integer(*value);
}

void incr(Execution& x, Args args) {
  add(x, args[1], 1);
}

void decr(Execution& x, Args args) {
  add(x, args[1], -1);
}

void incrby(Execution& x, Args args) {
  auto amount = to_integer(args[2]);
  if (!amount) return x.fail(amount.error());
  add(x, args[1], *amount);
}

void decrby(Execution& x, Args args) {
  auto amount = to_integer(args[2]);
  if (!amount) return x.fail(amount.error());
  if (*amount == std::numeric_limits<std::int64_t>::min())
    return x.fail("ERR decrement would overflow");
  add(x, args[1], -*amount);
}

void incrbyfloat(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  Scratch scratch;
  const auto value = entry ? parse_long_double(entry->bytes(scratch)) : 0.0L;
  const auto amount = parse_long_double(args[2]);
  if (!value || !amount) return x.fail(errors::not_a_float);
  const long double sum = *value + *amount;
  if (!std::isfinite(sum)) return x.fail(errors::nan_or_infinity);
  const std::string text = format_long_double(sum);
  x.db().set_text(key, entry, text, entry ? entry->expire_at_ms() : never);
  if (!entry) x.created(key.bytes);
  x.changed(key.bytes, string, "incrbyfloat");
  x.reply.bulk(text);
}

constexpr KeyFlags rw_access_update = {KeyFlag::RW, KeyFlag::access, KeyFlag::update};

constexpr KeySpec set_keys = [] {
  KeySpec spec = keys({KeyFlag::RW, KeyFlag::access, KeyFlag::update, KeyFlag::variable_flags}, 1);
  spec.notes = "RW and ACCESS due to the optional `GET` argument";
  return spec;
}();

constexpr KeySpec getex_keys = [] {
  KeySpec spec = keys(rw_access_update, 1);
  spec.notes = "RW and UPDATE because it changes the TTL";
  return spec;
}();

constexpr CommandSpec rows[] = {
    command({.name = "set",
             .syntax = "key value [NX | XX | IFEQ comparison-value] [GET] [EX seconds | PX "
                       "milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | "
                       "KEEPTTL]",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {set_keys},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Stores a string, whatever was at the key; optionally only when the key is "
                        "(not) there or holds a certain string, with an expiry, or answering the "
                        "old string.",
             .run = set}),
    command({.name = "get",
             .syntax = "key",
             .group = Group::string,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Reads the string at a key.",
             .run = get}),
    command({.name = "getdel",
             .syntax = "key",
             .group = Group::string,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1)},
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Reads the string at a key and deletes the key.",
             .run = getdel}),
    command({.name = "delifeq",
             .syntax = "key value",
             .group = Group::string,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RM, KeyFlag::erase}, 1)},
             .since = "9.0.0",
             .complexity = "O(1)",
             .summary = "Deletes a key that holds a certain string.",
             .run = delifeq}),
    command({.name = "getex",
             .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT "
                       "unix-time-milliseconds | PERSIST]",
             .group = Group::string,
             .flags = {Flag::write, Flag::fast},
             .keys = {getex_keys},
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Reads the string at a key and sets or removes its expiry.",
             .run = getex}),
    command({.name = "getset",
             .syntax = "key value",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys(rw_access_update, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Stores a string and answers the old one.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`SET` with the `!GET` argument",
             .run = getset}),
    command({.name = "setnx",
             .syntax = "key value",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::OW, KeyFlag::insert}, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Stores a string unless the key is there.",
             .run = setnx}),
    command({.name = "setex",
             .syntax = "key seconds value",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::OW, KeyFlag::update}, 1)},
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Stores a string that expires after some seconds.",
             .run = setex}),
    command({.name = "psetex",
             .syntax = "key milliseconds value",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::OW, KeyFlag::update}, 1)},
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Stores a string that expires after some milliseconds.",
             .run = psetex}),
    command({.name = "incr",
             .syntax = "key",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys(rw_access_update, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Adds 1 to an integer; an absent key counts as 0.",
             .run = incr}),
    command({.name = "decr",
             .syntax = "key",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys(rw_access_update, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Takes 1 from an integer; an absent key counts as 0.",
             .run = decr}),
    command({.name = "incrby",
             .syntax = "key increment",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys(rw_access_update, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Adds to an integer; an absent key counts as 0.",
             .run = incrby}),
    command({.name = "decrby",
             .syntax = "key decrement",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys(rw_access_update, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Takes from an integer; an absent key counts as 0.",
             .run = decrby}),
    command({.name = "incrbyfloat",
             .syntax = "key increment",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys(rw_access_update, 1)},
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Adds to a floating-point number; an absent key counts as 0.",
             .run = incrbyfloat}),
    command({.name = "mget",
             .syntax = "key [key ...]",
             .group = Group::string,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1, -1)},
             .tips = {"request_policy:multi_shard"},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of keys.",
             .summary = "Reads the strings at several keys.",
             .run = mget}),
    command({.name = "mset",
             .syntax = "key value [key value ...]",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::OW, KeyFlag::update}, 1, -1, 2)},
             .tips = {"request_policy:multi_shard", "response_policy:all_succeeded"},
             .since = "1.0.1",
             .complexity = "O(N) with N being the number of keys.",
             .summary = "Stores several strings at once.",
             .run = mset}),
    command({.name = "msetnx",
             .syntax = "key value [key value ...]",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::OW, KeyFlag::insert}, 1, -1, 2)},
             .tips = {"request_policy:multi_shard", "response_policy:agg_min"},
             .since = "1.0.1",
             .complexity = "O(N) with N being the number of keys.",
             .summary = "Stores several strings at once, unless any of the keys is there.",
             .run = msetnx}),
};

}  // namespace

constinit const std::span<const CommandSpec> string_commands = rows;

}  // namespace respawn::commands
