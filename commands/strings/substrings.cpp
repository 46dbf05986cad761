// Parts of strings: lengths, ranges, and what two strings have in common.
#include <algorithm>
#include <cstring>

#include "commands/families.hpp"
#include "commands/shared/string_access.hpp"
#include "commands/strings/lcs.hpp"

namespace respawn::commands {

namespace {

using config::keyspace_event::string;
using keyspace::Entry;
using keyspace::Key;
using keyspace::Scratch;
using keyspace::Type;

void append(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  if (entry && !string_fits(x, entry->length(), args[2].size()))
    return x.fail(errors::string_too_long);
  keyspace::Change change = x.change(key, entry);
  if (entry) {
    change.append(args[2]);
  } else {
    set_argument(x, change, args[2]);
    x.created(key.bytes);
  }
  x.changed(key.bytes, string, "append");
  x.reply.integer(static_cast<std::int64_t>(change.entry()->length()));
}

void strlen(Execution& x, Args args) {
  const Entry* entry = x.find_read(x.key(args[1]), Type::string);
  if (x.failed()) return;
  x.reply.integer(entry ? static_cast<std::int64_t>(entry->length()) : 0);
}

void getrange(Execution& x, Args args) {
  auto first = to_integer(args[2]);
  auto last = to_integer(args[3]);
  if (!first || !last) return x.fail(errors::not_an_integer);
  const Entry* entry = x.find_read(x.key(args[1]), Type::string);
  if (x.failed()) return;
  if (!entry || (*first < 0 && *last < 0 && *first > *last)) return x.reply.bulk("");
  Scratch scratch;
  const std::string_view text = entry->bytes(scratch);
  const auto size = static_cast<std::int64_t>(text.size());
  const auto place = [size](std::int64_t index) {
    return std::max<std::int64_t>(index < 0 ? index + size : index, 0);
  };
  const std::int64_t from = place(*first);
  const std::int64_t to = std::min(place(*last), size - 1);
  if (from > to) return x.reply.bulk("");
  reply_part(x, *entry,
             text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from + 1)));
}

void setrange(Execution& x, Args args) {
  auto parsed = to_integer(args[2]);
  if (!parsed) return x.fail(parsed.error());
  if (*parsed < 0) return x.fail("ERR offset is out of range");
  const auto offset = static_cast<std::size_t>(*parsed);
  const std::string_view bytes = args[3];
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  if (bytes.empty()) return x.reply.integer(entry ? static_cast<std::int64_t>(entry->length()) : 0);
  if (!string_fits(x, offset, bytes.size())) return x.fail(errors::string_too_long);
  keyspace::Change change = x.change(key, entry);
  const std::size_t end = offset + bytes.size();
  std::memcpy(extend_string(x, change, end, {offset, end}) + offset, bytes.data(), bytes.size());
  x.changed(key.bytes, string, "setrange");
  x.reply.integer(static_cast<std::int64_t>(change.entry()->length()));
}

// LCS.

struct LcsOptions {
  bool length_only = false;
  bool ranges = false;
  bool with_length = false;
  std::int64_t length_min = 0;
};

