// WAIT: until enough replicas have what this client wrote. There are no replicas yet.
#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

namespace {

constexpr std::string_view timeout_not_an_integer = "ERR timeout is not an integer or out of range";

Result<std::int64_t> to_wait_timeout_ms(const Execution& x, std::string_view text) {
  auto timeout_ms = to_integer(text, timeout_not_an_integer);
  if (!timeout_ms) return timeout_ms;
  if (*timeout_ms < 0) return failure(std::string(errors::timeout_negative));
  if (*timeout_ms > std::numeric_limits<std::int64_t>::max() - x.now_ms())
    return failure(std::string(errors::timeout_out_of_range));
  return timeout_ms;
}

void wait(Execution& x, Args args) {
  constexpr std::int64_t acknowledged = 0;
  auto wanted = to_integer(args[1]);
  if (!wanted) return x.fail(wanted.error());
  auto timeout_ms = to_wait_timeout_ms(x, args[2]);
  if (!timeout_ms) return x.fail(timeout_ms.error());
  if (*wanted <= acknowledged) return x.reply.integer(acknowledged);
  // For no key: nothing but its end serves it.
  x.block_on({}, keyspace::Type::string, *timeout_ms, TimeoutReply::zero);
}

constexpr CommandSpec wait_rows[] = {
    command({.name = "wait",
             .syntax = "numreplicas timeout",
             .group = Group::generic,
             .categories = {Category::connection},
             .tips = {"request_policy:all_shards", "response_policy:agg_min"},
             .since = "3.0.0",
             .complexity = "O(1)",
             .summary = "Waits until so many replicas have all that this client wrote.",
             .run = wait}),
};

}  // namespace

constinit const std::span<const CommandSpec> wait_commands = wait_rows;

}  // namespace respawn::commands
