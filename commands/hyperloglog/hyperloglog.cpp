// HyperLogLogs: strings that estimate how many different elements were added.
#include "keyspace/types/hyperloglog.hpp"

#include <algorithm>
#include <string>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"
#include "keyspace/types/hyperloglog_check.hpp"

namespace respawn::commands {

namespace {

namespace hyperloglog = keyspace::hyperloglog;

using config::keyspace_event::string;
using hyperloglog::Encoding;
using hyperloglog::Registers;
using keyspace::Entry;
using keyspace::Key;
using keyspace::Scratch;
using keyspace::Type;

constexpr std::string_view corrupted = "INVALIDOBJ Corrupted HLL object detected";

/// The bytes of an entry that is a string and a sketch; else fails.
std::string_view sketch_of(Execution& x, const Entry& entry, Scratch& scratch) {
  if (entry.type() != Type::string) {
    x.fail(errors::wrong_type);
    return {};
  }
  const std::string_view bytes = entry.bytes(scratch);
  if (hyperloglog::is_sketch(bytes)) return bytes;
  x.fail("WRONGTYPE Key is not a valid HyperLogLog string value.");
  return {};
}

/// Puts a sketch at the key, in place where it has the size of the old one. The expiry stays.
void store(Execution& x, const Key& key, const Entry* existing, const std::string& sketch) {
  const auto fill = [&](char* to) { std::copy(sketch.begin(), sketch.end(), to); };
  keyspace::Change change = x.change(key, existing);
  if (existing && existing->length() == sketch.size()) return fill(change.extend(0));
  change.set_raw(sketch.size(), fill, change.expire_at_ms());
  if (!existing) x.created(key.bytes);
}

// PFADD.

/// Adds to a dense sketch in place; says how many elements changed it.
std::uint64_t add_to_dense(Execution& x, const Key& key, const Entry* entry, Args elements) {
  keyspace::Change change = x.change(key, entry);
  char* sketch = change.extend(0);
  std::uint64_t changes = 0;
  for (std::string_view element : elements)
    if (hyperloglog::raise_dense(sketch, hyperloglog::observe(element))) ++changes;
  if (changes > 0) hyperloglog::forget_count(sketch);
  return changes;
}

/// Adds to a sparse sketch or a new one: all or nothing.
std::uint64_t add_to_sparse(Execution& x, const Key& key, const Entry* existing, Args elements) {
  Scratch scratch;
  std::string sketch = existing ? std::string(existing->bytes(scratch)) : hyperloglog::make_empty();
  std::uint64_t changes = existing ? 0 : 1;
  for (std::string_view element : elements) {
    const hyperloglog::Change change =
        hyperloglog::raise(sketch, hyperloglog::observe(element), x.config().hll_sparse_max_bytes);
    if (change == hyperloglog::Change::corrupted) {
      x.fail(corrupted);
      return 0;
    }
    if (change == hyperloglog::Change::raised) ++changes;
  }
  if (changes == 0) return 0;
  hyperloglog::forget_count(sketch.data());
  store(x, key, existing, sketch);
  return changes;
}

void pfadd(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key);
  Encoding encoding = Encoding::sparse;
  if (entry) {
    Scratch scratch;
    const std::string_view sketch = sketch_of(x, *entry, scratch);
    if (x.failed()) return;
    encoding = hyperloglog::encoding_of(sketch);
  }
  const Args elements = args.subspan(2);
  const std::uint64_t changes = encoding == Encoding::dense
                                    ? add_to_dense(x, key, entry, elements)
                                    : add_to_sparse(x, key, entry, elements);
  if (x.failed()) return;
  if (changes > 0) x.changed(key.bytes, string, "pfadd", changes);
  x.reply.integer(changes > 0 ? 1 : 0);
}

// PFCOUNT and PFMERGE.

/// Raises registers to what is at each of the keys. Says whether one of the sketches is dense.
bool merge_keys(Execution& x, Args names, Registers& registers) {
  bool any_dense = false;
  for (std::string_view name : names) {
    const Entry* entry = x.find_read(name);
    if (!entry) continue;
    Scratch scratch;
    const std::string_view sketch = sketch_of(x, *entry, scratch);
    if (x.failed()) return false;
    if (hyperloglog::encoding_of(sketch) == Encoding::dense) any_dense = true;
    if (!hyperloglog::merge_into(registers, sketch)) {
      x.fail(corrupted);
      return false;
    }
  }
  return any_dense;
}

/// The count of one sketch, which is kept in its header: a command that reads, but may write.
void count_one(Execution& x, const Key& key) {
  const Entry* entry = x.find_read(key);
  if (!entry) return x.reply.integer(0);
  Scratch scratch;
  const std::string_view sketch = sketch_of(x, *entry, scratch);
  if (x.failed()) return;
  if (const auto cached = hyperloglog::cached_count(sketch))
    return x.reply.integer(static_cast<std::int64_t>(*cached));
  const auto count = hyperloglog::estimate(sketch);
  if (!count) return x.fail(corrupted);
  hyperloglog::cache_count(x.change(key, entry).extend(0), *count);
  x.changed_silently(key.bytes);
  x.reply.integer(static_cast<std::int64_t>(*count));
}

void pfcount(Execution& x, Args args) {
  if (args.size() == 2) return count_one(x, x.key(args[1]));
  Registers registers{};
  merge_keys(x, args.subspan(1), registers);
  if (x.failed()) return;
  x.reply.integer(static_cast<std::int64_t>(hyperloglog::estimate(registers)));
}

void pfmerge(Execution& x, Args args) {
  Registers registers{};
  const bool dense = merge_keys(x, args.subspan(1), registers);
  if (x.failed()) return;
  const Key key = x.key(args[1]);
  const Entry* existing = x.find_write(key);
  Scratch scratch;
  std::string sketch = existing ? std::string(existing->bytes(scratch)) : hyperloglog::make_empty();
  if (dense && !hyperloglog::make_dense(sketch)) return x.fail(corrupted);
  // Register by register, so that a sparse result has the runs that it has in Redis.
  for (std::size_t i = 0; i < registers.size(); ++i) {
    if (registers[i] == 0) continue;
    const hyperloglog::Change change = hyperloglog::raise(
        sketch, {static_cast<std::uint16_t>(i), registers[i]}, x.config().hll_sparse_max_bytes);
    if (change == hyperloglog::Change::corrupted) return x.fail(corrupted);
  }
  hyperloglog::forget_count(sketch.data());
  store(x, key, existing, sketch);
  x.changed(key.bytes, string, "pfadd");
  x.reply.ok();
}

// Looking inside.

/// Makes the sketch at the key dense; says whether it was not.
bool densify(Execution& x, const Key& key, const Entry* entry) {
  Scratch scratch;
  std::string sketch(entry->bytes(scratch));
  if (hyperloglog::encoding_of(sketch) == Encoding::dense) return false;
  if (!hyperloglog::make_dense(sketch)) {
    x.fail(corrupted);
    return false;
  }
  store(x, key, entry, sketch);
  x.changed_silently(key.bytes);
  return true;
}

void reply_registers(Execution& x, const Key& key, const Entry* entry) {
  densify(x, key, entry);
  if (x.failed()) return;
  Registers registers{};
  Scratch scratch;
  const bool whole = hyperloglog::merge_into(registers, x.peek(key)->bytes(scratch));
  RESPAWN_CHECK(whole);
  x.reply.array(registers.size());
  for (const std::uint8_t value : registers) x.reply.integer(value);
}

void pfdebug(Execution& x, Args args) {
  const Key key = x.key(args[2]);
  const Entry* entry = x.find_write(key);
  if (!entry) return x.fail("ERR The specified key does not exist");
  Scratch scratch;
  const std::string_view sketch = sketch_of(x, *entry, scratch);
  if (x.failed()) return;
  const bool sparse = hyperloglog::encoding_of(sketch) == Encoding::sparse;
  if (iequals(args[1], "GETREG")) return reply_registers(x, key, entry);
  if (iequals(args[1], "ENCODING")) return x.reply.simple(sparse ? "sparse" : "dense");
  if (iequals(args[1], "DECODE"))
    return sparse ? x.reply.bulk(hyperloglog::describe_runs(sketch))
                  : x.fail("ERR HLL encoding is not sparse");
  if (iequals(args[1], "TODENSE")) {
    const bool converted = densify(x, key, entry);
    if (!x.failed()) x.reply.integer(converted ? 1 : 0);
    return;
  }
  x.fail("ERR Unknown PFDEBUG subcommand '" + std::string(errors::up_to_nul(args[1])) + "'");
}

void pfselftest(Execution& x, Args) {
  const Status status = hyperloglog::check(x.store().random, x.config().hll_sparse_max_bytes);
  if (!status.ok()) return x.fail("TESTFAILED " + status.error());
  x.reply.ok();
}

constexpr KeySpec pfcount_keys = [] {
  KeySpec spec = keys({KeyFlag::RW, KeyFlag::access}, 1, -1);
  spec.notes =
      "RW because it may change the internal representation of the key, and propagate to replicas";
  return spec;
}();

constexpr CommandSpec hyperloglog_rows[] = {
    command({.name = "pfadd",
             .syntax = "key [element [element ...]]",
             .group = Group::hyperloglog,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 1)},
             .since = "2.8.9",
             .complexity = "O(1) for each element.",
             .summary = "Adds elements to a HyperLogLog; makes it when there is none.",
             .run = pfadd}),
    command({.name = "pfcount",
             .syntax = "key [key ...]",
             .group = Group::hyperloglog,
             .flags = {Flag::readonly, Flag::may_replicate},
             .keys = {pfcount_keys},
             .since = "2.8.9",
             .complexity = "O(1) for one key whose count is known; O(N) for N keys.",
             .summary = "Estimates how many different elements were added to one or more "
                        "HyperLogLogs.",
             .run = pfcount}),
    command({.name = "pfmerge",
             .syntax = "destkey [sourcekey [sourcekey ...]]",
             .group = Group::hyperloglog,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::insert}, 1),
                      keys({KeyFlag::RO, KeyFlag::access}, 2, -1)},
             .since = "2.8.9",
             .complexity = "O(N) with N being the number of keys.",
             .summary = "Adds to a HyperLogLog all that was added to others.",
             .run = pfmerge}),
    command({.name = "pfdebug",
             .syntax = "subcommand key",
             .group = Group::hyperloglog,
             .flags = {Flag::write, Flag::denyoom, Flag::admin},
             .keys = {keys({KeyFlag::RW, KeyFlag::access}, 2)},
             .since = "2.8.9",
             .complexity = "O(1), with a large constant.",
             .summary = "Shows the registers, runs or encoding of a HyperLogLog.",
             .run = pfdebug,
             .syscmd = true}),
    command({.name = "pfselftest",
             .group = Group::hyperloglog,
             .flags = {Flag::admin},
             .since = "2.8.9",
             .complexity = "O(1), some 100 ms.",
             .summary = "Checks that HyperLogLogs work on this machine.",
             .run = pfselftest,
             .syscmd = true}),
};

}  // namespace

constinit const std::span<const CommandSpec> hyperloglog_commands = hyperloglog_rows;

}  // namespace respawn::commands
