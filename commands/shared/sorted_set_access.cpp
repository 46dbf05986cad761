#include "commands/shared/sorted_set_access.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "commands/shared/list_access.hpp"
#include "engine/run/value_limits.hpp"

namespace respawn::commands {

using keyspace::LexBound;
using keyspace::RankRange;
using keyspace::SortedSet;

namespace {

struct ScoreBound {
  double score = 0;
  bool open = false;
};

std::optional<ScoreBound> to_score_bound(std::string_view text) {
  ScoreBound bound;
  bound.open = text.starts_with('(');
  const std::string number(text.substr(bound.open ? 1 : 0));
  char* end = nullptr;
  bound.score = std::strtod(number.c_str(), &end);
  if (*end != '\0' || std::isnan(bound.score)) return std::nullopt;
  return bound;
}

std::optional<LexBound> to_lex_bound(std::string_view text) {
  using Kind = LexBound::Kind;
  if (text == "-") return LexBound{Kind::lowest, {}};
  if (text == "+") return LexBound{Kind::highest, {}};
  if (text.starts_with('[')) return LexBound{Kind::closed, text.substr(1)};
  if (text.starts_with('(')) return LexBound{Kind::open, text.substr(1)};
  return std::nullopt;
}

}  // namespace

keyspace::SortedSetLimits sorted_set_limits(Execution& x) {
  return engine::sorted_set_limits(x.config());
}

Result<double> to_score(std::string_view text, std::string_view error) {
  if (auto score = parse_double(text)) return *score;
  return failure(std::string(error));
}

Result<keyspace::ScoreRange> to_score_range(std::string_view min, std::string_view max) {
  const auto lower = to_score_bound(min);
  const auto upper = to_score_bound(max);
  if (!lower || !upper) return failure("ERR min or max is not a float");
  return keyspace::ScoreRange{lower->score, upper->score, lower->open, upper->open};
}

Result<keyspace::LexRange> to_lex_range(std::string_view min, std::string_view max) {
  const auto lower = to_lex_bound(min);
  const auto upper = to_lex_bound(max);
  if (!lower || !upper) return failure("ERR min or max not valid string range item");
  return keyspace::LexRange{*lower, *upper};
}

RankRange clamp_ranks(std::int64_t start, std::int64_t stop, std::size_t size) {
  const ListRange range = clamp_range(start, stop, size);
  return {range.first, range.count};
}

void begin_elements(Execution& x, std::size_t count, WithScores with_scores) {
  const bool flat = with_scores == WithScores::yes && !x.reply.resp3();
  x.reply.array(flat ? count * 2 : count);
}

void reply_element(Execution& x, const keyspace::ScoredText& element, WithScores with_scores) {
  if (with_scores == WithScores::no) return x.reply.bulk(element.member);
  if (x.reply.resp3()) x.reply.array(2);
  x.reply.bulk(element.member);
  x.reply.real(element.score);
}

void reply_range(Execution& x, const SortedSet& set, RankRange range, keyspace::Direction direction,
                 WithScores with_scores) {
  begin_elements(x, range.count, with_scores);
  if (range.count == 0) return;
  const bool forward = direction == keyspace::Direction::forward;
  auto walk = set.walk(forward ? range.first : range.first + range.count - 1, direction);
  for (std::size_t left = range.count; left > 0; --left, walk.next())
    reply_element(x, {walk.member(), walk.score()}, with_scores);
}

void store_result(Execution& x, const keyspace::Key& key, std::unique_ptr<SortedSet> result,
                  std::string_view event, std::uint64_t changes) {
  const std::size_t size = result->size();
  if (size > 0) {
    const keyspace::Entry* existing = x.find_write(key);
    x.change(key, existing).set_object(std::move(result));
    if (!existing) x.created(key.bytes);
    x.became_ready(key.bytes);
    x.changed(key.bytes, config::keyspace_event::sorted_set, event, changes);
  } else {
    x.erase_any(key);
  }
  x.reply.integer(static_cast<std::int64_t>(size));
}

}  // namespace respawn::commands
