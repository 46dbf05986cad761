// Strings: bytes at a key. What counts is in numbers.cpp.
#include <cmath>
#include <optional>

#include "commands/families.hpp"
#include "commands/shared/expiry_time.hpp"
#include "commands/shared/key_specs.hpp"
#include "commands/shared/many_keys.hpp"
#include "commands/shared/string_access.hpp"

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

/// Puts the value at the key, with its effects.
void put(Execution& x, const Key& key, const Entry* existing, std::string_view value,
         std::int64_t expire_at_ms = never) {
  keyspace::Change change = x.change(key, existing);
  set_argument(x, change, value, expire_at_ms);
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

/// As other servers spell it, too: what the command was to look at is decided.
void propagate_set(Execution& x, Args args, const StringOptions& options, std::int64_t at_ms) {
  if (options.unit)
    x.propagate_as("SET", args[1], args[2], "PXAT", at_ms);
  else if (options.keep_ttl)
    x.propagate_as("SET", args[1], args[2], "KEEPTTL");
  else if (options.get || options.if_equal)
    x.propagate_as("SET", args[1], args[2]);
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
  const Entry* existing = options.get ? x.find_read(key, Type::string) : x.find_write(key);
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
  if (args.size() > 3) propagate_set(x, args, options, at_ms);
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
  x.propagate_as("SET", args[1], args[3], "PXAT", *at_ms);
  x.reply.ok();
}

void setex(Execution& x, Args args) {
  set_expiring(x, args, {.seconds = true});
}

void psetex(Execution& x, Args args) {
  set_expiring(x, args, {.seconds = false});
}

/// The string at a key, replied; null with the reply written otherwise.
const Entry* reply_found(Execution& x, const Key& key) {
  const Entry* entry = x.find_read(key, Type::string);
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
  const Entry* entry = reply_found(x, key);
  if (!entry) return;
  x.erase(key, entry);
  x.propagate_as("DEL", args[1]);
}

void delifeq(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  if (!entry || !holds(*entry, args[2])) return x.reply.integer(0);
  x.erase(key, entry);
  x.propagate_as("DEL", args[1]);
  x.reply.integer(1);
}

void getset(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* existing = reply_found(x, key);
  if (x.failed()) return;
  put(x, key, existing, args[2]);
  x.propagate_as("SET", args[1], args[2]);
}

void getex(Execution& x, Args args) {
  StringOptions options;
  if (!parse_getex_options(args, options)) return x.fail(errors::syntax);
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_read(key, Type::string);
  if (x.failed()) return;
  if (!entry) return x.reply.null();
  if (!options.unit) {
    reply_string(x, *entry);
    if (!options.persist || !entry->has_expiry()) return;
    x.change(key, entry).clear_expiry();
    x.propagate_as("PERSIST", args[1]);
    return x.changed(key.bytes, generic, "persist");
  }
  auto at_ms = to_expiry_ms(x, options.time, *options.unit);
  if (!at_ms) return x.fail(at_ms.error());
  reply_string(x, *entry);
  if (options.unit->absolute && *at_ms <= x.expiry_now_ms()) {
    x.propagate_as(x.deletion(x.config().lazyfree_lazy_expire), args[1]);
    return x.erase(key, entry);
  }
  x.change(key, entry).set_expiry(*at_ms);
  x.propagate_as("PEXPIREAT", args[1], *at_ms);
  x.changed(key.bytes, generic, "expire");
}

// Several keys.

void mget(Execution& x, Args args) {
  x.reply.array(args.size() - 1);
  for (ManyKeys keys(x, args, 1); !keys.done();) {
    const Entry* entry = x.find_read(keys.next());
    if (entry && entry->type() == Type::string)
      reply_string(x, *entry);
    else
      x.reply.null();
  }
}

void put_pairs(Execution& x, Args args) {
  for (ManyKeys keys(x, args, 1, 2); !keys.done();) {
    const Key key = keys.next();
    put(x, key, x.find_write(key), args[keys.behind()]);
  }
}

void mset(Execution& x, Args args) {
  if (args.size() % 2 == 0) return x.fail(errors::wrong_arity(x.spec().name));
  put_pairs(x, args);
  x.reply.ok();
}

void msetnx(Execution& x, Args args) {
  if (args.size() % 2 == 0) return x.fail(errors::wrong_arity(x.spec().name));
  for (ManyKeys keys(x, args, 1, 2); !keys.done();)
    if (x.find_write(keys.next())) return x.reply.integer(0);
  put_pairs(x, args);
  x.reply.integer(1);
}

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

constexpr CommandSpec strings_rows[] = {
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

constinit const std::span<const CommandSpec> string_commands = strings_rows;

}  // namespace respawn::commands
