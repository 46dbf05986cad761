// The append log: BGREWRITEAOF, DEBUG LOADAOF, RESPAWN DURABILITY.
#include "commands/server/append_log.hpp"

#include <algorithm>
#include <string>

#include "commands/families.hpp"
#include "commands/server/respawn_views.hpp"
#include "commands/server/saving.hpp"
#include "engine/run/log_opening.hpp"
#include "engine/run/log_replay.hpp"

namespace respawn::commands {

namespace {

void bgrewriteaof(Execution& x, Args) {
  using Phase = TransactionState::Phase;
  const bool waits =
      x.session().transaction.phase == Phase::running || x.store().saving.in_progress();
  if (x.store().log.request_rewrite() == AppendLog::Rewrite::runs_already)
    return x.fail("ERR Background append only file rewriting already in progress");
  x.reply.simple(waits ? "Background append only file rewriting scheduled"
                       : "Background append only file rewriting started");
}

constexpr CommandSpec append_log_rows[] = {
    command({.name = "bgrewriteaof",
             .group = Group::server,
             .flags = {Flag::admin, Flag::noscript, Flag::no_async_loading},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Writes a new base of the append log, in the background.",
             .run = bgrewriteaof}),
};

std::string_view log_state_name(AppendLog::State state) {
  switch (state) {
    case AppendLog::State::off:
      return "off";
    case AppendLog::State::starting:
      return "starting";
    case AppendLog::State::on:
      break;
  }
  return "on";
}

struct SyncPercentile {
  std::string_view name;
  double value;
};

constexpr SyncPercentile sync_percentiles[] = {{"fsync-p50-us", 50},
                                               {"fsync-p90-us", 90},
                                               {"fsync-p99-us", 99},
                                               {"fsync-p99.9-us", 99.9},
                                               {"fsync-max-us", 100}};

}  // namespace

constinit const std::span<const CommandSpec> append_log_commands = append_log_rows;

void respawn_durability(Execution& x, Args) {
  const AppendLog& log = x.store().log;
  const persistence::LogFacts facts = log.tail.facts();
  const std::uint64_t end = log.feed.end();
  const std::uint64_t durable = std::min(log.tail.durable(), end);
  const std::int64_t age_ms =
      facts.durable_at_us == 0 ? -1 : (x.now_us() - facts.durable_at_us) / 1000;
  x.reply.map(11 + std::size(sync_percentiles) + snapshot_fields);
  write_text(x, "log", log_state_name(log.state()));
  write_text(x, "error", log.failure());
  write_number(x, "offset", static_cast<std::int64_t>(end));
  write_number(x, "durable-offset", static_cast<std::int64_t>(durable));
  write_number(x, "behind-bytes", static_cast<std::int64_t>(end - durable));
  write_number(x, "unwritten-bytes", static_cast<std::int64_t>(log.buffered_bytes()));
  write_number(x, "durable-age-ms", age_ms);
  write_number(x, "writes-held", log.is_behind() ? 1 : 0);
  write_number(x, "base-bytes", static_cast<std::int64_t>(facts.base_bytes));
  write_number(x, "log-bytes", static_cast<std::int64_t>(facts.current_bytes));
  write_number(x, "fsyncs", static_cast<std::int64_t>(log.tail.sync_ns().total()));
  for (const SyncPercentile& each : sync_percentiles)
    write_number(x, each.name,
                 static_cast<std::int64_t>(log.tail.sync_ns().at_percentile(each.value) / 1000));
  write_snapshot_fields(x);
}

void debug_aof_flush_sleep(Execution& x, Args args) {
  constexpr std::int64_t longest_us = 10'000'000;
  const std::int64_t us = parse_int64(args[2]).value_or(0);
  x.store().log.tail.delay_writes(std::clamp(us, std::int64_t{0}, longest_us));
  x.reply.ok();
}

void debug_loadaof(Execution& x, Args) {
  constexpr std::string_view failed = "ERR Error trying to load the AOF files, check server logs.";
  Store& store = x.store();
  store.log.flush_and_wait();
  for (std::size_t db = 0; db < store.databases.count(); ++db) {
    store.databases.clear(db);
    x.changed_database(static_cast<int>(db), 0);
  }
  x.propagate_nothing();
  const persistence::LogDirectory directory = log_directory(x.config(), x.env().services.files);
  auto manifest = directory.load();
  if (!manifest) return x.fail(failed);
  LogReplay replay(x.env(), make_applying_session(store));
  const auto loaded =
      persistence::load_log(directory, *manifest, x.config().aof_load_truncated, replay);
  if (!loaded) {
    x.env().services.log.write(LogLevel::warning, loaded.error());
    return x.fail(failed);
  }
  store.databases.changes = 0;
  x.env().services.log.write(LogLevel::notice, "Append Only File loaded by DEBUG LOADAOF");
  x.reply.ok();
}

}  // namespace respawn::commands
