// Lists: pushing, reading and changing elements. What takes elements out at the ends is in
// pops.cpp.
#include <algorithm>

#include "commands/families.hpp"
#include "commands/shared/list_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::End;
using keyspace::Entry;
using keyspace::Key;
using keyspace::List;
using keyspace::Scratch;
using keyspace::Type;

std::int64_t as_reply(std::size_t number) {
  return static_cast<std::int64_t>(number);
}

enum class Create : bool { no, yes };

void push(Execution& x, Args args, End end, Create create) {
  if (!fit_a_list(x, args.subspan(2))) return;
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::list);
  if (x.failed()) return;
  if (!entry && create == Create::no) return x.reply.integer(0);
  const Args elements = args.subspan(2);
  Change change = x.change(key, entry);
  const std::size_t size = push_elements(x, change, end, elements);
  x.changed(key.bytes, list_event, end == End::front ? "lpush" : "rpush", elements.size());
  x.reply.integer(as_reply(size));
}

void lpush(Execution& x, Args args) {
  push(x, args, End::front, Create::yes);
}

void rpush(Execution& x, Args args) {
  push(x, args, End::back, Create::yes);
}

void lpushx(Execution& x, Args args) {
  push(x, args, End::front, Create::no);
}

void rpushx(Execution& x, Args args) {
  push(x, args, End::back, Create::no);
}

void llen(Execution& x, Args args) {
  const Entry* entry = x.find_read(x.key(args[1]), Type::list);
  if (x.failed()) return;
  x.reply.integer(entry ? as_reply(entry->object<List>().size()) : 0);
}

void lrange(Execution& x, Args args) {
  auto start = to_integer(args[2]);
  auto stop = to_integer(args[3]);
  if (!start || !stop) return x.fail(errors::not_an_integer);
  const Entry* entry = x.find_read(x.key(args[1]), Type::list);
  if (x.failed()) return;
  if (!entry) return x.reply.array(0);
  const List& list = entry->object<List>();
  const ListRange range = clamp_range(*start, *stop, list.size());
  reply_elements(x, list, range.first, range.count, End::back);
}

void lindex(Execution& x, Args args) {
  const Entry* entry = x.find_read(x.key(args[1]), Type::list);
  if (x.failed()) return;
  if (!entry) return x.reply.null();
  auto given = to_integer(args[2]);
  if (!given) return x.fail(given.error());
  const List& list = entry->object<List>();
  const auto index = clamp_index(*given, list.size());
  if (!index) return x.reply.null();
  Scratch scratch;
  x.reply.bulk(list.at(*index, scratch));
}

void lset(Execution& x, Args args) {
  if (!fit_a_list(x, args.subspan(3))) return;
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::list);
  if (x.failed()) return;
  if (!entry) return x.fail(errors::no_such_key);
  auto given = to_integer(args[2]);
  if (!given) return x.fail(given.error());
  const auto index = clamp_index(*given, entry->object<List>().size());
  if (!index) return x.fail(errors::index_out_of_range);
  x.change(key, entry).object<List>().set(*index, args[3], list_limits(x));
  x.changed(key.bytes, list_event, "lset");
  x.reply.ok();
}

std::optional<std::size_t> index_of(const List& list, std::string_view element) {
  std::size_t index = 0;
  for (auto walk = list.walk(); walk.valid(); walk.next(), ++index)
    if (walk.value() == element) return index;
  return std::nullopt;
}

void linsert(Execution& x, Args args) {
  if (!fit_a_list(x, args.subspan(4))) return;
  const bool after = iequals(args[2], "AFTER");
  if (!after && !iequals(args[2], "BEFORE")) return x.fail(errors::syntax);
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::list);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  const auto pivot = index_of(entry->object<List>(), args[3]);
  if (!pivot) return x.reply.integer(-1);
  Change change = x.change(key, entry);
  List& list = change.object<List>();
  list.insert(*pivot + (after ? 1 : 0), args[4], list_limits(x));
  x.changed(key.bytes, list_event, "linsert");
  x.reply.integer(as_reply(list.size()));
}

void lrem(Execution& x, Args args) {
  auto given = to_integer(args[2]);
  if (!given) return x.fail(given.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::list);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  Change change = x.change(key, entry);
  List& list = change.object<List>();
  // So that it can be negated; no list has that many elements.
  const std::int64_t count = std::max(*given, -std::numeric_limits<std::int64_t>::max());
  const std::size_t removed = list.remove(count, args[3], list_limits(x));
  if (removed > 0) x.removed(change, list_event, "lrem", removed);
  x.reply.integer(as_reply(removed));
}

void ltrim(Execution& x, Args args) {
  auto start = to_integer(args[2]);
  auto stop = to_integer(args[3]);
  if (!start || !stop) return x.fail(errors::not_an_integer);
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::list);
  if (x.failed()) return;
  if (!entry) return x.reply.ok();
  Change change = x.change(key, entry);
  List& list = change.object<List>();
  const std::size_t before = list.size();
  const ListRange kept = clamp_range(*start, *stop, before);
  list.trim(kept.first, kept.count, list_limits(x), x.store().databases.garbage());
  x.removed(change, list_event, "ltrim", before - list.size());
  x.reply.ok();
}

// LPOS.

struct SearchOptions {
  std::int64_t rank = 1;
  std::optional<std::int64_t> count;  // 0: all
  std::int64_t looked_at_max = 0;     // 0: all
};

