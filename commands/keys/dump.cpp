// Values as bytes, to be taken to another server: DUMP and RESTORE.
#include "persistence/dump_payload.hpp"

#include "commands/families.hpp"
#include "commands/shared/dumped_value.hpp"
#include "engine/run/access_clock.hpp"

namespace respawn::commands {

namespace {

using config::keyspace_event::generic;
using keyspace::Entry;
using keyspace::Key;

constexpr std::string_view busy_key = "BUSYKEY Target key name already exists.";
constexpr std::string_view invalid_ttl = "ERR Invalid TTL value, must be >= 0";
constexpr std::string_view invalid_idle_time = "ERR Invalid IDLETIME value, must be >= 0";
constexpr std::string_view invalid_frequency = "ERR Invalid FREQ value, must be >= 0 and <= 255";

void dump(Execution& x, Args args) {
  const Entry* entry = x.find_read(x.key(args[1]));
  if (!entry) return x.reply.null();
  x.reply.bulk(persistence::dump_payload(*entry, x.config().rdbcompression));
}

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;
  std::optional<std::int64_t> idle_s;
  std::optional<std::int64_t> frequency;
};

/// IDLETIME and FREQ exclude each other, but each may be said again.
Result<RestoreOptions> parse_options(Args args) {
  constexpr std::int64_t frequency_max = 255;
  RestoreOptions options;
  for (ArgCursor at(args, 4); !at.done();) {
    if (at.take("REPLACE")) {
      options.replace = true;
    } else if (at.take("ABSTTL")) {
      options.absolute = true;
    } else if (!options.frequency && at.take("IDLETIME", 1)) {
      auto idle_s = to_integer(at.next());
      if (!idle_s) return failure(idle_s.error());
      if (*idle_s < 0) return failure(std::string(invalid_idle_time));
      options.idle_s = *idle_s;
    } else if (!options.idle_s && at.take("FREQ", 1)) {
      auto frequency = to_integer(at.next());
      if (!frequency) return failure(frequency.error());
      if (*frequency < 0 || *frequency > frequency_max)
        return failure(std::string(invalid_frequency));
      options.frequency = *frequency;
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  return options;
}

/// When the key ends: 0 says never.
Result<std::int64_t> to_end_ms(const Execution& x, std::string_view ttl, bool absolute) {
  auto given = to_integer(ttl);
  if (!given) return given;
  if (*given < 0) return failure(std::string(invalid_ttl));
  if (*given == 0) return keyspace::never;
  std::int64_t at_ms = *given;
  if (!absolute && __builtin_add_overflow(at_ms, x.now_ms(), &at_ms)) at_ms = keyspace::never;
  return std::min(at_ms, keyspace::never - 1);
}

/// What is not of the kind that the policy goes by says nothing.
void set_access_clock(const Execution& x, const Entry& entry, const RestoreOptions& options) {
  const bool by_frequency = counts_frequency(x.config().maxmemory_policy);
  if (by_frequency && options.frequency)
    entry.set_access_clock(
        access_clock_of_frequency(static_cast<std::uint8_t>(*options.frequency), x.now_us()));
  if (!by_frequency && options.idle_s)
    entry.set_access_clock(access_clock_of_idle(*options.idle_s, x.now_us()));
}

void propagate_end(Execution& x, Args args, const RestoreOptions& options, std::int64_t end_ms) {
  if (!x.recorded()) return;
  std::vector<std::string> words(args.begin(), args.end());
  words[2] = std::to_string(end_ms);
  if (!options.absolute) words.emplace_back("ABSTTL");
  x.propagate_words(std::move(words));
}

void restore(Execution& x, Args args) {
  auto options = parse_options(args);
  if (!options) return x.fail(options.error());
  const Key key = x.key(args[1]);
  const Entry* existing = x.find_write(key);
  if (existing && !options->replace) return x.fail(busy_key);
  auto end_ms = to_end_ms(x, args[2], options->absolute);
  if (!end_ms) return x.fail(end_ms.error());
  auto value = dumped_value(x, args[3]);
  if (!value) return x.fail(value.error());
  x.reply.ok();
  if (*end_ms <= x.expiry_now_ms()) {
    if (!existing) return;
    x.erase(key, existing);
    return x.propagate_as(x.deletion(x.config().lazyfree_lazy_expire), key.bytes);
  }
  keyspace::Change change = x.change(key, existing);
  store_value(change, std::move(*value), *end_ms);
  set_access_clock(x, *change.entry(), *options);
  if (*end_ms != keyspace::never) propagate_end(x, args, *options, *end_ms);
  x.created(key.bytes);
  x.became_ready(key.bytes);
  x.changed(key.bytes, generic, "restore");
}

constexpr std::string_view restore_syntax =
    "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]";
constexpr std::string_view restore_complexity =
    "O(N) with N being the bytes; O(N*log(N)) for a large sorted set.";

constexpr CommandSpec dump_rows[] = {
    command({.name = "dump",
             .syntax = "key",
             .group = Group::generic,
             .flags = {Flag::readonly},
             .categories = {Category::keyspace},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "2.6.0",
             .complexity = "O(N) with N being the bytes of the value.",
             .summary = "Returns a value as bytes that RESTORE takes.",
             .run = dump}),
    command({.name = "restore",
             .syntax = restore_syntax,
             .group = Group::generic,
             .flags = {Flag::write, Flag::denyoom},
             .categories = {Category::keyspace, Category::dangerous},
             .keys = {keys({KeyFlag::OW, KeyFlag::update}, 1)},
             .since = "2.6.0",
             .complexity = restore_complexity,
             .summary = "Creates a key out of what DUMP returned.",
             .run = restore}),
    command({.name = "restore-asking",
             .syntax = restore_syntax,
             .group = Group::server,
             .flags = {Flag::write, Flag::denyoom, Flag::asking},
             .categories = {Category::keyspace, Category::dangerous},
             .keys = {keys({KeyFlag::OW, KeyFlag::update}, 1)},
             .since = "3.0.0",
             .complexity = restore_complexity,
             .summary = "RESTORE between the nodes of a cluster, while a slot moves.",
             .run = restore,
             .syscmd = true}),
};

}  // namespace

constinit const std::span<const CommandSpec> dump_commands = dump_rows;

}  // namespace respawn::commands