Result<LcsOptions> parse_lcs_options(Args args) {
  LcsOptions options;
  for (ArgCursor at(args, 3); !at.done();) {
    if (at.take("IDX")) {
      options.ranges = true;
    } else if (at.take("LEN")) {
      options.length_only = true;
    } else if (at.take("WITHMATCHLEN")) {
      options.with_length = true;
    } else if (at.take("MINMATCHLEN", 1)) {
      auto length = to_integer(at.next());
      if (!length) return failure(length.error());
      options.length_min = *length;
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  if (options.length_only && options.ranges)
    return failure("ERR If you want both the length and indexes, please just use IDX.");
  return options;
}

void reply_ranges(Execution& x, const LcsOptions& options, const CommonSubsequence& found) {
  x.reply.map(2);
  x.reply.bulk("matches");
  const auto wanted = [&](const CommonRange& range) {
    return static_cast<std::int64_t>(range.length) >= options.length_min;
  };
  x.reply.array(
      static_cast<std::size_t>(std::count_if(found.ranges.begin(), found.ranges.end(), wanted)));
  for (const CommonRange& range : found.ranges) {
    if (!wanted(range)) continue;
    x.reply.array(options.with_length ? 3 : 2);
    for (std::size_t start : {range.in_a, range.in_b}) {
      x.reply.array(2);
      x.reply.integer(static_cast<std::int64_t>(start));
      x.reply.integer(static_cast<std::int64_t>(start + range.length - 1));
    }
    if (options.with_length) x.reply.integer(static_cast<std::int64_t>(range.length));
  }
  x.reply.bulk("len");
  x.reply.integer(static_cast<std::int64_t>(found.length));
}

void lcs(Execution& x, Args args) {
  const Entry* first = x.find_read(x.key(args[1]));
  const Entry* second = x.find_read(x.key(args[2]));
  if ((first && first->type() != Type::string) || (second && second->type() != Type::string))
    return x.fail("ERR The specified keys must contain string values");
  auto options = parse_lcs_options(args);
  if (!options) return x.fail(options.error());
  Scratch scratch_a;
  Scratch scratch_b;
  const std::string_view a = first ? first->bytes(scratch_a) : "";
  const std::string_view b = second ? second->bytes(scratch_b) : "";
  // What Redis's table would take; ours is smaller, but the limit is what bounds the time.
  const std::uint64_t cells_max = x.config().proto_max_bulk_len_bytes / sizeof(std::uint32_t);
  if ((a.size() + 1) > cells_max / (b.size() + 1))
    return x.fail("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  if (options->length_only)
    return x.reply.integer(static_cast<std::int64_t>(common_subsequence_length(a, b)));
  const CommonSubsequence found = common_subsequence(a, b);
  if (options->ranges) return reply_ranges(x, *options, found);
  x.reply.bulk(found.text);
}

constexpr CommandSpec substrings_rows[] = {
    command({.name = "append",
             .syntax = "key value",
             .group = Group::string,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 1)},
             .since = "2.0.0",
             .complexity = "O(1) amortized for a short value.",
             .summary = "Adds bytes to the end of a string; makes the string when there is none.",
             .run = append}),
    command({.name = "strlen",
             .syntax = "key",
             .group = Group::string,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "2.2.0",
             .complexity = "O(1)",
             .summary = "Says how many bytes a string has.",
             .run = strlen}),
    command({.name = "getrange",
             .syntax = "key start end",
             .group = Group::string,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "2.4.0",
             .complexity = "O(N) with N being the length of what is returned.",
             .summary = "Reads a part of a string.",
             .run = getrange}),
    command({.name = "substr",
             .syntax = "key start end",
             .group = Group::string,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "1.0.0",
             .complexity = "O(N) with N being the length of what is returned.",
             .summary = "Reads a part of a string.",
             .deprecated_since = "2.0.0",
             .replaced_by = "`GETRANGE`",
             .run = getrange}),
    command(
        {.name = "setrange",
         .syntax = "key offset value",
         .group = Group::string,
         .flags = {Flag::write, Flag::denyoom},
         .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
         .since = "2.2.0",
         .complexity = "O(M) with M being the length of the value, plus the growth of the string.",
         .summary = "Overwrites a part of a string, which grows as needed.",
         .run = setrange}),
    command({.name = "lcs",
             .syntax = "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
             .group = Group::string,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1, 1)},
             .since = "7.0.0",
             .complexity = "O(N*M) with N and M being the lengths of the strings.",
             .summary = "Finds the longest common subsequence of two strings.",
             .run = lcs}),
};

}  // namespace

constinit const std::span<const CommandSpec> substring_commands = substrings_rows;

}  // namespace respawn::commands