Result<SearchOptions> parse_search_options(Args args) {
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  SearchOptions options;
  for (ArgCursor at(args, 3); !at.done();) {
    if (at.take("RANK", 1)) {
      auto rank = to_integer(at.next());
      if (!rank) return failure(rank.error());
      if (*rank < -max)
        return failure(
            "ERR value is out of range, value must between -9223372036854775807 and "
            "9223372036854775807");
      if (*rank == 0)
        return failure(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "
            "or use negative to start from the end of the list");
      options.rank = *rank;
    } else if (at.take("COUNT", 1)) {
      auto count = to_integer_between(at.next(), 0, max, "ERR COUNT can't be negative");
      if (!count) return failure(count.error());
      options.count = *count;
    } else if (at.take("MAXLEN", 1)) {
      auto looked_at = to_integer_between(at.next(), 0, max, "ERR MAXLEN can't be negative");
      if (!looked_at) return failure(looked_at.error());
      options.looked_at_max = *looked_at;
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  return options;
}

/// Calls visit(index) for each wanted place.
template <class Visitor>
void search(const List& list, std::string_view element, const SearchOptions& options,
            Visitor&& visit) {
  const bool forward = options.rank > 0;
  const std::size_t last = list.size() - 1;
  std::int64_t to_skip = (forward ? options.rank : -options.rank) - 1;
  std::int64_t wanted = options.count.value_or(1);
  std::int64_t looked_at = 0;
  for (auto walk = list.walk(forward ? 0 : last, forward ? End::back : End::front); walk.valid();
       walk.next()) {
    if (options.looked_at_max != 0 && looked_at == options.looked_at_max) return;
    const auto distance = static_cast<std::size_t>(looked_at++);
    if (walk.value() != element || to_skip-- > 0) continue;
    visit(forward ? distance : last - distance);
    if (--wanted == 0) return;
  }
}

void lpos(Execution& x, Args args) {
  auto options = parse_search_options(args);
  if (!options) return x.fail(options.error());
  const Entry* entry = x.find_read(x.key(args[1]), Type::list);
  if (x.failed()) return;
  if (!options->count) {
    std::optional<std::size_t> found;
    if (entry)
      search(entry->object<List>(), args[2], *options, [&](std::size_t index) { found = index; });
    return found ? x.reply.integer(as_reply(*found)) : x.reply.null();
  }
  const std::size_t place = x.reply.announce();
  std::size_t count = 0;
  if (entry)
    search(entry->object<List>(), args[2], *options, [&](std::size_t index) {
      x.reply.integer(as_reply(index));
      ++count;
    });
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, count);
}

constexpr CommandSpec lists_rows[] = {
    command({.name = "lpush",
             .syntax = "key element [element ...]",
             .group = Group::list,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of elements added.",
             .summary = "Adds elements at the front of a list; makes the list when there is none.",
             .run = lpush}),
    command({.name = "rpush",
             .syntax = "key element [element ...]",
             .group = Group::list,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of elements added.",
             .summary = "Adds elements at the back of a list; makes the list when there is none.",
             .run = rpush}),
    command({.name = "lpushx",
             .syntax = "key element [element ...]",
             .group = Group::list,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 1)},
             .since = "2.2.0",
             .complexity = "O(N) with N being the number of elements added.",
             .summary = "Adds elements at the front of a list that is there already.",
             .run = lpushx}),
    command({.name = "rpushx",
             .syntax = "key element [element ...]",
             .group = Group::list,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 1)},
             .since = "2.2.0",
             .complexity = "O(N) with N being the number of elements added.",
             .summary = "Adds elements at the back of a list that is there already.",
             .run = rpushx}),
    command({.name = "llen",
             .syntax = "key",
             .group = Group::list,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Says how many elements a list has.",
             .run = llen}),
    command({.name = "lrange",
             .syntax = "key start stop",
             .group = Group::list,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "1.0.0",
             .complexity = "O(S+N) with S being the distance to the nearest end and N the number "
                           "of elements read.",
             .summary = "Reads a range of elements.",
             .run = lrange}),
    command({.name = "lindex",
             .syntax = "key index",
             .group = Group::list,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the distance to the nearest end.",
             .summary = "Reads the element at an index.",
             .run = lindex}),
    command({.name = "lset",
             .syntax = "key index element",
             .group = Group::list,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the distance to the nearest end.",
             .summary = "Replaces the element at an index.",
             .run = lset}),
    command({.name = "linsert",
             .syntax = "key <BEFORE | AFTER> pivot element",
             .group = Group::list,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 1)},
             .since = "2.2.0",
             .complexity = "O(N) with N being the number of elements in front of the pivot.",
             .summary = "Adds an element before or after the first one equal to the pivot.",
             .run = linsert}),
    command({.name = "lrem",
             .syntax = "key count element",
             .group = Group::list,
             .flags = {Flag::write},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 1)},
             .since = "1.0.0",
             .complexity =
                 "O(N+M) with N being the length of the list and M the number of elements removed.",
             .summary =
                 "Removes elements equal to the given one: the first ones, the last ones, or all.",
             .run = lrem}),
    command({.name = "ltrim",
             .syntax = "key start stop",
             .group = Group::list,
             .flags = {Flag::write},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of elements removed.",
             .summary = "Removes all elements but a range.",
             .run = ltrim}),
    command({.name = "lpos",
             .syntax = "key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
             .group = Group::list,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "6.0.6",
             .complexity = "O(N) with N being the number of elements looked at.",
             .summary = "Finds the places of an element.",
             .run = lpos}),
};

}  // namespace

constinit const std::span<const CommandSpec> list_commands = lists_rows;

}  // namespace respawn::commands
