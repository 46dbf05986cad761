// Sets: adding, removing, looking for members. Random ones are in samples.cpp, what combines
// several sets in algebra.cpp.
#include "commands/families.hpp"
#include "commands/shared/scanning.hpp"
#include "commands/shared/set_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::MemberKey;
using keyspace::Set;
using keyspace::Type;

/// The set at the key, made for these members when there is none.
Set& open_set(Execution& x, Change& change, Args members) {
  const keyspace::SetLimits limits = set_limits(x);
  if (change.entry())
    change.object<Set>().expect(members.size(), limits);
  else
    change.set_object(Set::make_for(members[0], members.size(), limits));
  return change.object<Set>();
}

void sadd(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::set);
  if (x.failed()) return;
  const Args members = args.subspan(2);
  const keyspace::SetLimits limits = set_limits(x);
  Change change = x.change(key, entry);
  Set& set = open_set(x, change, members);
  if (!entry) x.created(key.bytes);
  std::int64_t added = 0;
  for (std::string_view member : members) added += set.add(member, limits) ? 1 : 0;
  if (added > 0) x.changed(key.bytes, set_event, "sadd", static_cast<std::uint64_t>(added));
  x.reply.integer(added);
}

void srem(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::set);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  Change change = x.change(key, entry);
  Set& set = change.object<Set>();
  std::int64_t removed = 0;
  for (std::string_view member : args.subspan(2)) removed += set.erase(member) ? 1 : 0;
  if (removed > 0) x.removed(change, set_event, "srem", static_cast<std::uint64_t>(removed));
  x.reply.integer(removed);
}

void smove(Execution& x, Args args) {
  const Key from = x.key(args[1]);
  const Entry* source = x.find_write(from);
  const Key to(args[2]);
  const Entry* target = x.find_write(to);
  if (!source) return x.reply.integer(0);
  if (source->type() != Type::set || (target && target->type() != Type::set))
    return x.fail(errors::wrong_type);
  const MemberKey member(args[3]);
  const bool there = source->object<Set>().contains(member);
  if (source == target || !there) return x.reply.integer(there ? 1 : 0);
  // First where it goes to: if memory is out now, nothing has changed.
  Change giving = x.change(from, source);
  Change taking = x.change(to, target);
  const bool added = open_set(x, taking, args.subspan(3, 1)).add(member, set_limits(x));
  giving.object<Set>().erase(member);
  x.removed(giving, set_event, "srem", 1);
  if (!target) x.created(to.bytes);
  if (added) x.changed(to.bytes, set_event, "sadd");
  x.reply.integer(1);
}

void sismember(Execution& x, Args args) {
  const Set* set = read_set(x, x.key(args[1]));
  if (x.failed()) return;
  x.reply.integer(set && set->contains(args[2]) ? 1 : 0);
}

void smismember(Execution& x, Args args) {
  const Set* set = read_set(x, x.key(args[1]));
  if (x.failed()) return;
  x.reply.array(args.size() - 2);
  for (std::string_view member : args.subspan(2))
    x.reply.integer(set && set->contains(member) ? 1 : 0);
}

void scard(Execution& x, Args args) {
  const Set* set = read_set(x, x.key(args[1]));
  if (x.failed()) return;
  x.reply.integer(set ? static_cast<std::int64_t>(set->size()) : 0);
}

void smembers(Execution& x, Args args) {
  const Set* set = read_set(x, x.key(args[1]));
  if (x.failed()) return;
  set ? reply_members(x, *set) : x.reply.set(0);
}

void sscan(Execution& x, Args args) {
  const auto cursor = parse_cursor(args[2]);
  if (!cursor) return x.fail(invalid_cursor);
  const Set* set = read_set(x, x.key(args[1]));
  if (x.failed()) return;
  if (!set) {
    x.reply.array(2);
    reply_cursor(x, 0);
    return x.reply.array(0);
  }
  auto options = parse_scan_options(args, 3, ScanOf::elements);
  if (!options) return x.fail(options.error());
  // The cursor comes first in the reply, but is known last.
  Buffer found;
  protocol::ReplyWriter members(found, x.reply.version());
  std::size_t count = 0;
  const auto visit = [&](std::string_view member) {
    if (!options->admits(member)) return;
    members.bulk(member);
    ++count;
  };
  const std::uint64_t next = set->scan(*cursor, static_cast<std::size_t>(options->count), visit);
  x.reply.array(2);
  reply_cursor(x, next);
  x.reply.array(count);
  x.reply.raw(found.view());
}

constexpr CommandSpec sets_rows[] = {
    command({.name = "sadd",
             .syntax = "key member [member ...]",
             .group = Group::set,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of members given.",
             .summary = "Adds members to a set; makes the set when there is none.",
             .run = sadd}),
    command({.name = "srem",
             .syntax = "key member [member ...]",
             .group = Group::set,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of members given.",
             .summary = "Removes members from a set.",
             .run = srem}),
    command({.name = "smove",
             .syntax = "source destination member",
             .group = Group::set,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1),
                      keys({KeyFlag::RW, KeyFlag::insert}, 2)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Moves a member from one set to another.",
             .run = smove}),
    command({.name = "sismember",
             .syntax = "key member",
             .group = Group::set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Says whether a set has a member.",
             .run = sismember}),
    command({.name = "smismember",
             .syntax = "key member [member ...]",
             .group = Group::set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "6.2.0",
             .complexity = "O(N) with N being the number of members given.",
             .summary = "Says for each of several members whether a set has it.",
             .run = smismember}),
    command({.name = "scard",
             .syntax = "key",
             .group = Group::set,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Says how many members a set has.",
             .run = scard}),
    command({.name = "smembers",
             .syntax = "key",
             .group = Group::set,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output_order"},
             .since = "1.0.0",
             .complexity = "O(N) with N being the size of the set.",
             .summary = "Lists all members of a set.",
             .run = smembers}),
    command({.name = "sscan",
             .syntax = "key cursor [MATCH pattern] [COUNT count]",
             .group = Group::set,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "2.8.0",
             .complexity = "O(1) for each call, O(N) for a whole iteration over N members.",
             .summary = "Lists the members of a set a few at a time.",
             .run = sscan}),
};

}  // namespace

constinit const std::span<const CommandSpec> set_commands = sets_rows;

}  // namespace respawn::commands
