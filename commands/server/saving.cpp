// Snapshots: SAVE, BGSAVE, LASTSAVE.
#include "commands/server/saving.hpp"

#include "commands/server/respawn_views.hpp"
#include "engine/run/execution.hpp"
#include "engine/run/saving.hpp"

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

std::int64_t as_number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

/// Of a save or a rewrite; null when there is none.
const persistence::Snapshot* running_snapshot(const Store& store) {
  return store.saving.snapshot ? store.saving.snapshot.get() : store.log.snapshot();
}

/// Long values that a snapshot keeps as they were: how many are still to be written, how many bytes
/// that takes, and for which most.
void write_cuts(Execution& x) {
  const persistence::Snapshot* const snapshot = running_snapshot(x.store());
  const persistence::SnapshotWalk* walk = snapshot ? snapshot->walk() : nullptr;
  const persistence::EntryCut* largest = nullptr;
  if (walk)
    for (const auto& cut : walk->held())
      if (!largest || cut->counted_bytes > largest->counted_bytes) largest = cut.get();
  write_number(x, "snapshot-long-values", as_number(walk ? walk->held().size() : 0));
  write_number(x, "snapshot-cut-bytes", as_number(snapshot ? snapshot->cut_bytes() : 0));
  write_text(x, "snapshot-largest-cut-key", largest ? largest->key() : "");
  write_number(x, "snapshot-largest-cut-bytes", as_number(largest ? largest->counted_bytes : 0));
}

}  // namespace

void write_snapshot_fields(Execution& x) {
  const Saving& saving = x.store().saving;
  const persistence::Snapshot* const snapshot = running_snapshot(x.store());
  const std::uint64_t took_us = saving.last_duration_us;
  write_number(x, "snapshot-in-progress", saving.in_progress() ? 1 : 0);
  write_number(x, "snapshot-keys", as_number(snapshot ? snapshot->keys_total() : 0));
  write_number(x, "snapshot-keys-written", as_number(snapshot ? snapshot->keys_written() : 0));
  write_number(x, "snapshot-held-bytes", as_number(snapshot ? snapshot->held_bytes() : 0));
  write_cuts(x);
  write_number(x, "last-snapshot-age-ms", x.now_ms() - saving.last_save_s * 1000);
  write_number(x, "last-snapshot-bytes", as_number(saving.last_bytes));
  write_number(x, "last-snapshot-ms", as_number(took_us / 1000));
  write_number(x, "last-snapshot-bytes-per-second",
               as_number(took_us > 0 ? saving.last_bytes * 1'000'000 / took_us : 0));
  const std::uint64_t hook_ns = snapshot ? snapshot->longest_hook_ns() : 0;
  write_number(x, "longest-snapshot-slice-us", as_number(saving.longest_slice_ns / 1000));
  write_number(x, "longest-snapshot-slice-cpu-us", as_number(saving.longest_slice_cpu_ns / 1000));
  write_number(x, "longest-snapshot-hook-us",
               as_number(std::max(saving.longest_hook_ns, hook_ns) / 1000));
}

constinit const std::span<const CommandSpec> saving_commands = saving_rows;

}  // namespace respawn::commands
