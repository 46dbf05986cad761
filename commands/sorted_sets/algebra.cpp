// Unions, intersections and differences of sorted sets; sets may take part, too.
#include <algorithm>
#include <cmath>
#include <vector>

#include "commands/families.hpp"
#include "commands/shared/sorted_set_access.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set_builder.hpp"

namespace respawn::commands {

namespace {

using keyspace::Entry;
using keyspace::Key;
using keyspace::Set;
using keyspace::SortedSet;
using keyspace::SortedSetBuilder;
using keyspace::Type;

enum class Aggregate : std::uint8_t { sum, min, max };

double without_nan(double score) {
  return std::isnan(score) ? 0 : score;
}

double aggregated(double a, double b, Aggregate how) {
  switch (how) {
    case Aggregate::sum:
      return without_nan(a + b);
    case Aggregate::min:
      return b < a ? b : a;
    case Aggregate::max:
      return b > a ? b : a;
  }
  return a;
}

/// An input: a sorted set, a set whose members all have score 1, or nothing at all.
class Source {
 public:
  explicit Source(const Entry* entry) {
    if (entry && entry->type() == Type::sorted_set) scored_ = &entry->object<SortedSet>();
    if (entry && entry->type() == Type::set) plain_ = &entry->object<Set>();
  }

  [[nodiscard]] std::size_t size() const {
    if (scored_) return scored_->size();
    return plain_ ? plain_->size() : 0;
  }

  [[nodiscard]] std::optional<double> score(std::string_view member) const {
    if (scored_) return scored_->score(member);
    return plain_ && plain_->contains(member) ? std::optional(1.0) : std::nullopt;
  }

  /// Calls visit(std::string_view member, double score) until it says false.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    if (scored_) {
      for (auto walk = scored_->walk(); walk.valid(); walk.next())
        if (!visit(walk.member(), walk.score())) return;
    } else if (plain_) {
      bool wanted = true;
      plain_->for_each([&](std::string_view member) { wanted = wanted && visit(member, 1.0); });
    }
  }

  double weight = 1;

 private:
  const SortedSet* scored_ = nullptr;
  const Set* plain_ = nullptr;
};

enum class Operation : std::uint8_t { join, intersect, subtract };

/// What a command wants: how its arguments go on behind the keys, too.
struct Form {
  Operation operation = Operation::join;
  bool stores = false;
  bool counts = false;  // ZINTERCARD
};

struct Inputs {
  std::vector<Source> sources;
  Aggregate aggregate = Aggregate::sum;
  WithScores with_scores = WithScores::no;
  std::size_t limit = 0;  // 0: all
};

Result<Aggregate> to_aggregate(std::string_view word) {
  if (iequals(word, "SUM")) return Aggregate::sum;
  if (iequals(word, "MIN")) return Aggregate::min;
  if (iequals(word, "MAX")) return Aggregate::max;
  return failure(std::string(errors::syntax));
}

Status parse_option(ArgCursor& at, const Form& form, Inputs& inputs) {
  const bool weighs = form.operation != Operation::subtract && !form.counts;
  if (weighs && at.take("WEIGHTS", inputs.sources.size())) {
    for (Source& source : inputs.sources) {
      auto weight = to_score(at.next(), "ERR weight value is not a float");
      if (!weight) return failure(weight.error());
      source.weight = *weight;
    }
  } else if (weighs && at.take("AGGREGATE", 1)) {
    auto aggregate = to_aggregate(at.next());
    if (!aggregate) return failure(aggregate.error());
    inputs.aggregate = *aggregate;
  } else if (!form.stores && !form.counts && at.take("WITHSCORES")) {
    inputs.with_scores = WithScores::yes;
  } else if (form.counts && at.take("LIMIT", 1)) {
    auto limit = to_integer_between(at.next(), 0, std::numeric_limits<std::int64_t>::max(),
                                    "ERR LIMIT can't be negative");
    if (!limit) return failure(limit.error());
    inputs.limit = static_cast<std::size_t>(*limit);
  } else {
    return failure(std::string(errors::syntax));
  }
  return success();
}

