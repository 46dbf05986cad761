// When keys end: setting, reading and removing expiries.
#include "commands/families.hpp"
#include "commands/shared/expiry_time.hpp"

namespace respawn::commands {

namespace {

using config::keyspace_event::generic;
using keyspace::Entry;
using keyspace::Key;

Result<ExpiryConditions> parse_conditions(Args args) {
  ExpiryConditions conditions;
  for (ArgCursor at(args, 3); !at.done();)
    if (!conditions.take(at)) return failure(errors::unsupported_option(at.next()));
  if (conditions.nx && (conditions.xx || conditions.gt || conditions.lt))
    return failure("ERR NX and XX, GT or LT options at the same time are not compatible");
  if (conditions.gt && conditions.lt)
    return failure("ERR GT and LT options at the same time are not compatible");
  return conditions;
}

void propagate_expiry(Execution& x, Args args, std::int64_t at_ms) {
  if (!x.recorded()) return;
  std::vector<std::string> words{"PEXPIREAT", std::string(args[1]), std::to_string(at_ms)};
  for (std::string_view condition : args.subspan(3)) words.emplace_back(condition);
  x.propagate_words(std::move(words));
}

void set_expiry(Execution& x, Args args, TimeUnit unit) {
  auto conditions = parse_conditions(args);
  if (!conditions) return x.fail(conditions.error());
  auto at_ms = to_any_expiry_ms(x, args[2], unit);
  if (!at_ms) return x.fail(at_ms.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key);
  if (!entry || !conditions->allow(entry->expire_at_ms(), *at_ms)) return x.reply.integer(0);
  if (*at_ms <= x.expiry_now_ms()) {
    x.erase(key, entry);
    x.propagate_as(x.deletion(x.config().lazyfree_lazy_expire), args[1]);
  } else {
    x.change(key, entry).set_expiry(*at_ms);
    x.changed(key.bytes, generic, "expire");
    propagate_expiry(x, args, *at_ms);
  }
  x.reply.integer(1);
}

void expire(Execution& x, Args args) {
  set_expiry(x, args, {.seconds = true, .absolute = false});
}

void pexpire(Execution& x, Args args) {
  set_expiry(x, args, {.seconds = false, .absolute = false});
}

void expireat(Execution& x, Args args) {
  set_expiry(x, args, {.seconds = true, .absolute = true});
}

void pexpireat(Execution& x, Args args) {
  set_expiry(x, args, {.seconds = false, .absolute = true});
}

void reply_expiry(Execution& x, std::string_view key, TimeUnit unit) {
  const Entry* entry = x.find_untouched(key);
  if (!entry) return x.reply.integer(-2);
  if (!entry->has_expiry()) return x.reply.integer(-1);
  std::int64_t ms = entry->expire_at_ms() - (unit.absolute ? 0 : x.now_ms());
  ms = std::max<std::int64_t>(ms, 0);
  x.reply.integer(unit.seconds ? ms / 1000 + (ms % 1000 >= 500 ? 1 : 0) : ms);
}

void ttl(Execution& x, Args args) {
  reply_expiry(x, args[1], {.seconds = true, .absolute = false});
}

void pttl(Execution& x, Args args) {
  reply_expiry(x, args[1], {.seconds = false, .absolute = false});
}

void expiretime(Execution& x, Args args) {
  reply_expiry(x, args[1], {.seconds = true, .absolute = true});
}

void pexpiretime(Execution& x, Args args) {
  reply_expiry(x, args[1], {.seconds = false, .absolute = true});
}

void persist(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key);
  if (!entry || !entry->has_expiry()) return x.reply.integer(0);
  x.change(key, entry).clear_expiry();
  x.changed(key.bytes, generic, "persist");
  x.reply.integer(1);
}

constexpr CommandSpec expiry_rows[] = {
    command({.name = "expire",
             .syntax = "key seconds [NX | XX | GT | LT]",
             .group = Group::generic,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Lets a key expire in some seconds.",
             .run = expire}),
    command({.name = "pexpire",
             .syntax = "key milliseconds [NX | XX | GT | LT]",
             .group = Group::generic,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Lets a key expire in some milliseconds.",
             .run = pexpire}),
    command({.name = "expireat",
             .syntax = "key unix-time-seconds [NX | XX | GT | LT]",
             .group = Group::generic,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Lets a key expire at a time in seconds.",
             .run = expireat}),
    command({.name = "pexpireat",
             .syntax = "key unix-time-milliseconds [NX | XX | GT | LT]",
             .group = Group::generic,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Lets a key expire at a time in milliseconds.",
             .run = pexpireat}),
    command({.name = "ttl",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Says how many seconds a key has left.",
             .run = ttl}),
    command({.name = "pttl",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Says how many milliseconds a key has left.",
             .run = pttl}),
    command({.name = "expiretime",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Says when a key expires, in seconds.",
             .run = expiretime}),
    command({.name = "pexpiretime",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Says when a key expires, in milliseconds.",
             .run = pexpiretime}),
    command({.name = "persist",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "2.2.0",
             .complexity = "O(1)",
             .summary = "Removes the expiry of a key.",
             .run = persist}),
};

}  // namespace

constinit const std::span<const CommandSpec> expiry_commands = expiry_rows;

}  // namespace respawn::commands
