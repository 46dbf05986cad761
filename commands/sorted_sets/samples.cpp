// Sorted sets: members at random, and all of them a few at a time.
#include <algorithm>
#include <cstdio>
#include <unordered_set>
#include <vector>

#include "commands/families.hpp"
#include "commands/shared/sampling.hpp"
#include "commands/shared/scanning.hpp"
#include "commands/shared/sorted_set_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Entry;
using keyspace::Scratch;
using keyspace::SortedSet;
using keyspace::Type;

struct Sample {
  std::int64_t count = 0;
  WithScores with_scores = WithScores::no;
};

Result<Sample> parse_sample(Args args) {
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  auto count = to_sample_count(args[2]);
  if (!count) return failure(count.error());
  if (args.size() > 4 || (args.size() == 4 && !iequals(args[3], "WITHSCORES")))
    return failure(std::string(errors::syntax));
  const bool with_scores = args.size() == 4;
  if (with_scores && (*count < -max / 2 || *count > max / 2))
    return failure(std::string(errors::out_of_range));
  return Sample{*count, with_scores ? WithScores::yes : WithScores::no};
}

void reply_repeated(Execution& x, const SortedSet& set, std::size_t count, WithScores with_scores) {
  begin_elements(x, count, with_scores);
  Scratch scratch;
  for (; count > 0; --count)
    reply_element(x, set.at(x.store().random.below(set.size()), scratch), with_scores);
}

void reply_selected(Execution& x, const SortedSet& set, std::size_t count, WithScores with_scores) {
  Selection selection(x.store().random, set.size(), count);
  for (auto walk = set.walk(); walk.valid(); walk.next())
    if (selection.take()) reply_element(x, {walk.member(), walk.score()}, with_scores);
}

/// Distinct ranks as Floyd chooses them: as many draws as there are to be found.
void reply_drawn(Execution& x, const SortedSet& set, std::size_t count, WithScores with_scores) {
  std::unordered_set<std::size_t> chosen;
  for (std::size_t next = set.size() - count; next < set.size(); ++next)
    if (!chosen.insert(x.store().random.below(next + 1)).second) chosen.insert(next);
  Scratch scratch;
  for (const std::size_t rank : chosen) reply_element(x, set.at(rank, scratch), with_scores);
}

void zrandmember(Execution& x, Args args) {
  Sample sample;
  const bool counted = args.size() > 2;
  if (counted) {
    auto parsed = parse_sample(args);
    if (!parsed) return x.fail(parsed.error());
    sample = *parsed;
  }
  const Entry* entry = x.find_read(x.key(args[1]), Type::sorted_set);
  if (x.failed()) return;
  if (!entry) return counted ? x.reply.array(0) : x.reply.null();
  const SortedSet& set = entry->object<SortedSet>();
  Scratch scratch;
  if (!counted) return x.reply.bulk(set.at(x.store().random.below(set.size()), scratch).member);
  if (sample.count < -repeated_max) return x.fail(errors::out_of_range);
  if (sample.count < 0)
    return reply_repeated(x, set, static_cast<std::size_t>(-sample.count), sample.with_scores);
  const std::size_t count = std::min(static_cast<std::size_t>(sample.count), set.size());
  begin_elements(x, count, sample.with_scores);
  const bool select =
      set.encoding() == keyspace::Encoding::listpack || count > set.size() / draw_part;
  select ? reply_selected(x, set, count, sample.with_scores)
         : reply_drawn(x, set, count, sample.with_scores);
}

/// ZSCAN writes the scores of a skiplist with 17 digits, whatever the rest of Redis does.
void reply_scanned_score(Execution& x, const SortedSet& set, double score) {
  if (set.encoding() == keyspace::Encoding::listpack) return x.reply.bulk(format_double(score));
  std::array<char, 40> text;
  const int length = std::snprintf(text.data(), text.size(), "%.17g", score);
  x.reply.bulk({text.data(), static_cast<std::size_t>(length)});
}

void zscan(Execution& x, Args args) {
  const auto cursor = parse_cursor(args[2]);
  if (!cursor) return x.fail(invalid_cursor);
  const Entry* entry = x.find_read(x.key(args[1]), Type::sorted_set);
  if (x.failed()) return;
  if (!entry) {
    x.reply.array(2);
    reply_cursor(x, 0);
    return x.reply.array(0);
  }
  auto options = parse_scan_options(args, 3, ScanOf::elements);
  if (!options) return x.fail(options.error());
  const SortedSet& set = entry->object<SortedSet>();
  std::vector<std::pair<std::string, double>> found;
  const std::uint64_t next = set.scan(*cursor, static_cast<std::size_t>(options->count),
                                      [&](const keyspace::ScoredText& element) {
                                        if (options->admits(element.member))
                                          found.emplace_back(element.member, element.score);
                                      });
  x.reply.array(2);
  reply_cursor(x, next);
  x.reply.array(found.size() * 2);
  for (const auto& [member, score] : found) {
    x.reply.bulk(member);
    reply_scanned_score(x, set, score);
  }
}

constexpr CommandSpec sorted_sets_samples_rows[] = {
    command({.name = "zrandmember",
             .syntax = "key [count [WITHSCORES]]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "6.2.0",
             .complexity = "O(M*log(N)) with N being the size and M the number of members replied.",
             .summary = "Picks members at random.",
             .run = zrandmember}),
    command({.name = "zscan",
             .syntax = "key cursor [MATCH pattern] [COUNT count]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "2.8.0",
             .complexity = "O(1) for each call, O(N) for a whole iteration over N members.",
             .summary = "Lists members and scores a few at a time.",
             .run = zscan}),
};

}  // namespace

constinit const std::span<const CommandSpec> sorted_set_sample_commands = sorted_sets_samples_rows;

}  // namespace respawn::commands
