// Bitmaps: strings as rows of bits.
#include <algorithm>
#include <vector>

#include "commands/bitmaps/bits.hpp"
#include "commands/families.hpp"
#include "commands/shared/string_access.hpp"

namespace respawn::commands {

namespace {

using config::keyspace_event::string;
using keyspace::Entry;
using keyspace::Key;
using keyspace::Scratch;
using keyspace::Type;

// One bit.

void setbit(Execution& x, Args args) {
  const auto offset = to_bit_offset(x, args[2]);
  if (!offset) return x.fail(offset.error());
  const auto value = to_integer_between(args[3], 0, 1, "ERR bit is not an integer or out of range");
  if (!value) return x.fail(value.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  const std::size_t length = *offset / 8 + 1;
  const bool grows = !entry || entry->length() < length;
  keyspace::Change change = x.change(key, entry);
  char* bytes = extend_string(x, change, length, {length - 1, length});
  const auto before = static_cast<std::int64_t>(read_field({bytes, length}, *offset, 1));
  if (grows || before != *value) {
    write_field(bytes, *offset, 1, static_cast<std::uint64_t>(*value));
    x.changed(key.bytes, string, "setbit");
  }
  x.reply.integer(before);
}

void getbit(Execution& x, Args args) {
  const auto offset = to_bit_offset(x, args[2]);
  if (!offset) return x.fail(offset.error());
  const Entry* entry = x.find_read(x.key(args[1]), Type::string);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  Scratch scratch;
  x.reply.integer(static_cast<std::int64_t>(read_field(entry->bytes(scratch), *offset, 1)));
}

// Ranges of bits.

/// BYTE or BIT: how many bits an index counts.
Result<std::int64_t> to_unit(std::string_view text) {
  if (iequals(text, "BIT")) return 1;
  if (iequals(text, "BYTE")) return 8;
  return failure(std::string(errors::syntax));
}

/// Bits `first` to `last`; none when first > last.
struct BitRange {
  std::int64_t first = 0;
  std::int64_t last = -1;
};

/// Indexes in units of `unit` bits, from the end when negative, as bits of so many bytes.
BitRange clamp_bits(std::int64_t start, std::int64_t end, std::int64_t unit, std::size_t bytes) {
  const std::int64_t size = static_cast<std::int64_t>(bytes) * 8 / unit;
  const auto place = [size](std::int64_t index) {
    return std::max<std::int64_t>(index < 0 ? index + size : index, 0);
  };
  const std::int64_t first = place(start);
  const std::int64_t last = std::min(place(end), size - 1);
  if (first > last) return {};
  return {first * unit, last * unit + unit - 1};
}

void bitcount(Execution& x, Args args) {
  const Entry* entry = x.find_read(x.key(args[1]), Type::string);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  Scratch scratch;
  const std::string_view bytes = entry->bytes(scratch);
  if (args.size() == 2) return x.reply.integer(static_cast<std::int64_t>(count_bits(bytes)));
  if (args.size() == 3 || args.size() > 5) return x.fail(errors::syntax);
  const auto start = to_integer(args[2]);
  const auto end = to_integer(args[3]);
  if (!start || !end) return x.fail(errors::not_an_integer);
  if (*start < 0 && *end < 0 && *start > *end) return x.reply.integer(0);
  const auto unit = to_unit(args.size() == 5 ? args[4] : "BYTE");
  if (!unit) return x.fail(unit.error());
  const BitRange range = clamp_bits(*start, *end, *unit, bytes.size());
  if (range.first > range.last) return x.reply.integer(0);
  x.reply.integer(static_cast<std::int64_t>(count_bits(
      bytes, static_cast<std::uint64_t>(range.first), static_cast<std::uint64_t>(range.last))));
}

/// Where BITPOS searches in a string of so many bytes.
Result<BitRange> to_bitpos_range(Args args, std::size_t bytes) {
  if (args.size() == 3) return clamp_bits(0, -1, 8, bytes);
  if (args.size() > 6) return failure(std::string(errors::syntax));
  const auto start = to_integer(args[3]);
  if (!start) return failure(start.error());
  const auto unit = to_unit(args.size() == 6 ? args[5] : "BYTE");
  if (!unit) return failure(unit.error());
  const auto end = args.size() >= 5 ? to_integer(args[4]) : -1;
  if (!end) return failure(end.error());
  return clamp_bits(*start, *end, *unit, bytes);
}

void bitpos(Execution& x, Args args) {
  const auto bit = to_integer(args[2]);
  if (!bit) return x.fail(bit.error());
  if (*bit != 0 && *bit != 1) return x.fail("ERR The bit argument must be 1 or 0.");
  const Entry* entry = x.find_read(x.key(args[1]), Type::string);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(*bit == 1 ? -1 : 0);
  Scratch scratch;
  const std::string_view bytes = entry->bytes(scratch);
  const auto range = to_bitpos_range(args, bytes.size());
  if (!range) return x.fail(range.error());
  if (range->first > range->last) return x.reply.integer(-1);
  const auto found = find_bit(bytes, *bit == 1, static_cast<std::uint64_t>(range->first),
                              static_cast<std::uint64_t>(range->last));
  if (found) return x.reply.integer(static_cast<std::int64_t>(*found));
  // Without an end, the string is thought to go on with zeros.
  const bool endless = args.size() < 5;
  x.reply.integer(*bit == 0 && endless ? range->last + 1 : -1);
}

// Whole strings.

std::optional<BitOperation> to_operation(std::string_view name) {
  if (iequals(name, "AND")) return BitOperation::conjunction;
  if (iequals(name, "OR")) return BitOperation::disjunction;
  if (iequals(name, "XOR")) return BitOperation::difference;
  if (iequals(name, "NOT")) return BitOperation::negation;
  return std::nullopt;
}

void bitop(Execution& x, Args args) {
  const auto operation = to_operation(args[1]);
  if (!operation) return x.fail(errors::syntax);
  if (*operation == BitOperation::negation && args.size() != 4)
    return x.fail("ERR BITOP NOT must be called with a single source key.");
  const Args names = args.subspan(3);
  std::vector<Scratch> scratches(names.size());
  std::vector<std::string_view> sources(names.size());
  std::size_t length = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Entry* entry = x.find_read(names[i], Type::string);
    if (x.failed()) return;
    if (!entry) continue;
    sources[i] = entry->bytes(scratches[i]);
    length = std::max(length, sources[i].size());
  }

  const Key key = x.key(args[2]);
  if (length > 0) {
    const Entry* existing = x.find_write(key);
    x.change(key, existing).set_raw(length, [&](char* to) {
      combine_bits(*operation, sources, to, length);
    });
    if (!existing) x.created(key.bytes);
    x.changed(key.bytes, string, "set");
  } else {
    x.erase_any(key);
  }
  x.reply.integer(static_cast<std::int64_t>(length));
}

constexpr CommandSpec bitmaps_rows[] = {
    command({.name = "setbit",
             .syntax = "key offset value",
             .group = Group::bitmap,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::update}, 1)},
             .since = "2.2.0",
             .complexity = "O(1), plus the growth of the string.",
             .summary = "Sets a bit of a string, which grows as needed, and answers the old bit.",
             .run = setbit}),
    command({.name = "getbit",
             .syntax = "key offset",
             .group = Group::bitmap,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "2.2.0",
             .complexity = "O(1)",
             .summary = "Reads a bit of a string; 0 past its end.",
             .run = getbit}),
    command({.name = "bitcount",
             .syntax = "key [start end [BYTE | BIT]]",
             .group = Group::bitmap,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "2.6.0",
             .complexity = "O(N) with N being the length of the range.",
             .summary = "Counts the bits that are 1 in a string or a part of it.",
             .run = bitcount}),
    command({.name = "bitpos",
             .syntax = "key bit [start [end [BYTE | BIT]]]",
             .group = Group::bitmap,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "2.8.7",
             .complexity = "O(N) with N being the length of the range.",
             .summary = "Finds the first bit that is 1, or 0, in a string or a part of it.",
             .run = bitpos}),
    command({.name = "bitop",
             .syntax = "operation destkey key [key ...]",
             .group = Group::bitmap,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::OW, KeyFlag::update}, 2),
                      keys({KeyFlag::RO, KeyFlag::access}, 3, -1)},
             .since = "2.6.0",
             .complexity = "O(N) with N being the length of the strings in all.",
             .summary = "Stores what AND, OR, XOR or NOT makes of the bits of strings.",
             .run = bitop}),
};

}  // namespace

constinit const std::span<const CommandSpec> bitmap_commands = bitmaps_rows;

}  // namespace respawn::commands