/// "numkeys key [key ...] [options]" from argument `at` on. The keys are looked up before the
/// options are read, as in Redis.
Result<Inputs> find_inputs(Execution& x, Args args, std::size_t at, const Form& form) {
  auto key_count = to_integer(args[at]);
  if (!key_count) return failure(key_count.error());
  if (*key_count < 1)
    return failure("ERR at least 1 input key is needed for '" + std::string(x.spec().name) +
                   "' command");
  if (*key_count > static_cast<std::int64_t>(args.size() - at - 1))
    return failure(std::string(errors::syntax));
  Inputs inputs;
  const Args keys = args.subspan(at + 1, static_cast<std::size_t>(*key_count));
  for (std::string_view key : keys) {
    const Entry* entry = x.find_read(x.key(key));
    if (entry && entry->type() != Type::sorted_set && entry->type() != Type::set)
      return failure(std::string(errors::wrong_type));
    inputs.sources.emplace_back(entry);
  }
  for (ArgCursor options(args, at + 1 + keys.size()); !options.done();)
    if (Status status = parse_option(options, form, inputs); !status)
      return failure(status.error());
  return inputs;
}

void join(const Inputs& inputs, SortedSetBuilder& result) {
  for (const Source& source : inputs.sources) {
    source.for_each([&](std::string_view member, double score) {
      const double weighted = without_nan(source.weight * score);
      result.merge(member, weighted,
                   [&](double before) { return aggregated(before, weighted, inputs.aggregate); });
      return true;
    });
  }
}

/// Calls visit(member, score) for what is in all inputs, until it says false.
template <class Visitor>
void for_each_common(const Inputs& inputs, Visitor&& visit) {
  const Source& first = inputs.sources.front();
  first.for_each([&](std::string_view member, double score) {
    double total = without_nan(first.weight * score);
    for (std::size_t i = 1; i < inputs.sources.size(); ++i) {
      const Source& other = inputs.sources[i];
      const auto found = other.score(member);
      if (!found) return true;
      total = aggregated(total, *found * other.weight, inputs.aggregate);
    }
    return visit(member, total);
  });
}

void intersect(const Inputs& inputs, SortedSetBuilder& result) {
  for_each_common(inputs, [&](std::string_view member, double score) {
    result.add(member, score);
    return true;
  });
}

void subtract(const Inputs& inputs, SortedSetBuilder& result) {
  const auto others = std::span(inputs.sources).subspan(1);
  inputs.sources.front().for_each([&](std::string_view member, double score) {
    if (std::none_of(others.begin(), others.end(),
                     [&](const Source& other) { return other.score(member).has_value(); }))
      result.add(member, score);
    return true;
  });
}

/// Sums depend on the order of the inputs: the smallest first, as in Redis.
void sort_by_size(Inputs& inputs) {
  std::stable_sort(inputs.sources.begin(), inputs.sources.end(),
                   [](const Source& a, const Source& b) { return a.size() < b.size(); });
}

void compute(Inputs& inputs, Operation operation, SortedSetBuilder& result) {
  if (operation != Operation::subtract) sort_by_size(inputs);
  switch (operation) {
    case Operation::join:
      return join(inputs, result);
    case Operation::intersect:
      return intersect(inputs, result);
    case Operation::subtract:
      return subtract(inputs, result);
  }
}

void combine(Execution& x, Args args, Operation operation) {
  auto inputs = find_inputs(x, args, 1, {.operation = operation});
  if (!inputs) return x.fail(inputs.error());
  SortedSetBuilder result;
  compute(*inputs, operation, result);
  const auto elements = result.sorted();
  begin_elements(x, elements.size(), inputs->with_scores);
  for (const auto& element : elements)
    reply_element(x, {element.member->text(), element.score}, inputs->with_scores);
}

void combine_and_store(Execution& x, Args args, Operation operation, std::string_view event) {
  auto inputs = find_inputs(x, args, 2, {.operation = operation, .stores = true});
  if (!inputs) return x.fail(inputs.error());
  SortedSetBuilder result;
  compute(*inputs, operation, result);
  // At once what it is in the end: a listpack on the way would turn -0 into 0.
  store_result(x, x.key(args[1]), result.build(sorted_set_limits(x)), event);
}

void zunion(Execution& x, Args args) {
  combine(x, args, Operation::join);
}

void zinter(Execution& x, Args args) {
  combine(x, args, Operation::intersect);
}

void zdiff(Execution& x, Args args) {
  combine(x, args, Operation::subtract);
}

void zunionstore(Execution& x, Args args) {
  combine_and_store(x, args, Operation::join, "zunionstore");
}

