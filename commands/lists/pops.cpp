// Taking elements out of lists at their ends, and moving them to others; waiting for them.
#include <algorithm>
#include <optional>

#include "commands/families.hpp"
#include "commands/shared/blocking_source.hpp"
#include "commands/shared/list_access.hpp"
#include "commands/shared/multi_pop.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::End;
using keyspace::Entry;
using keyspace::Key;
using keyspace::List;
using keyspace::Scratch;
using keyspace::Type;

std::string_view pop_event(End end) {
  return end == End::front ? "lpop" : "rpop";
}

std::string_view pop_command(End end) {
  return end == End::front ? "LPOP" : "RPOP";
}

void pop_one(Execution& x, Change& change, End end) {
  List& list = change.object<List>();
  Scratch scratch;
  x.reply.bulk(list.peek(end, scratch));
  list.drop(end, 1, list_limits(x));
  x.removed(change, list_event, pop_event(end), 1);
}

/// Replies an array of up to `count_max` elements, from the end inwards.
void pop_several(Execution& x, Change& change, End end, std::int64_t count_max) {
  List& list = change.object<List>();
  const std::size_t size = list.size();
  const std::size_t count = std::min(size, static_cast<std::size_t>(count_max));
  if (end == End::front)
    reply_elements(x, list, 0, count, End::back);
  else
    reply_elements(x, list, size - 1, count, End::front);
  list.drop(end, count, list_limits(x));
  x.removed(change, list_event, pop_event(end), count);
}

void pop(Execution& x, Args args, End end) {
  if (args.size() > 3) return x.fail(errors::wrong_arity(x.spec().name));
  std::int64_t count = -1;
  if (args.size() == 3) {
    auto given = to_integer_between(args[2], 0, std::numeric_limits<std::int64_t>::max(),
                                    errors::must_be_positive);
    if (!given) return x.fail(given.error());
    count = *given;
  }
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::list);
  if (x.failed()) return;
  if (!entry) return count < 0 ? x.reply.null() : x.reply.null_array();
  if (count == 0) return x.reply.array(0);
  Change change = x.change(key, entry);
  count < 0 ? pop_one(x, change, end) : pop_several(x, change, end, count);
}

void lpop(Execution& x, Args args) {
  pop(x, args, End::front);
}

void rpop(Execution& x, Args args) {
  pop(x, args, End::back);
}

void blocking_pop(Execution& x, Args args, End end) {
  auto timeout_ms = to_timeout_ms(args.back());
  if (!timeout_ms) return x.fail(timeout_ms.error());
  const Args keys = args.subspan(1, args.size() - 2);
  const bool served = serve_first<List>(x, keys, [&](Change& change) {
    x.reply.array(2);
    x.reply.bulk(change.key().bytes);
    x.propagate_as(pop_command(end), change.key().bytes);
    pop_one(x, change, end);
  });
  if (served || x.failed()) return;
  x.block_on(keys, Type::list, *timeout_ms, TimeoutReply::null_array);
}

void blpop(Execution& x, Args args) {
  blocking_pop(x, args, End::front);
}

void brpop(Execution& x, Args args) {
  blocking_pop(x, args, End::back);
}

Result<End> to_end(std::string_view word) {
  if (iequals(word, "LEFT")) return End::front;
  if (iequals(word, "RIGHT")) return End::back;
  return failure(std::string(errors::syntax));
}

auto popping_several(Execution& x) {
  return [&x](Change& change, End end, std::int64_t count) {
    x.propagate_as(pop_command(end), change.key().bytes, count);
    pop_several(x, change, end, count);
  };
}

void lmpop(Execution& x, Args args) {
  pop_at_once<List>(x, args, to_end, popping_several(x));
}

void blmpop(Execution& x, Args args) {
  pop_or_wait<List>(x, args, to_end, popping_several(x));
}

// Moving.

struct Ends {
  End from = End::back;
  End to = End::front;
};

Result<Ends> parse_ends(Args args) {
  auto from = to_end(args[3]);
  auto to = to_end(args[4]);
  if (!from || !to) return failure(std::string(errors::syntax));
  return Ends{*from, *to};
}

/// Moves an element and replies it. False when there is none to move, or after an error.
bool move_element(Execution& x, Args args, Ends ends) {
  const Key source = x.key(args[1]);
  const Entry* from = find_source<List>(x, source);
  if (!from || x.failed()) return false;
  const Key destination(args[2]);
  const Entry* to = x.find_write(destination, Type::list);
  if (x.failed()) return false;
  Change taking = x.change(source, from);
  std::optional<Change> putting;
  if (to != from) putting.emplace(x.change(destination, to));
  List& list = taking.object<List>();
  Scratch scratch;
  const std::string element(list.peek(ends.from, scratch));
  const std::string_view pushed[] = {element};
  // First in, then out: when there is no memory to push, nothing has happened. With one list as
  // both, the element pushed at the same end is the one that leaves. What leaves needs no memory.
  list.own(ends.from);
  push_elements(x, putting ? *putting : taking, ends.to, pushed);
  x.changed(destination.bytes, list_event, ends.to == End::front ? "lpush" : "rpush", 0);
  list.drop(ends.from, 1, list_limits(x));
  x.removed(taking, list_event, pop_event(ends.from), 1);
  x.reply.bulk(element);
  return true;
}

