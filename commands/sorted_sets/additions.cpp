#include "commands/sorted_sets/additions.hpp"

#include <cmath>
#include <optional>

#include "commands/shared/sorted_set_access.hpp"

namespace respawn::commands {

using keyspace::Entry;
using keyspace::Key;
using keyspace::SortedSet;
using keyspace::SortedSetLimits;
using keyspace::Type;

namespace {

/// What ZADD did, or did not do.
struct AddOutcome {
  std::size_t added = 0;
  std::size_t updated = 0;
  std::optional<double> score;  // of the last member that no option ruled out
  bool not_a_number = false;
};

/// Adds one member, or changes its score, as far as the options permit.
void add_one(SortedSet& set, Addition addition, const AddOptions& options,
             const SortedSetLimits& limits, AddOutcome& outcome) {
  double score = addition.score;
  const auto existing = set.score(addition.member);
  if (existing ? options.only_new : options.only_existing) return;
  if (existing) {
    if (options.increment) score += *existing;
    if (std::isnan(score)) {
      outcome.not_a_number = true;
      return;
    }
    if (options.only_less && score >= *existing) return;
    if (options.only_greater && score <= *existing) return;
  }
  outcome.score = score;
  if (existing && *existing == score) return;
  set.set(addition.member, score, limits);
  ++(existing ? outcome.updated : outcome.added);
}

AddOutcome add_all(SortedSet& set, const std::vector<Addition>& additions,
                   const AddOptions& options, const SortedSetLimits& limits) {
  AddOutcome outcome;
  set.expect(additions.size(), limits);
  for (const Addition& addition : additions) add_one(set, addition, options, limits, outcome);
  return outcome;
}

}  // namespace

void add_members(Execution& x, std::string_view key_text, const std::vector<Addition>& additions,
                 const AddOptions& options) {
  const Key key = x.key(key_text);
  const Entry* entry = x.find_write(key, Type::sorted_set);
  if (x.failed()) return;
  AddOutcome outcome;
  if (entry) {
    keyspace::Change change = x.change(key, entry);
    outcome = add_all(change.object<SortedSet>(), additions, options, sorted_set_limits(x));
  } else if (!options.only_existing) {
    auto set = std::make_unique<SortedSet>();
    outcome = add_all(*set, additions, options, sorted_set_limits(x));
    x.change(key, nullptr).set_object(std::move(set));
    x.created(key.bytes);
    x.became_ready(key.bytes);
  }
  if (outcome.not_a_number) return x.fail("ERR resulting score is not a number (NaN)");
  if (const std::size_t changes = outcome.added + outcome.updated; changes > 0)
    x.changed(key.bytes, config::keyspace_event::sorted_set, options.increment ? "zincr" : "zadd",
              changes);
  if (!options.increment)
    return x.reply.integer(
        static_cast<std::int64_t>(outcome.added + (options.count_updates ? outcome.updated : 0)));
  outcome.score ? x.reply.real(*outcome.score) : x.reply.null();
}

}  // namespace respawn::commands
