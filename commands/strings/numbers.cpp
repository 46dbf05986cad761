// Strings that are numbers: adding to them.
#include <cmath>
#include <optional>

#include "commands/families.hpp"
#include "commands/shared/key_specs.hpp"

namespace respawn::commands {

namespace {

using config::keyspace_event::string;
using keyspace::Entry;
using keyspace::Key;
using keyspace::never;
using keyspace::Scratch;
using keyspace::Type;

std::optional<std::int64_t> integer_at(const Entry& entry) {
  if (entry.is_integer()) return entry.integer();
  Scratch scratch;
  return parse_int64(entry.bytes(scratch));
}

void add(Execution& x, std::string_view text, std::int64_t amount) {
  const Key key = x.key(text);
  const Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  std::optional<std::int64_t> value = entry ? integer_at(*entry) : 0;
  if (!value) return x.fail(errors::not_an_integer);
  if (__builtin_add_overflow(*value, amount, &*value)) return x.fail(errors::overflow);
  x.change(key, entry).set_integer(*value, entry ? entry->expire_at_ms() : never);
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
  const Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  Scratch scratch;
  const auto value = entry ? parse_long_double(entry->bytes(scratch)) : 0.0L;
  const auto amount = parse_long_double(args[2]);
  if (!value || !amount) return x.fail(errors::not_a_float);
  const long double sum = *value + *amount;
  if (!std::isfinite(sum)) return x.fail(errors::nan_or_infinity);
  const std::string text = format_long_double(sum);
  x.change(key, entry).set_text(text, entry ? entry->expire_at_ms() : never);
  x.propagate_as("SET", args[1], text, "KEEPTTL");
  if (!entry) x.created(key.bytes);
  x.changed(key.bytes, string, "incrbyfloat");
  x.reply.bulk(text);
}

constexpr CommandSpec numbers_rows[] = {
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
};

}  // namespace

constinit const std::span<const CommandSpec> number_commands = numbers_rows;

}  // namespace respawn::commands
