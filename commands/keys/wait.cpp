// WAIT and WAITAOF: until enough replicas, and the disk, have what this client wrote. There are no
// replicas yet.
#include <limits>

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

/// The reply that there is when the time is over follows the disk: it is looked at anew whenever
/// that has come further.
void waitaof(Execution& x, Args args) {
  constexpr std::string_view not_one = "ERR value is out of range, value must between 0 and 1";
  constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();
  auto local = to_integer(args[1]);
  if (!local) return x.fail(local.error());
  if (*local < 0 || *local > 1) return x.fail(not_one);
  auto replicas = to_integer_between(args[2], 0, long_max, errors::must_be_positive);
  if (!replicas) return x.fail(replicas.error());
  auto timeout_ms = to_wait_timeout_ms(x, args[3]);
  if (!timeout_ms) return x.fail(timeout_ms.error());
  if (*local == 1 && !x.config().appendonly)
    return x.fail("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  AppendLog& log = x.store().log;
  const bool here = log.is_durable(x.session().write_offset);
  const TimeoutReply so_far = here ? TimeoutReply::one_copy : TimeoutReply::no_copies;
  if (*replicas == 0 && (here || *local == 0))
    return answer_timeout(x.reply.buffer(), x.session().resp, so_far);
  if (!here) log.add_waiter(x.session().id);
  if (x.resuming()) x.session().blocked.on_timeout = so_far;
  x.block_on({}, keyspace::Type::string, *timeout_ms, so_far);
}

constexpr CommandSpec wait_rows[] = {
    command({.name = "waitaof",
             .syntax = "numlocal numreplicas timeout",
             .group = Group::generic,
             .flags = {Flag::noscript},
             .categories = {Category::connection},
             .tips = {"request_policy:all_shards", "response_policy:agg_min"},
             .since = "7.2.0",
             .complexity = "O(1)",
             .summary = "Waits until the disk, and so many replicas', have all that this client "
                        "wrote.",
             .run = waitaof}),
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
