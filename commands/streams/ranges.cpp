// Ranges of streams, forwards and backwards.
#include <algorithm>

#include "commands/shared/key_specs.hpp"
#include "commands/shared/stream_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Stream;
using keyspace::StreamId;

struct EntryRange {
  StreamId first;
  StreamId last;
  std::optional<std::uint64_t> count;
};

Result<EntryRange> parse_entry_range(Args args, bool backward) {
  auto first = to_range_start(args[backward ? 3 : 2]);
  if (!first) return failure(first.error());
  auto last = to_range_end(args[backward ? 2 : 3]);
  if (!last) return failure(last.error());
  EntryRange range{*first, *last, std::nullopt};
  for (ArgCursor at(args, 4); !at.done();) {
    if (!at.take("COUNT", 1)) return failure(std::string(errors::syntax));
    auto count = to_integer(at.next());
    if (!count) return failure(count.error());
    range.count = static_cast<std::uint64_t>(std::max(*count, std::int64_t{0}));
  }
  return range;
}

void range_of_entries(Execution& x, Args args, bool backward) {
  auto range = parse_entry_range(args, backward);
  if (!range) return x.fail(range.error());
  const Stream* stream = find_stream(x, x.key(args[1]));
  if (x.failed()) return;
  if (!stream) return x.reply.array(0);
  if (range->count == std::uint64_t{0}) return x.reply.null_array();
  const std::size_t place = x.reply.announce();
  std::uint64_t size = 0;
  auto walk = backward ? stream->walk(range->last, range->first, true)
                       : stream->walk(range->first, range->last);
  for (; walk.valid() && size != range->count; walk.next(), ++size) reply_entry(x, walk.entry());
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, size);
}

void xrange(Execution& x, Args args) {
  range_of_entries(x, args, false);
}

void xrevrange(Execution& x, Args args) {
  range_of_entries(x, args, true);
}

constexpr std::string_view stream_range_complexity =
    "O(log(N)+M) with N being the number of entries and M the number of those returned.";

constexpr CommandSpec stream_ranges_rows[] = {
    command({.name = "xrange",
             .syntax = "key start end [COUNT count]",
             .group = Group::stream,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "5.0.0",
             .complexity = stream_range_complexity,
             .summary = "Returns the entries of a stream between two IDs.",
             .run = xrange}),
    command({.name = "xrevrange",
             .syntax = "key end start [COUNT count]",
             .group = Group::stream,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "5.0.0",
             .complexity = stream_range_complexity,
             .summary = "Returns the entries of a stream between two IDs, the newest first.",
             .run = xrevrange}),
};

}  // namespace

constinit const std::span<const CommandSpec> stream_range_commands = stream_ranges_rows;

}  // namespace respawn::commands
