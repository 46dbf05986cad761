// XNACK: a consumer gives back what it cannot process. As in Redis 8.8.
#include <algorithm>

#include "commands/shared/stream_access.hpp"
#include "commands/streams/delivery.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::Stream;
using keyspace::StreamId;
using keyspace::Type;

/// What becomes of the number of deliveries.
enum class GivingBack : std::uint8_t {
  silent,  // as if it had not been delivered
  failed,  // it counts
  fatal,   // nobody should try again
};

struct GiveBackRequest {
  GivingBack mode = GivingBack::silent;
  std::vector<StreamId> ids;
  std::optional<std::uint64_t> deliveries;
  bool force = false;

  [[nodiscard]] std::uint64_t deliveries_behind(std::uint64_t before) const {
    if (deliveries) return *deliveries;
    if (mode == GivingBack::fatal) return keyspace::most_counted;
    return mode == GivingBack::silent && before > 0 ? before - 1 : before;
  }
};

std::optional<GivingBack> to_giving_back(std::string_view word) {
  if (iequals(word, "SILENT")) return GivingBack::silent;
  if (iequals(word, "FAIL")) return GivingBack::failed;
  if (iequals(word, "FATAL")) return GivingBack::fatal;
  return std::nullopt;
}

/// "IDS numids id [id ...]".
Status parse_given_back(ArgCursor& at, GiveBackRequest& request) {
  if (!at.take("IDS", 1)) return failure("ERR syntax error, expected IDS keyword");
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  auto count = to_integer_between(at.next(), 1, most, "ERR numids must be a positive integer");
  if (!count) return failure(count.error());
  if (static_cast<std::size_t>(*count) > at.left())
    return failure("ERR number of IDs doesn't match numids");
  for (std::int64_t left = *count; left > 0; --left) {
    auto id = to_stream_id(at.next());
    if (!id) return failure(id.error());
    request.ids.push_back(*id);
  }
  return success();
}

Result<GiveBackRequest> parse_give_back(Args args) {
  GiveBackRequest request;
  const auto mode = to_giving_back(args[3]);
  if (!mode) return failure("ERR mode must be SILENT, FAIL, or FATAL");
  request.mode = *mode;
  ArgCursor at(args, 4);
  if (Status status = parse_given_back(at, request); !status) return failure(status.error());
  while (!at.done()) {
    if (at.take("FORCE")) {
      request.force = true;
    } else if (at.take("RETRYCOUNT", 1)) {
      auto count = to_integer(at.next());
      if (!count) return failure(count.error());
      if (*count < 0) return failure("ERR Invalid RETRYCOUNT value, must be >= 0");
      request.deliveries = static_cast<std::uint64_t>(*count);
    } else {
      return failure("ERR Unrecognized XNACK option '" + std::string(errors::up_to_nul(at.next())) +
                     "'");
    }
  }
  return request;
}

/// Whether the entry is there, and pending or made so.
bool give_back(Execution& x, const GroupAtWork& at, const GiveBackRequest& request,
               const StreamId& id) {
  const auto pending = at.group.find(id);
  if ((!pending && !request.force) || !at.stream.contains(id)) return false;
  at.group.release(id, request.deliveries_behind(pending ? pending->deliveries : 0));
  propagate_pending(x, at, *at.group.find(id));
  return true;
}

void xnack(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry || entry->object<Stream>().find_group(args[2]) == nullptr)
    return x.fail(no_such_group(key.bytes, args[2]));
  auto request = parse_give_back(args);
  if (!request) return x.fail(request.error());
  Change change = x.change(key, entry);
  Stream& stream = change.object<Stream>();
  const GroupAtWork at{key.bytes, stream, *stream.find_group(args[2])};
  const auto released =
      std::count_if(request->ids.begin(), request->ids.end(),
                    [&](const StreamId& id) { return give_back(x, at, *request, id); });
  x.reply.integer(released);
  if (released == 0) return;
  x.changed_unseen(static_cast<std::uint64_t>(released));
  x.became_ready(key.bytes);  // for who reads with CLAIM
}

constexpr CommandSpec stream_release_rows[] = {
    command({.name = "xnack",
             .syntax = "key group <SILENT | FAIL | FATAL> IDS numids id [id ...] "
                       "[RETRYCOUNT count] [FORCE]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "8.8.0",
             .complexity = "O(log(N)) for each entry with N being those that are pending.",
             .summary = "Gives entries back to the group, so that any consumer may claim them.",
             .run = xnack}),
};

}  // namespace

constinit const std::span<const CommandSpec> stream_release_commands = stream_release_rows;

}  // namespace respawn::commands
