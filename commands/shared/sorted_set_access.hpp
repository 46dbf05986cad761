// What the sorted set commands share: limits, bounds of ranges, replies of elements, storing, and
// what removal entails.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"
#include "keyspace/types/sorted_set.hpp"

namespace respawn::commands {

[[nodiscard]] keyspace::SortedSetLimits sorted_set_limits(Execution& x);

[[nodiscard]] Result<double> to_score(std::string_view text,
                                      std::string_view error = errors::not_a_float);

/// "1.5", "(1.5", "-inf"... as strtod reads it, so that nothing at all is 0.
[[nodiscard]] Result<keyspace::ScoreRange> to_score_range(std::string_view min,
                                                          std::string_view max);

/// "[abc", "(abc", "-", "+". The result borrows the texts.
[[nodiscard]] Result<keyspace::LexRange> to_lex_range(std::string_view min, std::string_view max);

/// Redis's start and stop: both inclusive, from the end when negative, cut to what is there.
[[nodiscard]] keyspace::RankRange clamp_ranks(std::int64_t start, std::int64_t stop,
                                              std::size_t size);

enum class WithScores : bool { no, yes };

/// Announces `count` elements: flat in RESP2; in RESP3 each with a score is an array of its own.
void begin_elements(Execution& x, std::size_t count, WithScores with_scores);

/// One element of a reply that begin_elements() announced.
void reply_element(Execution& x, const keyspace::ScoredText& element, WithScores with_scores);

/// The elements of a range, which are there, in the given direction.
void reply_range(Execution& x, const keyspace::SortedSet& set, keyspace::RankRange range,
                 keyspace::Direction direction, WithScores with_scores);

/// Puts a result in the place of whatever is at the key, or removes that when the result is empty;
/// replies the size. Storing counts as so many changes.
void store_result(Execution& x, const keyspace::Key& key,
                  std::unique_ptr<keyspace::SortedSet> result, std::string_view event,
                  std::uint64_t changes = 1);

}  // namespace respawn::commands
