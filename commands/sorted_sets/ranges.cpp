// Sorted sets: reading ranges by rank, score and bytes, or storing them elsewhere.
#include <algorithm>

#include "commands/families.hpp"
#include "commands/shared/key_specs.hpp"
#include "commands/shared/sorted_set_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Direction;
using keyspace::Entry;
using keyspace::Key;
using keyspace::RankRange;
using keyspace::SortedSet;
using keyspace::Type;

enum class By : std::uint8_t { option, rank, score, lex };

/// What the name of the command settles; `option`, or no direction: its options say.
struct RangeKind {
  By by = By::option;
  std::optional<Direction> direction;
  bool stores = false;
};

struct RangeQuery {
  By by = By::rank;
  Direction direction = Direction::forward;
  WithScores with_scores = WithScores::no;
  std::int64_t offset = 0;
  std::int64_t limit = -1;
  std::int64_t start = 0;
  std::int64_t stop = 0;
  keyspace::ScoreRange scores;
  keyspace::LexRange texts;
};

/// Options from argument `at` on.
Status parse_range_options(Args args, std::size_t first, RangeKind kind, RangeQuery& query) {
  for (ArgCursor at(args, first); !at.done();) {
    if (!kind.stores && at.take("WITHSCORES")) {
      query.with_scores = WithScores::yes;
    } else if (at.take("LIMIT", 2)) {
      auto offset = to_integer(at.next());
      auto limit = to_integer(at.next());
      if (!offset || !limit) return failure(std::string(errors::not_an_integer));
      query.offset = *offset;
      query.limit = *limit;
    } else if (!kind.direction && at.take("REV")) {
      kind.direction = Direction::backward;
    } else if (kind.by == By::option && at.take("BYLEX")) {
      kind.by = By::lex;
    } else if (kind.by == By::option && at.take("BYSCORE")) {
      kind.by = By::score;
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  query.by = kind.by == By::option ? By::rank : kind.by;
  query.direction = kind.direction.value_or(Direction::forward);
  if (query.limit != -1 && query.by == By::rank)
    return failure(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  if (query.with_scores == WithScores::yes && query.by == By::lex)
    return failure("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  return success();
}

/// "key bound bound [options]" from argument `at` on. Backwards, the higher bound comes first,
/// except with ranks.
Result<RangeQuery> parse_range(Args args, std::size_t at, RangeKind kind) {
  RangeQuery query;
  if (Status options = parse_range_options(args, at + 3, kind, query); !options)
    return failure(options.error());
  std::string_view min = args[at + 1];
  std::string_view max = args[at + 2];
  if (query.by == By::rank) {
    auto start = to_integer(min);
    auto stop = to_integer(max);
    if (!start || !stop) return failure(std::string(errors::not_an_integer));
    query.start = *start;
    query.stop = *stop;
    return query;
  }
  if (query.direction == Direction::backward) std::swap(min, max);
  if (query.by == By::score) {
    auto range = to_score_range(min, max);
    if (!range) return failure(range.error());
    query.scores = *range;
  } else {
    auto range = to_lex_range(min, max);
    if (!range) return failure(range.error());
    query.texts = *range;
  }
  return query;
}

/// Without the first `count` elements in the given direction.
RankRange without_first(RankRange range, std::size_t count, Direction direction) {
  count = std::min(count, range.count);
  return {direction == Direction::forward ? range.first + count : range.first, range.count - count};
}

/// Only the first `count` elements in the given direction.
RankRange only_first(RankRange range, std::size_t count, Direction direction) {
  count = std::min(count, range.count);
  return {direction == Direction::forward ? range.first : range.first + range.count - count, count};
}

RankRange resolve(const SortedSet& set, const RangeQuery& query) {
  const Direction direction = query.direction;
  if (query.by == By::rank) {
    const RankRange range = clamp_ranks(query.start, query.stop, set.size());
    if (direction == Direction::forward || range.count == 0) return range;
    return {set.size() - range.first - range.count, range.count};
  }
  if (query.offset < 0) return {};
  const auto offset = static_cast<std::size_t>(query.offset);
  const RankRange range = query.by == By::score
                              ? without_first(set.in_scores(query.scores), offset, direction)
                              : set.in_lex(query.texts, direction, offset);
  if (query.limit < 0) return range;
  return only_first(range, static_cast<std::size_t>(query.limit), direction);
}

void reply_query(Execution& x, Args args, RangeKind kind) {
  auto query = parse_range(args, 1, kind);
  if (!query) return x.fail(query.error());
  const Entry* entry = x.find_read(x.key(args[1]), Type::sorted_set);
  if (x.failed()) return;
  if (!entry) return x.reply.array(0);
  const SortedSet& set = entry->object<SortedSet>();
  reply_range(x, set, resolve(set, *query), query->direction, query->with_scores);
}

void zrange(Execution& x, Args args) {
  reply_query(x, args, {});
}

void zrevrange(Execution& x, Args args) {
  reply_query(x, args, {.by = By::rank, .direction = Direction::backward});
}

void zrangebyscore(Execution& x, Args args) {
  reply_query(x, args, {.by = By::score, .direction = Direction::forward});
}

void zrevrangebyscore(Execution& x, Args args) {
  reply_query(x, args, {.by = By::score, .direction = Direction::backward});
}

void zrangebylex(Execution& x, Args args) {
  reply_query(x, args, {.by = By::lex, .direction = Direction::forward});
}

void zrevrangebylex(Execution& x, Args args) {
  reply_query(x, args, {.by = By::lex, .direction = Direction::backward});
}

void zrangestore(Execution& x, Args args) {
  auto query = parse_range(args, 2, {.by = By::option, .direction = std::nullopt, .stores = true});
  if (!query) return x.fail(query.error());
  const Entry* entry = x.find_read(Key(args[2]), Type::sorted_set);
  if (x.failed()) return;
  auto result = std::make_unique<SortedSet>();
  if (entry) {
    const SortedSet& set = entry->object<SortedSet>();
    const RankRange range = resolve(set, *query);
    const keyspace::SortedSetLimits limits = sorted_set_limits(x);
    if (query->by == By::rank) result->expect(range.count, limits);
    // In the order of the query, as Redis does: a listpack on the way turns -0 into 0.
    const bool forward = query->direction == Direction::forward;
    auto walk = set.walk(forward || range.count == 0 ? range.first : range.first + range.count - 1,
                         query->direction);
    for (std::size_t left = range.count; left > 0; --left, walk.next())
      result->set(walk.member(), walk.score(), limits);
  }
  store_result(x, x.key(args[1]), std::move(result), "zrangestore");
}

constexpr std::string_view range_complexity =
    "O(log(N)+M) with N being the size and M the number of members replied.";

constexpr CommandSpec ranges_rows[] = {
    command({.name = "zrange",
             .syntax = "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "1.2.0",
             .complexity = range_complexity,
             .summary = "Lists the members within a range of ranks, scores or bytes.",
             .run = zrange}),
    command(
        {.name = "zrangestore",
         .syntax = "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]",
         .group = Group::sorted_set,
         .flags = {Flag::write, Flag::denyoom},
         .keys = {keys({KeyFlag::OW, KeyFlag::update}, 1), keys({KeyFlag::RO, KeyFlag::access}, 2)},
         .since = "6.2.0",
         .complexity = "O(log(N)+M) with N being the size and M the number of members stored.",
         .summary = "Stores the members within a range as another sorted set.",
         .run = zrangestore}),
    command({.name = "zrevrange",
             .syntax = "key start stop [WITHSCORES]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "1.2.0",
             .complexity = range_complexity,
             .summary = "Lists the members within a range of ranks, the highest first.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `REV` argument",
             .run = zrevrange}),
    command({.name = "zrangebyscore",
             .syntax = "key min max [WITHSCORES] [LIMIT offset count]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "1.0.5",
             .complexity = range_complexity,
             .summary = "Lists the members within a range of scores.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `BYSCORE` argument",
             .run = zrangebyscore}),
    command({.name = "zrevrangebyscore",
             .syntax = "key max min [WITHSCORES] [LIMIT offset count]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "2.2.0",
             .complexity = range_complexity,
             .summary = "Lists the members within a range of scores, the highest first.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `REV` and `BYSCORE` arguments",
             .run = zrevrangebyscore}),
    command({.name = "zrangebylex",
             .syntax = "key min max [LIMIT offset count]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "2.8.9",
             .complexity = range_complexity,
             .summary = "Lists the members within a range of bytes, where all scores are equal.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `BYLEX` argument",
             .run = zrangebylex}),
    command({.name = "zrevrangebylex",
             .syntax = "key max min [LIMIT offset count]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "2.8.9",
             .complexity = range_complexity,
             .summary = "Lists the members within a range of bytes, the highest first, where all "
                        "scores are equal.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `REV` and `BYLEX` arguments",
             .run = zrevrangebylex}),
};

}  // namespace

constinit const std::span<const CommandSpec> sorted_set_range_commands = ranges_rows;

}  // namespace respawn::commands