void move_or_null(Execution& x, Args args, Ends ends) {
  if (!move_element(x, args, ends) && !x.failed()) x.reply.null();
}

/// False, without a reply, when there was nothing to move, but a time to wait for it.
bool move_or_wait(Execution& x, Args args, Ends ends) {
  auto timeout_ms = to_timeout_ms(args.back());
  if (!timeout_ms) {
    x.fail(timeout_ms.error());
    return false;
  }
  if (move_element(x, args, ends)) return true;
  if (!x.failed())
    x.block_on(args.subspan(1, 1), Type::list, *timeout_ms, TimeoutReply::null_array_or_null);
  return false;
}

void lmove(Execution& x, Args args) {
  auto ends = parse_ends(args);
  if (!ends) return x.fail(ends.error());
  move_or_null(x, args, *ends);
}

void rpoplpush(Execution& x, Args args) {
  move_or_null(x, args, {});
}

void blmove(Execution& x, Args args) {
  auto ends = parse_ends(args);
  if (!ends) return x.fail(ends.error());
  if (move_or_wait(x, args, *ends)) x.propagate_as("LMOVE", args[1], args[2], args[3], args[4]);
}

void brpoplpush(Execution& x, Args args) {
  if (move_or_wait(x, args, {})) x.propagate_as("RPOPLPUSH", args[1], args[2]);
}

constexpr CommandSpec lists_pops_rows[] = {
    command({.name = "lpop",
             .syntax = "key [count]",
             .group = Group::list,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of elements removed.",
             .summary = "Takes the first element, or the first ones, out of a list.",
             .run = lpop}),
    command({.name = "rpop",
             .syntax = "key [count]",
             .group = Group::list,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of elements removed.",
             .summary = "Takes the last element, or the last ones, out of a list.",
             .run = rpop}),
    command({.name = "blpop",
             .syntax = "key [key ...] timeout",
             .group = Group::list,
             .flags = {Flag::write, Flag::blocking},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1, -2)},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of keys.",
             .summary = "Takes the first element out of the first list that has one; waits while "
                        "there is none.",
             .run = blpop}),
    command({.name = "brpop",
             .syntax = "key [key ...] timeout",
             .group = Group::list,
             .flags = {Flag::write, Flag::blocking},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1, -2)},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of keys.",
             .summary = "Takes the last element out of the first list that has one; waits while "
                        "there is none.",
             .run = brpop}),
    command({.name = "lmpop",
             .syntax = "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
             .group = Group::list,
             .flags = {Flag::write, Flag::movablekeys},
             .keys = {counted_keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1)},
             .since = "7.0.0",
             .complexity =
                 "O(N+M) with N being the number of keys and M the number of elements removed.",
             .summary = "Takes elements out of the first list that has any.",
             .run = lmpop}),
    command(
        {.name = "blmpop",
         .syntax = "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
         .group = Group::list,
         .flags = {Flag::write, Flag::blocking, Flag::movablekeys},
         .keys = {counted_keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 2)},
         .since = "7.0.0",
         .complexity =
             "O(N+M) with N being the number of keys and M the number of elements removed.",
         .summary = "Takes elements out of the first list that has any; waits while there is none.",
         .run = blmpop}),
    command({.name = "lmove",
             .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT>",
             .group = Group::list,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1),
                      keys({KeyFlag::RW, KeyFlag::insert}, 2)},
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Moves an element from one end of a list to an end of another.",
             .run = lmove}),
    command({.name = "rpoplpush",
             .syntax = "source destination",
             .group = Group::list,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1),
                      keys({KeyFlag::RW, KeyFlag::insert}, 2)},
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Moves the last element of a list to the front of another.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments",
             .run = rpoplpush}),
    command({.name = "blmove",
             .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout",
             .group = Group::list,
             .flags = {Flag::write, Flag::denyoom, Flag::blocking},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1),
                      keys({KeyFlag::RW, KeyFlag::insert}, 2)},
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Moves an element from one end of a list to an end of another; waits while "
                        "there is none.",
             .run = blmove}),
    command(
        {.name = "brpoplpush",
         .syntax = "source destination timeout",
         .group = Group::list,
         .flags = {Flag::write, Flag::denyoom, Flag::blocking},
         .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1),
                  keys({KeyFlag::RW, KeyFlag::insert}, 2)},
         .since = "2.2.0",
         .complexity = "O(1)",
         .summary =
             "Moves the last element of a list to the front of another; waits while there is none.",
         .deprecated_since = "6.2.0",
         .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
         .run = brpoplpush}),
};

}  // namespace

constinit const std::span<const CommandSpec> list_pop_commands = lists_pops_rows;

}  // namespace respawn::commands