void zinterstore(Execution& x, Args args) {
  combine_and_store(x, args, Operation::intersect, "zinterstore");
}

void zdiffstore(Execution& x, Args args) {
  combine_and_store(x, args, Operation::subtract, "zdiffstore");
}

void zintercard(Execution& x, Args args) {
  auto inputs = find_inputs(x, args, 1, {.operation = Operation::intersect, .counts = true});
  if (!inputs) return x.fail(inputs.error());
  sort_by_size(*inputs);
  std::size_t count = 0;
  for_each_common(*inputs, [&](std::string_view, double) { return ++count != inputs->limit; });
  x.reply.integer(static_cast<std::int64_t>(count));
}

constexpr KeySpec destination = keys({KeyFlag::OW, KeyFlag::update}, 1);
constexpr KeyFlags read_flags = {KeyFlag::RO, KeyFlag::access};
constexpr std::string_view union_complexity =
    "O(N)+O(M log(M)) with N being the sum of the sizes of the inputs and M the size of the "
    "result.";
constexpr std::string_view intersection_complexity =
    "O(N*K)+O(M*log(M)) with N being the size of the smallest input, K the number of inputs and M "
    "the size of the result.";
constexpr std::string_view difference_complexity =
    "O(N*K)+O(M*log(M)) with N being the size of the first input, K the number of inputs and M the "
    "size of the result.";
constexpr std::string_view read_syntax =
    "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] "
    "[WITHSCORES]";
constexpr std::string_view store_syntax =
    "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]";

constexpr CommandSpec sorted_sets_algebra_rows[] = {
    command({.name = "zunion",
             .syntax = read_syntax,
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::movablekeys},
             .keys = {counted_keys(read_flags, 1)},
             .since = "6.2.0",
             .complexity = union_complexity,
             .summary = "Lists the members that are in any of the sorted sets.",
             .run = zunion}),
    command({.name = "zinter",
             .syntax = read_syntax,
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::movablekeys},
             .keys = {counted_keys(read_flags, 1)},
             .since = "6.2.0",
             .complexity = intersection_complexity,
             .summary = "Lists the members that are in all of the sorted sets.",
             .run = zinter}),
    command({.name = "zdiff",
             .syntax = "numkeys key [key ...] [WITHSCORES]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::movablekeys},
             .keys = {counted_keys(read_flags, 1)},
             .since = "6.2.0",
             .complexity = difference_complexity,
             .summary = "Lists the members of the first sorted set that are in none of the others.",
             .run = zdiff}),
    command({.name = "zunionstore",
             .syntax = store_syntax,
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::denyoom, Flag::movablekeys},
             .keys = {destination, counted_keys(read_flags, 2)},
             .since = "2.0.0",
             .complexity = union_complexity,
             .summary = "Stores the members that are in any of the sorted sets.",
             .run = zunionstore}),
    command({.name = "zinterstore",
             .syntax = store_syntax,
             .group = Group::sorted_set,
             .flags = {Flag::write, Flag::denyoom, Flag::movablekeys},
             .keys = {destination, counted_keys(read_flags, 2)},
             .since = "2.0.0",
             .complexity = intersection_complexity,
             .summary = "Stores the members that are in all of the sorted sets.",
             .run = zinterstore}),
    command(
        {.name = "zdiffstore",
         .syntax = "destination numkeys key [key ...]",
         .group = Group::sorted_set,
         .flags = {Flag::write, Flag::denyoom, Flag::movablekeys},
         .keys = {destination, counted_keys(read_flags, 2)},
         .since = "6.2.0",
         .complexity = difference_complexity,
         .summary = "Stores the members of the first sorted set that are in none of the others.",
         .run = zdiffstore}),
    command({.name = "zintercard",
             .syntax = "numkeys key [key ...] [LIMIT limit]",
             .group = Group::sorted_set,
             .flags = {Flag::readonly, Flag::movablekeys},
             .keys = {counted_keys(read_flags, 1)},
             .since = "7.0.0",
             .complexity = "O(N*K) with N being the size of the smallest input and K the number of "
                           "inputs.",
             .summary = "Counts the members that are in all of the sorted sets.",
             .run = zintercard}),
};

}  // namespace

constinit const std::span<const CommandSpec> sorted_set_algebra_commands = sorted_sets_algebra_rows;

}  // namespace respawn::commands
