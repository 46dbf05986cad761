// Intersections, unions and differences of sets.
#include <algorithm>
#include <vector>

#include "commands/families.hpp"
#include "commands/shared/set_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Encoding;
using keyspace::Entry;
using keyspace::Key;
using keyspace::MemberKey;
using keyspace::Set;

/// Null where there is no such key.
using Sets = std::vector<const Set*>;

/// Looks all keys up; x.failed() when one of them holds another type.
Sets find_sets(Execution& x, Args names) {
  Sets sets;
  sets.reserve(names.size());
  for (std::string_view name : names) {
    sets.push_back(read_set(x, x.key(name)));
    if (x.failed()) break;
  }
  return sets;
}

/// Calls visit(member) for each member until it says false.
template <class Visitor>
void walk(const Set& set, Visitor&& visit) {
  constexpr std::size_t at_once = 64;
  bool going = true;
  std::uint64_t cursor = 0;
  do {
    cursor =
        set.scan(cursor, at_once, [&](std::string_view member) { going = going && visit(member); });
  } while (going && cursor != 0);
}

/// Calls visit(member) for each member of all sets, until it says false.
template <class Visitor>
void intersect(Sets sets, Visitor&& visit) {
  if (std::find(sets.begin(), sets.end(), nullptr) != sets.end()) return;
  std::sort(sets.begin(), sets.end(),
            [](const Set* a, const Set* b) { return a->size() < b->size(); });
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  walk(*sets.front(), [&](std::string_view text) {
    const MemberKey member(text);
    const auto has = [&](const Set* other) { return other->contains(member); };
    return !std::all_of(sets.begin() + 1, sets.end(), has) || visit(member);
  });
}

void add_all(Set& to, const Set& from, const keyspace::SetLimits& limits) {
  from.for_each([&](std::string_view member) { to.add(member, limits); });
}

/// Whether asking all other sets for each member of the first is less work than removing theirs
/// from a copy of it.
bool few_questions(const Sets& sets) {
  std::size_t asking = 0;
  std::size_t removing = 0;
  for (const Set* set : sets) {
    if (!set) continue;
    asking += sets.front()->size();
    removing += set->size();
  }
  return asking / 2 <= removing;
}

std::unique_ptr<Set> difference(Sets sets, const keyspace::SetLimits& limits) {
  auto result = std::make_unique<Set>();
  const Set* const first = sets.front();
  if (!first || std::find(sets.begin() + 1, sets.end(), first) != sets.end()) return result;
  std::erase(sets, nullptr);
  if (few_questions(sets)) {
    std::sort(sets.begin() + 1, sets.end(),
              [](const Set* a, const Set* b) { return a->size() > b->size(); });
    first->for_each([&](std::string_view text) {
      const MemberKey member(text);
      const auto has = [&](const Set* other) { return other->contains(member); };
      if (std::none_of(sets.begin() + 1, sets.end(), has)) result->add(member, limits);
    });
    return result;
  }
  add_all(*result, *first, limits);
  for (auto other = sets.begin() + 1; other != sets.end() && !result->empty(); ++other)
    (*other)->for_each([&](std::string_view member) { result->erase(member); });
  return result;
}

std::unique_ptr<Set> united(const Sets& sets, const keyspace::SetLimits& limits) {
  auto result = std::make_unique<Set>();
  for (const Set* set : sets)
    if (set) add_all(*result, *set, limits);
  return result;
}

/// Puts the result in the place of whatever is at the key; nothing is left there when it is empty.
void store(Execution& x, std::string_view name, std::unique_ptr<Set> result,
           std::string_view event) {
  const Key key(name);
  const std::size_t size = result->size();
  if (size > 0) {
    const keyspace::Entry* existing = x.find_write(key);
    x.change(key, existing).set_object(std::move(result));
    if (!existing) x.created(key.bytes);
    x.changed(key.bytes, config::keyspace_event::set, event);
  } else {
    x.erase_any(key);
  }
  x.reply.integer(static_cast<std::int64_t>(size));
}

void sinter(Execution& x, Args args) {
  const Sets sets = find_sets(x, args.subspan(1));
  if (x.failed()) return;
  const std::size_t place = x.reply.announce();
  std::size_t count = 0;
  intersect(sets, [&](const MemberKey& member) {
    x.reply.bulk(member.text());
    ++count;
    return true;
  });
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::set, count);
}

void sintercard(Execution& x, Args args) {
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  auto given = to_integer_between(args[1], 1, max, "ERR numkeys should be greater than 0");
  if (!given) return x.fail(given.error());
  if (static_cast<std::size_t>(*given) > args.size() - 2)
    return x.fail("ERR Number of keys can't be greater than number of args");
  const auto count = static_cast<std::size_t>(*given);
  std::int64_t limit = 0;
  for (ArgCursor at(args, 2 + count); !at.done();) {
    if (!at.take("LIMIT", 1)) return x.fail(errors::syntax);
    auto most = to_integer_between(at.next(), 0, max, "ERR LIMIT can't be negative");
    if (!most) return x.fail(most.error());
    limit = *most;
  }
  const Sets sets = find_sets(x, args.subspan(2, count));
  if (x.failed()) return;
  std::int64_t found = 0;
  intersect(sets, [&](const MemberKey&) { return ++found != limit; });
  x.reply.integer(found);
}

