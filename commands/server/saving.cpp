// Snapshots: SAVE, BGSAVE, LASTSAVE.
#include "engine/run/saving.hpp"

#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

namespace {

constexpr std::string_view already_saving = "ERR Background save already in progress";

/// The keyspace waits for it, and everybody with it.
void save(Execution& x, Args) {
  if (x.store().saving.in_progress()) return x.fail(already_saving);
  if (!save_now(x.env()).ok()) return x.fail("ERR");
  x.reply.ok();
}

void bgsave(Execution& x, Args args) {
  const bool schedule = args.size() == 2 && iequals(args[1], "SCHEDULE");
  if (args.size() > 1 && !schedule) return x.fail(errors::syntax);
  Saving& saving = x.store().saving;
  if (saving.in_progress()) return x.fail(already_saving);
  const bool in_transaction = x.session().transaction.phase == TransactionState::Phase::running;
  const bool rewriting = x.store().log.rewriting();
  if (rewriting && !schedule && !in_transaction)
    return x.fail(
        "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE "
        "in order to schedule a BGSAVE whenever possible.");
  if (in_transaction || rewriting) {
    saving.scheduled = true;
    return x.reply.simple("Background saving scheduled");
  }
  begin_saving(x.env());
  x.reply.simple("Background saving started");
}

/// As long as nothing is saved, the start of the server counts as a save, as in Redis.
void lastsave(Execution& x, Args) {
  x.reply.integer(x.store().saving.last_save_s);
}

constexpr CommandSpec saving_rows[] = {
    command({.name = "save",
             .group = Group::server,
             .flags = {Flag::admin, Flag::noscript, Flag::no_async_loading, Flag::no_multi},
             .since = "1.0.0",
             .complexity = "O(N) where N is the total number of keys in all databases",
             .summary = "Saves all data to a file while everybody waits.",
             .run = save}),
    command({.name = "bgsave",
             .syntax = "[SCHEDULE]",
             .group = Group::server,
             .flags = {Flag::admin, Flag::noscript, Flag::no_async_loading},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Saves all data, as it is now, to a file in the background.",
             .run = bgsave}),
    command({.name = "lastsave",
             .group = Group::server,
             .flags = {Flag::loading, Flag::stale, Flag::fast},
             .categories = {Category::admin, Category::dangerous},
             .tips = {"nondeterministic_output"},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Returns when data was last saved, in seconds since 1970.",
             .run = lastsave}),
};

}  // namespace

constinit const std::span<const CommandSpec> saving_commands = saving_rows;

}  // namespace respawn::commands
