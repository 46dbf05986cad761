// Taking members out of sorted sets at their ends; waiting for them.
#include <algorithm>

#include "commands/families.hpp"
#include "commands/shared/blocking_source.hpp"
#include "commands/shared/multi_pop.hpp"
#include "commands/shared/sorted_set_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Direction;
using keyspace::Entry;
using keyspace::Key;
using keyspace::RankRange;
using keyspace::ScoredText;
using keyspace::SortedSet;
using keyspace::Type;

enum class Extreme : bool { lowest, highest };

std::string_view pop_command(Extreme end) {
  return end == Extreme::lowest ? "ZPOPMIN" : "ZPOPMAX";
}

/// How many, from which end.
struct Portion {
  Extreme end = Extreme::lowest;
  std::size_t count = 1;
};

std::size_t available(const SortedSet& set, const Portion& portion) {
  return std::min(set.size(), portion.count);
}

/// Removes as many as are there, calling reply(ScoredText) for each first.
template <class Reply>
void take(Execution& x, Change& change, const Portion& portion, Reply&& reply) {
  SortedSet& set = change.object<SortedSet>();
  const std::size_t count = available(set, portion);
  const bool lowest = portion.end == Extreme::lowest;
  auto walk =
      set.walk(lowest ? 0 : set.size() - 1, lowest ? Direction::forward : Direction::backward);
  for (std::size_t left = count; left > 0; --left, walk.next())
    reply(ScoredText{walk.member(), walk.score()});
  set.erase(RankRange{lowest ? 0 : set.size() - count, count});
  x.removed(change, config::keyspace_event::sorted_set, lowest ? "zpopmin" : "zpopmax", count);
}

void reply_flat(Execution& x, const ScoredText& element) {
  x.reply.bulk(element.member);
  x.reply.real(element.score);
}

void reply_pair(Execution& x, const ScoredText& element) {
  x.reply.array(2);
  reply_flat(x, element);
}

void pop(Execution& x, Args args, Extreme end) {
  if (args.size() > 3) return x.fail(errors::syntax);
  const bool counted = args.size() == 3;
  Portion portion{end, 1};
  if (counted) {
    auto given = to_integer_between(args[2], 0, std::numeric_limits<std::int64_t>::max(),
                                    errors::must_be_positive);
    if (!given) return x.fail(given.error());
    portion.count = static_cast<std::size_t>(*given);
  }
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::sorted_set);
  if (x.failed()) return;
  if (!entry || portion.count == 0) return x.reply.array(0);
  const bool nested = counted && x.reply.resp3();
  x.reply.array(available(entry->object<SortedSet>(), portion) * (nested ? 1 : 2));
  Change change = x.change(key, entry);
  take(x, change, portion, [&](const ScoredText& element) {
    nested ? reply_pair(x, element) : reply_flat(x, element);
  });
}

void zpopmin(Execution& x, Args args) {
  pop(x, args, Extreme::lowest);
}

void zpopmax(Execution& x, Args args) {
  pop(x, args, Extreme::highest);
}

void blocking_pop(Execution& x, Args args, Extreme end) {
  auto timeout_ms = to_timeout_ms(args.back());
  if (!timeout_ms) return x.fail(timeout_ms.error());
  const Args keys = args.subspan(1, args.size() - 2);
  const bool served = serve_first<SortedSet>(x, keys, [&](Change& change) {
    x.reply.array(3);
    x.reply.bulk(change.key().bytes);
    x.propagate_as(pop_command(end), change.key().bytes);
    take(x, change, {end, 1}, [&](const ScoredText& element) { reply_flat(x, element); });
  });
  if (served || x.failed()) return;
  x.block_on(keys, Type::sorted_set, *timeout_ms, TimeoutReply::null_array);
}

void bzpopmin(Execution& x, Args args) {
  blocking_pop(x, args, Extreme::lowest);
}

void bzpopmax(Execution& x, Args args) {
  blocking_pop(x, args, Extreme::highest);
}

Result<Extreme> to_extreme(std::string_view word) {
  if (iequals(word, "MIN")) return Extreme::lowest;
  if (iequals(word, "MAX")) return Extreme::highest;
  return failure(std::string(errors::syntax));
}

auto popping_several(Execution& x) {
  return [&x](Change& change, Extreme end, std::int64_t count) {
    const Portion portion{end, static_cast<std::size_t>(count)};
    x.reply.array(available(change.object<SortedSet>(), portion));
    x.propagate_as(pop_command(end), change.key().bytes, count);
    take(x, change, portion, [&](const ScoredText& element) { reply_pair(x, element); });
  };
}

void zmpop(Execution& x, Args args) {
  pop_at_once<SortedSet>(x, args, to_extreme, popping_several(x));
}

void bzmpop(Execution& x, Args args) {
  pop_or_wait<SortedSet>(x, args, to_extreme, popping_several(x));
}

constexpr KeyFlags pop_flags = {KeyFlag::RW, KeyFlag::access, KeyFlag::erase};

constexpr CommandSpec sorted_sets_pops_rows[] = {
    command({.name = "zpopmin",
             .syntax = "key [count]",
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys(pop_flags, 1)},
             .since = "5.0.0",
             .complexity = "O(log(N)+M) with N being the size and M the number of members removed.",
             .summary = "Takes the members with the lowest scores out.",
             .run = zpopmin}),
    command({.name = "zpopmax",
             .syntax = "key [count]",
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys(pop_flags, 1)},
             .since = "5.0.0",
             .complexity = "O(log(N)+M) with N being the size and M the number of members removed.",
             .summary = "Takes the members with the highest scores out.",
             .run = zpopmax}),
    command({.name = "bzpopmin",
             .syntax = "key [key ...] timeout",
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::blocking, Flag::fast},
             .keys = {keys(pop_flags, 1, -2)},
             .since = "5.0.0",
             .complexity = "O(log(N)) with N being the size of the sorted set.",
             .summary = "Takes the member with the lowest score out of the first sorted set that "
                        "has one; waits while there is none.",
             .run = bzpopmin}),
    command({.name = "bzpopmax",
             .syntax = "key [key ...] timeout",
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::blocking, Flag::fast},
             .keys = {keys(pop_flags, 1, -2)},
             .since = "5.0.0",
             .complexity = "O(log(N)) with N being the size of the sorted set.",
             .summary = "Takes the member with the highest score out of the first sorted set that "
                        "has one; waits while there is none.",
             .run = bzpopmax}),
    command({.name = "zmpop",
             .syntax = "numkeys key [key ...] <MIN | MAX> [COUNT count]",
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::movablekeys},
             .keys = {counted_keys(pop_flags, 1)},
             .since = "7.0.0",
             .complexity = "O(K)+O(log(N)+M) with K being the number of keys, N the size and M the "
                           "number of members removed.",
             .summary = "Takes members out of the first sorted set that has any.",
             .run = zmpop}),
    command({.name = "bzmpop",
             .syntax = "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]",
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::blocking, Flag::movablekeys},
             .keys = {counted_keys(pop_flags, 2)},
             .since = "7.0.0",
             .complexity = "O(K)+O(log(N)+M) with K being the number of keys, N the size and M the "
                           "number of members removed.",
             .summary = "Takes members out of the first sorted set that has any; waits while there "
                        "is none.",
             .run = bzmpop}),
};

}  // namespace

constinit const std::span<const CommandSpec> sorted_set_pop_commands = sorted_sets_pops_rows;

}  // namespace respawn::commands