/// What the result is to begin with, as Redis 7.2 has it.
Encoding encoding_of_result(const Sets& sets) {
  const Set* smallest = nullptr;
  for (const Set* set : sets)
    if (set && (!smallest || set->size() < smallest->size())) smallest = set;
  return smallest && smallest->encoding() != Encoding::intset ? Encoding::listpack
                                                              : Encoding::intset;
}

void sinterstore(Execution& x, Args args) {
  const Sets sets = find_sets(x, args.subspan(2));
  if (x.failed()) return;
  const keyspace::SetLimits limits = set_limits(x);
  auto result = std::make_unique<Set>(encoding_of_result(sets));
  intersect(sets, [&](const MemberKey& member) {
    result->add(member, limits);
    return true;
  });
  result->to_intset(limits);
  store(x, args[1], std::move(result), "sinterstore");
}

void sunion(Execution& x, Args args) {
  const Sets sets = find_sets(x, args.subspan(1));
  if (!x.failed()) reply_members(x, *united(sets, set_limits(x)));
}

void sunionstore(Execution& x, Args args) {
  const Sets sets = find_sets(x, args.subspan(2));
  if (!x.failed()) store(x, args[1], united(sets, set_limits(x)), "sunionstore");
}

void sdiff(Execution& x, Args args) {
  const Sets sets = find_sets(x, args.subspan(1));
  if (!x.failed()) reply_members(x, *difference(sets, set_limits(x)));
}

void sdiffstore(Execution& x, Args args) {
  const Sets sets = find_sets(x, args.subspan(2));
  if (!x.failed()) store(x, args[1], difference(sets, set_limits(x)), "sdiffstore");
}

constexpr KeyFlags read_access = {KeyFlag::RO, KeyFlag::access};

constexpr CommandSpec sets_algebra_rows[] = {
    command({.name = "sinter",
             .syntax = "key [key ...]",
             .group = Group::set,
             .flags = {Flag::readonly},
             .keys = {keys(read_access, 1, -1)},
             .tips = {"nondeterministic_output_order"},
             .since = "1.0.0",
             .complexity = "O(N*M) with N being the size of the smallest set and M the number of "
                           "sets.",
             .summary = "Lists what is a member of all sets.",
             .run = sinter}),
    command({.name = "sintercard",
             .syntax = "numkeys key [key ...] [LIMIT limit]",
             .group = Group::set,
             .flags = {Flag::readonly, Flag::movablekeys},
             .keys = {counted_keys(read_access, 1)},
             .since = "7.0.0",
             .complexity = "O(N*M) with N being the size of the smallest set and M the number of "
                           "sets.",
             .summary = "Counts what is a member of all sets.",
             .run = sintercard}),
    command({.name = "sinterstore",
             .syntax = "destination key [key ...]",
             .group = Group::set,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1), keys(read_access, 2, -1)},
             .since = "1.0.0",
             .complexity = "O(N*M) with N being the size of the smallest set and M the number of "
                           "sets.",
             .summary = "Stores what is a member of all sets.",
             .run = sinterstore}),
    command({.name = "sunion",
             .syntax = "key [key ...]",
             .group = Group::set,
             .flags = {Flag::readonly},
             .keys = {keys(read_access, 1, -1)},
             .tips = {"nondeterministic_output_order"},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of members of all sets.",
             .summary = "Lists what is a member of any of the sets.",
             .run = sunion}),
    command({.name = "sunionstore",
             .syntax = "destination key [key ...]",
             .group = Group::set,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::OW, KeyFlag::update}, 1), keys(read_access, 2, -1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of members of all sets.",
             .summary = "Stores what is a member of any of the sets.",
             .run = sunionstore}),
    command({.name = "sdiff",
             .syntax = "key [key ...]",
             .group = Group::set,
             .flags = {Flag::readonly},
             .keys = {keys(read_access, 1, -1)},
             .tips = {"nondeterministic_output_order"},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of members of all sets.",
             .summary = "Lists what is a member of the first set only.",
             .run = sdiff}),
    command({.name = "sdiffstore",
             .syntax = "destination key [key ...]",
             .group = Group::set,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::OW, KeyFlag::update}, 1), keys(read_access, 2, -1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of members of all sets.",
             .summary = "Stores what is a member of the first set only.",
             .run = sdiffstore}),
};

}  // namespace

constinit const std::span<const CommandSpec> set_algebra_commands = sets_algebra_rows;

}  // namespace respawn::commands
