// Members chosen at random, to look at or to take out: SRANDMEMBER and SPOP.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "commands/families.hpp"
#include "commands/shared/sampling.hpp"
#include "commands/shared/set_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Entry;
using keyspace::Key;
using keyspace::Scratch;
using keyspace::Set;
using keyspace::Type;

/// Calls visit(member) for `count` distinct members, less than there are.
template <class Visitor>
void for_some(Execution& x, const Set& set, std::size_t count, Visitor&& visit) {
  Random& random = x.store().random;
  if (set.encoding() != keyspace::Encoding::hashtable || count > set.size() / draw_part) {
    Selection selection(random, set.size(), count);
    set.for_each([&](std::string_view member) {
      if (selection.take()) visit(member);
    });
    return;
  }
  std::unordered_set<std::string> drawn;
  Scratch scratch;
  while (drawn.size() < count) {
    const std::string_view member = set.random(random, scratch);
    if (drawn.emplace(member).second) visit(member);
  }
}

void reply_random(Execution& x, const Set& set) {
  Scratch scratch;
  x.reply.bulk(set.random(x.store().random, scratch));
}

void srandmember_many(Execution& x, Args args) {
  auto given = to_sample_count(args[2]);
  if (!given) return x.fail(given.error());
  const Set* set = read_set(x, x.key(args[1]));
  if (x.failed()) return;
  if (!set || *given == 0) return x.reply.array(0);
  if (*given < -repeated_max) return x.fail(errors::out_of_range);
  if (*given < 0) {
    x.reply.array(static_cast<std::size_t>(-*given));
    for (std::int64_t left = *given; left < 0; ++left) reply_random(x, *set);
    return;
  }
  const std::size_t count = std::min(static_cast<std::size_t>(*given), set->size());
  x.reply.array(count);
  const auto visit = [&](std::string_view member) { x.reply.bulk(member); };
  count == set->size() ? set->for_each(visit) : for_some(x, *set, count, visit);
}

void srandmember(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::syntax);
  if (args.size() == 3) return srandmember_many(x, args);
  const Set* set = read_set(x, x.key(args[1]));
  if (x.failed()) return;
  set ? reply_random(x, *set) : x.reply.null();
}

/// When less than this part of what is taken would stay, a new set of what stays is made.
constexpr std::size_t stay_part = 5;

/// SREM with the members that chance has drawn; empty when nobody wants to know.
class Removals {
 public:
  Removals(Execution& x, const Key& key) : x_(x) {
    if (x.recorded()) words_ = {"SREM", std::string(key.bytes)};
  }

  void add(std::string_view member) {
    if (!words_.empty()) words_.emplace_back(member);
  }

  void propagate() {
    if (!words_.empty()) x_.propagate_words(std::move(words_));
  }

 private:
  Execution& x_;
  std::vector<std::string> words_;
};

/// Takes out `count` members, less than there are, and replies them.
void pop_some(Execution& x, const Key& key, const Entry* entry, std::size_t count) {
  keyspace::Change change = x.change(key, entry);
  Set& set = change.object<Set>();
  Removals removals(x, key);
  const keyspace::SetLimits limits = set_limits(x);
  x.reply.set(count);
  if (const std::size_t staying = set.size() - count; staying * stay_part > count) {
    std::vector<std::string> popped;
    popped.reserve(count);
    for_some(x, set, count, [&](std::string_view member) { popped.emplace_back(member); });
    for (const std::string& member : popped) {
      set.erase(member);
      removals.add(member);
      x.reply.bulk(member);
    }
  } else {
    const bool integers = set.encoding() == keyspace::Encoding::intset;
    auto rest =
        std::make_unique<Set>(integers ? keyspace::Encoding::intset : keyspace::Encoding::listpack);
    Selection selection(x.store().random, set.size(), staying);
    set.for_each([&](std::string_view member) {
      if (selection.take()) {
        rest->add(member, limits);
        return;
      }
      removals.add(member);
      x.reply.bulk(member);
    });
    change.set_object(std::move(rest), change.expire_at_ms());
  }
  removals.propagate();
}

void spop_many(Execution& x, Args args) {
  auto given = to_integer_between(args[2], 0, std::numeric_limits<std::int64_t>::max(),
                                  errors::must_be_positive);
  if (!given) return x.fail(given.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::set);
  if (x.failed()) return;
  if (!entry || *given == 0) return x.reply.set(0);
  const Set& set = entry->object<Set>();
  const std::size_t count = std::min(static_cast<std::size_t>(*given), set.size());
  x.changed(key.bytes, set_event, "spop", count);
  if (count < set.size()) return pop_some(x, key, entry, count);
  reply_members(x, set);
  x.change(key, entry).erase();
  x.propagate_as(x.deletion(x.config().lazyfree_lazy_server_del), key.bytes);
  x.happened(key.bytes, config::keyspace_event::generic, "del");
}

void spop(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::syntax);
  if (args.size() == 3) return spop_many(x, args);
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::set);
  if (x.failed()) return;
  if (!entry) return x.reply.null();
  keyspace::Change change = x.change(key, entry);
  Set& set = change.object<Set>();
  Scratch scratch;
  const std::string member(set.random(x.store().random, scratch));
  set.erase(member);
  x.reply.bulk(member);
  x.propagate_as("SREM", key.bytes, member);
  x.removed(change, set_event, "spop", 1);
}

constexpr CommandSpec sets_samples_rows[] = {
    command({.name = "spop",
             .syntax = "key [count]",
             .group = Group::set,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of members taken.",
             .summary = "Takes random members out of a set.",
             .run = spop}),
    command({.name = "srandmember",
             .syntax = "key [count]",
             .group = Group::set,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of members read.",
             .summary = "Reads random members of a set: distinct ones, or with a negative count "
                        "ones that may repeat.",
             .run = srandmember}),
};

}  // namespace

constinit const std::span<const CommandSpec> set_sample_commands = sets_samples_rows;

}  // namespace respawn::commands
