// Sorted sets: adding, removing and looking up members. Ranges are in ranges.cpp, pops in
// pops.cpp, unions and the like in zalgebra.cpp.
#include "commands/families.hpp"
#include "commands/shared/key_specs.hpp"
#include "commands/shared/sorted_set_access.hpp"
#include "commands/sorted_sets/additions.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::RankRange;
using keyspace::SortedSet;
using keyspace::Type;

std::int64_t as_reply(std::size_t number) {
  return static_cast<std::int64_t>(number);
}

// ZADD and ZINCRBY.

bool take_add_option(ArgCursor& at, AddOptions& options) {
  bool* const flags[] = {&options.only_new,  &options.only_existing, &options.only_greater,
                         &options.only_less, &options.count_updates, &options.increment};
  constexpr std::string_view tokens[] = {"NX", "XX", "GT", "LT", "CH", "INCR"};
  for (std::size_t i = 0; i < std::size(tokens); ++i)
    if (at.take(tokens[i])) return *flags[i] = true;
  return false;
}

Result<std::vector<Addition>> parse_additions(Args args, AddOptions& options) {
  ArgCursor at(args, 2);
  while (take_add_option(at, options)) continue;
  if (at.done() || at.left() % 2 != 0) return failure(std::string(errors::syntax));
  if (options.only_new && options.only_existing)
    return failure("ERR XX and NX options at the same time are not compatible");
  if (options.only_new + options.only_greater + options.only_less > 1)
    return failure("ERR GT, LT, and/or NX options at the same time are not compatible");
  if (options.increment && at.left() > 2)
    return failure("ERR INCR option supports a single increment-element pair");
  std::vector<Addition> additions;
  additions.reserve(at.left() / 2);
  while (!at.done()) {
    auto score = to_score(at.next());
    if (!score) return failure(score.error());
    additions.push_back({at.next(), *score});
  }
  return additions;
}

void add(Execution& x, Args args, AddOptions options) {
  auto additions = parse_additions(args, options);
  if (!additions) return x.fail(additions.error());
  add_members(x, args[1], *additions, options);
}

void zadd(Execution& x, Args args) {
  add(x, args, {});
}

void zincrby(Execution& x, Args args) {
  AddOptions options;
  options.increment = true;
  add(x, args, options);
}

// Removing.

void zrem(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::sorted_set);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  Change change = x.change(key, entry);
  SortedSet& set = change.object<SortedSet>();
  std::size_t removed = 0;
  for (std::string_view member : args.subspan(2)) removed += set.erase(member) ? 1 : 0;
  if (removed > 0) x.removed(change, config::keyspace_event::sorted_set, "zrem", removed);
  x.reply.integer(as_reply(removed));
}

/// Removes what range_of(set) says.
template <class RangeOf>
void remove_range(Execution& x, Args args, std::string_view event, RangeOf&& range_of) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::sorted_set);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  const RankRange range = range_of(entry->object<SortedSet>());
  if (range.count > 0) {
    Change change = x.change(key, entry);
    change.object<SortedSet>().erase(range);
    x.removed(change, config::keyspace_event::sorted_set, event, range.count);
  }
  x.reply.integer(as_reply(range.count));
}

void zremrangebyrank(Execution& x, Args args) {
  auto start = to_integer(args[2]);
  auto stop = to_integer(args[3]);
  if (!start || !stop) return x.fail(errors::not_an_integer);
  remove_range(x, args, "zremrangebyrank",
               [&](const SortedSet& set) { return clamp_ranks(*start, *stop, set.size()); });
}

void zremrangebyscore(Execution& x, Args args) {
  auto range = to_score_range(args[2], args[3]);
  if (!range) return x.fail(range.error());
  remove_range(x, args, "zremrangebyscore",
               [&](const SortedSet& set) { return set.in_scores(*range); });
}

void zremrangebylex(Execution& x, Args args) {
  auto range = to_lex_range(args[2], args[3]);
  if (!range) return x.fail(range.error());
  remove_range(x, args, "zremrangebylex", [&](const SortedSet& set) { return set.in_lex(*range); });
}

// Looking up.

const SortedSet* find_sorted_set(Execution& x, std::string_view key) {
  const Entry* entry = x.find_read(x.key(key), Type::sorted_set);
  return entry ? &entry->object<SortedSet>() : nullptr;
}

void zcard(Execution& x, Args args) {
  const SortedSet* set = find_sorted_set(x, args[1]);
  if (!x.failed()) x.reply.integer(set ? as_reply(set->size()) : 0);
}

void reply_score(Execution& x, const SortedSet* set, std::string_view member) {
  const auto score = set ? set->score(member) : std::nullopt;
  score ? x.reply.real(*score) : x.reply.null();
}

void zscore(Execution& x, Args args) {
  const SortedSet* set = find_sorted_set(x, args[1]);
  if (!x.failed()) reply_score(x, set, args[2]);
}

void zmscore(Execution& x, Args args) {
  const SortedSet* set = find_sorted_set(x, args[1]);
  if (x.failed()) return;
  x.reply.array(args.size() - 2);
  for (std::string_view member : args.subspan(2)) reply_score(x, set, member);
}

