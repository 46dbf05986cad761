// Keys, whatever their type: deleting and finding them, looking at them. Expiries are in
// expiry.cpp, other names for keys in renames.cpp.
#include "base/glob.hpp"
#include "commands/families.hpp"
#include "commands/shared/help.hpp"
#include "commands/shared/many_keys.hpp"
#include "commands/shared/scanning.hpp"
#include "engine/run/access_clock.hpp"

namespace respawn::commands {

namespace {

using keyspace::Entry;
using keyspace::Key;

void del(Execution& x, Args args) {
  std::int64_t deleted = 0;
  for (ManyKeys keys(x, args, 1); !keys.done();) {
    const Key key = keys.next();
    const Entry* entry = x.peek(key);
    if (!entry) continue;
    x.erase(key, entry);
    ++deleted;
  }
  x.reply.integer(deleted);
}

void exists(Execution& x, Args args) {
  std::int64_t found = 0;
  for (ManyKeys keys(x, args, 1); !keys.done();) found += x.find_untouched(keys.next()) ? 1 : 0;
  x.reply.integer(found);
}

void touch(Execution& x, Args args) {
  std::int64_t found = 0;
  for (ManyKeys keys(x, args, 1); !keys.done();) {
    const Entry* entry = x.find_untouched(keys.next());
    if (!entry) continue;
    x.touch(*entry);
    ++found;
  }
  x.reply.integer(found);
}

void type(Execution& x, Args args) {
  const Entry* entry = x.find_untouched(x.key(args[1]));
  x.reply.simple(entry ? keyspace::type_name(entry->type()) : "none");
}

// Finding keys.

void keys_matching(Execution& x, Args args) {
  std::optional<Glob> wanted;
  if (args[1] != any_text) wanted.emplace(args[1]);
  const std::size_t place = x.reply.announce();
  std::size_t count = 0;
  x.db().for_each([&](const Entry& entry) {
    const std::string_view key = entry.key();
    if (entry.expired(x.expiry_now_ms()) || (wanted && !wanted->matches(key))) return;
    x.reply.bulk(key);
    ++count;
  });
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, count);
}

/// Removes a key whose time is over; its entry is where its name is.
void expire(Execution& x, const Entry& entry) {
  x.peek(x.keep(entry.key()));
}

void randomkey(Execution& x, Args) {
  // Where none may be removed, all may be over.
  constexpr int attempts_max = 100;
  for (int attempt = 1;; ++attempt) {
    const Entry* entry = x.db().random(x.store().random);
    if (!entry) return x.reply.null();
    if (!entry->expired(x.expiry_now_ms()) || (!x.may_expire() && attempt == attempts_max))
      return x.reply.bulk(entry->key());
    expire(x, *entry);
  }
}

void scan(Execution& x, Args args) {
  const auto cursor = parse_cursor(args[1]);
  if (!cursor) return x.fail(invalid_cursor);
  auto options = parse_scan_options(args, 2, ScanOf::keys);
  if (!options) return x.fail(options.error());
  std::vector<const Entry*> found;
  std::vector<const Entry*> expired;
  const auto visit = [&](const Entry& entry) {
    if (!options->admits(entry.key())) return;
    if (entry.expired(x.expiry_now_ms())) return expired.push_back(&entry);
    if (options->type && !iequals(*options->type, keyspace::type_name(entry.type()))) return;
    found.push_back(&entry);
  };
  const std::uint64_t next = x.db().scan(*cursor, static_cast<std::size_t>(options->count), visit);
  x.reply.array(2);
  reply_cursor(x, next);
  x.reply.array(found.size());
  for (const Entry* entry : found) x.reply.bulk(entry->key());
  for (const Entry* entry : expired) expire(x, *entry);
}

// OBJECT.

void object_encoding(Execution& x, Args args) {
  const Entry* entry = x.peek(x.key(args[2]));
  entry ? x.reply.bulk(keyspace::encoding_name(entry->encoding())) : x.reply.null();
}

void object_freq(Execution& x, Args args) {
  const Entry* entry = x.peek(x.key(args[2]));
  if (!entry) return x.reply.null();
  if (!counts_frequency(x.config().maxmemory_policy))
    return x.fail(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        "that when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  x.reply.integer(access_frequency(x.config(), entry->access_clock(), x.now_us()));
}

void object_idletime(Execution& x, Args args) {
  const Entry* entry = x.peek(x.key(args[2]));
  if (!entry) return x.reply.null();
  if (counts_frequency(x.config().maxmemory_policy))
    return x.fail(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust.");
  x.reply.integer(idle_seconds(entry->access_clock(), x.now_us()));
}

/// Nothing is shared here. Redis shares small integers unless eviction needs a clock for each, and
/// then gives this number.
void object_refcount(Execution& x, Args args) {
  constexpr std::int64_t shared = std::numeric_limits<std::int32_t>::max();
  constexpr std::int64_t shared_integers = 10'000;
  const Entry* entry = x.peek(x.key(args[2]));
  if (!entry) return x.reply.null();
  const bool may_share =
      x.config().maxmemory_bytes == 0 || !needs_access_clock(x.config().maxmemory_policy);
  const bool small =
      entry->is_integer() && entry->integer() >= 0 && entry->integer() < shared_integers;
  x.reply.integer(small && may_share ? shared : 1);
}

constexpr CommandSpec object_rows[] = {
    command({.name = "object|encoding",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO}, 2)},
             .tips = {"nondeterministic_output"},
             .since = "2.2.3",
             .complexity = "O(1)",
             .summary = "Says how the value of a key is stored.",
             .run = object_encoding}),
    command({.name = "object|freq",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO}, 2)},
             .tips = {"nondeterministic_output"},
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Says how often a key is used, as a logarithmic count.",
             .run = object_freq}),
    command({.name = "object|idletime",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO}, 2)},
             .tips = {"nondeterministic_output"},
             .since = "2.2.3",
             .complexity = "O(1)",
             .summary = "Says for how many seconds a key has not been used.",
             .run = object_idletime}),
    command({.name = "object|refcount",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO}, 2)},
             .tips = {"nondeterministic_output"},
             .since = "2.2.3",
             .complexity = "O(1)",
             .summary = "Says how many references a value has.",
             .run = object_refcount}),
    command({.name = "object|help",
             .group = Group::generic,
             .flags = {Flag::loading, Flag::stale},
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec keys_rows[] = {
    command({.name = "del",
             .syntax = "key [key ...]",
             .group = Group::generic,
             .flags = {Flag::write},
             .keys = {keys({KeyFlag::RM, KeyFlag::erase}, 1, -1)},
             .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
             .since = "1.0.0",
             .complexity =
                 "O(N) with N being the number of keys; large values are freed later, in slices.",
             .summary = "Deletes keys.",
             .run = del}),
    command({.name = "unlink",
             .syntax = "key [key ...]",
             .group = Group::generic,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RM, KeyFlag::erase}, 1, -1)},
             .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
             .since = "4.0.0",
             .complexity =
                 "O(N) with N being the number of keys; large values are freed later, in slices.",
             .summary = "Deletes keys.",
             .run = del}),
    command({.name = "exists",
             .syntax = "key [key ...]",
             .group = Group::generic,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1, -1)},
             .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of keys.",
             .summary = "Counts how many of the keys are there.",
             .run = exists}),
    command({.name = "touch",
             .syntax = "key [key ...]",
             .group = Group::generic,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1, -1)},
             .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
             .since = "3.2.1",
             .complexity = "O(N) with N being the number of keys.",
             .summary = "Counts how many of the keys are there, and marks them as used.",
             .run = touch}),
    command({.name = "type",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Says what type of value a key has.",
             .run = type}),
    command({.name = "keys",
             .syntax = "pattern",
             .group = Group::generic,
             .flags = {Flag::readonly},
             .categories = {Category::dangerous},
             .tips = {"request_policy:all_shards", "nondeterministic_output_order"},
             .since = "1.0.0",
             .complexity = "O(N) with N being the number of keys in the database.",
             .summary = "Lists all keys that match a pattern.",
             .run = keys_matching}),
    command({.name = "randomkey",
             .group = Group::generic,
             .flags = {Flag::readonly},
             .tips = {"request_policy:all_shards", "nondeterministic_output"},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Picks a key at random.",
             .run = randomkey}),
    command({.name = "scan",
             .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
             .group = Group::generic,
             .flags = {Flag::readonly},
             .tips = {"nondeterministic_output", "request_policy:special"},
             .since = "2.8.0",
             .complexity = "O(1) for each call, O(N) for a whole iteration over N keys.",
             .summary = "Lists the keys of the database a few at a time.",
             .run = scan}),
    command({.name = "object",
             .group = Group::generic,
             .since = "2.2.3",
             .complexity = "Depends on subcommand.",
             .summary = "Tells about the inside of a value.",
             .subcommands = object_rows}),
};

}  // namespace

constinit const std::span<const CommandSpec> generic_commands = keys_rows;

}  // namespace respawn::commands
