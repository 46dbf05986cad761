// SLOWLOG: the commands that took long.
#include <algorithm>
#include <limits>

#include "commands/families.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

constexpr std::int64_t entries_shown_default = 10;
constexpr std::int64_t every_entry = -1;

void write_entry(Execution& x, const SlowCommand& entry) {
  x.reply.array(6);
  x.reply.integer(static_cast<std::int64_t>(entry.id));
  x.reply.integer(entry.time_s);
  x.reply.integer(static_cast<std::int64_t>(entry.run_us));
  x.reply.array(entry.words.size());
  for (const std::string& word : entry.words) x.reply.bulk(word);
  x.reply.bulk(entry.address);
  x.reply.bulk(entry.client_name);
}

void slowlog_get(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::subcommand_syntax(args[1], args[0]));
  std::int64_t wanted = entries_shown_default;
  if (args.size() == 3) {
    auto given = to_integer_between(args[2], every_entry, std::numeric_limits<std::int64_t>::max(),
                                    "ERR count should be greater than or equal to -1");
    if (!given.ok()) return x.fail(given.error());
    wanted = *given;
  }
  const auto& entries = x.store().slow_log.entries();
  const auto there = static_cast<std::int64_t>(entries.size());
  const auto shown =
      static_cast<std::size_t>(wanted == every_entry ? there : std::min(wanted, there));
  x.reply.array(shown);
  for (std::size_t at = 0; at < shown; ++at) write_entry(x, entries[at]);
}

void slowlog_len(Execution& x, Args) {
  x.reply.integer(static_cast<std::int64_t>(x.store().slow_log.entries().size()));
}

void slowlog_reset(Execution& x, Args) {
  x.store().slow_log.clear();
  x.reply.ok();
}

constexpr Flags slowlog_flags = {Flag::admin, Flag::loading, Flag::stale};

constexpr CommandSpec slowlog_subcommands[] = {
    command({.name = "slowlog|get",
             .syntax = "[count]",
             .group = Group::server,
             .flags = slowlog_flags,
             .tips = {"request_policy:all_nodes", "nondeterministic_output"},
             .since = "2.2.12",
             .complexity = "O(N) where N is the number of entries returned",
             .summary = "Returns entries of the slow log, the newest first; -1 is all of them.",
             .run = slowlog_get}),
    command(
        {.name = "slowlog|len",
         .group = Group::server,
         .flags = slowlog_flags,
         .tips = {"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
         .since = "2.2.12",
         .complexity = "O(1)",
         .summary = "Returns how many entries the slow log has.",
         .run = slowlog_len}),
    command({.name = "slowlog|reset",
             .group = Group::server,
             .flags = slowlog_flags,
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "2.2.12",
             .complexity = "O(N) where N is the number of entries in the slowlog",
             .summary = "Empties the slow log.",
             .run = slowlog_reset}),
    command({.name = "slowlog|help",
             .group = Group::server,
             .flags = {Flag::loading, Flag::stale},
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec slowlog_rows[] = {
    command({.name = "slowlog",
             .group = Group::server,
             .since = "2.2.12",
             .complexity = "Depends on subcommand.",
             .summary = "Shows which commands took long.",
             .subcommands = slowlog_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> slow_log_commands = slowlog_rows;

}  // namespace respawn::commands