void rank(Execution& x, Args args, bool from_highest) {
  if (args.size() > 4) return x.fail(errors::wrong_arity(x.spec().name));
  const bool with_score = args.size() == 4;
  if (with_score && !iequals(args[3], "WITHSCORE")) return x.fail(errors::syntax);
  const SortedSet* set = find_sorted_set(x, args[1]);
  if (x.failed()) return;
  const auto found = set ? set->rank(args[2]) : std::nullopt;
  if (!found) return with_score ? x.reply.null_array() : x.reply.null();
  if (with_score) x.reply.array(2);
  x.reply.integer(as_reply(from_highest ? set->size() - 1 - found->rank : found->rank));
  if (with_score) x.reply.real(found->score);
}

void zrank(Execution& x, Args args) {
  rank(x, args, false);
}

void zrevrank(Execution& x, Args args) {
  rank(x, args, true);
}

void zcount(Execution& x, Args args) {
  auto range = to_score_range(args[2], args[3]);
  if (!range) return x.fail(range.error());
  const SortedSet* set = find_sorted_set(x, args[1]);
  if (!x.failed()) x.reply.integer(set ? as_reply(set->in_scores(*range).count) : 0);
}

void zlexcount(Execution& x, Args args) {
  auto range = to_lex_range(args[2], args[3]);
  if (!range) return x.fail(range.error());
  const SortedSet* set = find_sorted_set(x, args[1]);
  if (!x.failed()) x.reply.integer(set ? as_reply(set->in_lex(*range).count) : 0);
}

constexpr KeySpec erase_key = keys({KeyFlag::RW, KeyFlag::erase}, 1);

constexpr CommandSpec sorted_sets_rows[] = {
    command({.name = "zadd",
             .syntax = "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "1.2.0",
             .complexity = "O(log(N)) for each member, with N being the size of the sorted set.",
             .summary = "Adds members with their scores, or changes scores.",
             .run = zadd}),
    command({.name = "zincrby",
             .syntax = "key increment member",
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::update}, 1)},
             .since = "1.2.0",
             .complexity = "O(log(N)) with N being the size of the sorted set.",
             .summary = "Adds to the score of a member.",
             .run = zincrby}),
    command({.name = "zrem",
             .syntax = "key member [member ...]",
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::fast},
             .keys = {erase_key},
             .since = "1.2.0",
             .complexity = "O(log(N)) for each member, with N being the size of the sorted set.",
             .summary = "Removes members.",
             .run = zrem}),
    command({.name = "zremrangebyrank",
             .syntax = "key start stop",
             .group = Group::sorted_set,
             .flags = {Flag::write},
             .keys = {erase_key},
             .since = "2.0.0",
             .complexity = "O(log(N)+M) with N being the size and M the number of members removed.",
             .summary = "Removes the members within a range of ranks.",
             .run = zremrangebyrank}),
    command({.name = "zremrangebyscore",
             .syntax = "key min max",
             .group = Group::sorted_set,
             .flags = {Flag::write},
             .keys = {erase_key},
             .since = "1.2.0",
             .complexity = "O(log(N)+M) with N being the size and M the number of members removed.",
             .summary = "Removes the members within a range of scores.",
             .run = zremrangebyscore}),
    command({.name = "zremrangebylex",
             .syntax = "key min max",
             .group = Group::sorted_set,
             .flags = {Flag::write},
             .keys = {erase_key},
             .since = "2.8.9",
             .complexity = "O(log(N)+M) with N being the size and M the number of members removed.",
             .summary = "Removes the members within a range of bytes, where all scores are equal.",
             .run = zremrangebylex}),
    command({.name = "zcard",
             .syntax = "key",
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Says how many members a sorted set has.",
             .run = zcard}),
    command({.name = "zscore",
             .syntax = "key member",
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {read_key},
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Reads the score of a member.",
             .run = zscore}),
    command({.name = "zmscore",
             .syntax = "key member [member ...]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {read_key},
             .since = "6.2.0",
             .complexity = "O(N) with N being the number of members asked for.",
             .summary = "Reads the scores of several members.",
             .run = zmscore}),
    command({.name = "zrank",
             .syntax = "key member [WITHSCORE]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {read_key},
             .since = "2.0.0",
             .complexity = "O(log(N))",
             .summary = "Says how many members come before one.",
             .run = zrank}),
    command({.name = "zrevrank",
             .syntax = "key member [WITHSCORE]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {read_key},
             .since = "2.0.0",
             .complexity = "O(log(N))",
             .summary = "Says how many members come behind one.",
             .run = zrevrank}),
    command({.name = "zcount",
             .syntax = "key min max",
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {read_key},
             .since = "2.0.0",
             .complexity = "O(log(N))",
             .summary = "Counts the members within a range of scores.",
             .run = zcount}),
    command({.name = "zlexcount",
             .syntax = "key min max",
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {read_key},
             .since = "2.8.9",
             .complexity = "O(log(N))",
             .summary = "Counts the members within a range of bytes, where all scores are equal.",
             .run = zlexcount}),
};

}  // namespace

constinit const std::span<const CommandSpec> sorted_set_commands = sorted_sets_rows;

}  // namespace respawn::commands
