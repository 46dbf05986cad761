#include "engine/run/saving.hpp"

#include <unistd.h>

#include <utility>

#include "engine/run/access_clock.hpp"
#include "engine/run/environment.hpp"
#include "engine/run/version.hpp"

namespace respawn::engine {

namespace {

using persistence::BackgroundFile;
using persistence::RdbSnapshot;

/// After a save that failed the next one waits so long.
constexpr std::int64_t retry_s = 5;
constexpr std::uint64_t sync_every_bytes = std::uint64_t{32} << 20;

std::int64_t now_s(const Environment& environment) {
  return environment.clock.wall_us() / 1'000'000;
}

}  // namespace

void Saving::give_up() {
  cut_wanted = false;
  if (!snapshot) return;
  snapshot->cancel();
  given_up.push_back(std::move(snapshot));
}

std::string temporary_prefix() {
  return "temp-" + std::to_string(::getpid());
}

persistence::RdbSnapshotOptions snapshot_options(const Environment& environment) {
  const config::Config& config = environment.config();
  const std::int64_t wall_us = environment.clock.wall_us();
  persistence::RdbSnapshotOptions options;
  options.facts = {.server_version = std::string(redis_version),
                   .created_s = wall_us / 1'000'000,
                   .used_memory_bytes = environment.services.memory.used()};
  if (needs_access_clock(config.maxmemory_policy))
    options.note = counts_frequency(config.maxmemory_policy) ? persistence::AccessNote::frequency
                                                             : persistence::AccessNote::idle;
  options.clock_s = idle_seconds(0, wall_us);
  options.delay_us = config.rdb_key_save_delay_us;
  return options;
}

namespace {

/// A save in the background may still be ending when the next one begins.
persistence::BackgroundFilePlan file_plan(Environment& environment, bool in_background) {
  const config::Config& config = environment.config();
  Saving& saving = environment.store.saving;
  const std::string number = in_background ? "-" + std::to_string(++saving.files_begun) : "";
  return {.files = environment.services.files,
          .temporary = config.dir + "/" + temporary_prefix() + number + ".rdb",
          .path = config.dir + "/" + config.dbfilename,
          .sink = {.checksum = config.rdbchecksum,
                   .sync_every_bytes = config.rdb_save_incremental_fsync ? sync_every_bytes : 0},
          .compress = config.rdbcompression,
          .awaited = !in_background};
}

std::unique_ptr<RdbSnapshot> make_snapshot(Environment& environment, bool in_background) {
  const auto functions = [&](const std::function<void(std::string_view)>& write) {
    if (environment.store.scripts) environment.store.scripts->for_each_library(write);
  };
  persistence::RdbSnapshotOptions options = snapshot_options(environment);
  if (!in_background) options.walk = persistence::WalkKind::at_rest;
  return std::make_unique<RdbSnapshot>(environment.store.databases,
                                       file_plan(environment, in_background), std::move(options),
                                       functions);
}

void log(Environment& environment, LogLevel level, const std::string& text) {
  environment.services.log.write(level, text);
}

Status refuse_shutdown(Environment& environment) {
  log(environment, LogLevel::warning,
      "Errors trying to shut down the server. Check the logs for more information.");
  return failure("ERR Errors trying to SHUTDOWN. Check logs.");
}

/// The file is there.
void note_saved(Environment& environment, std::uint64_t bytes, std::int64_t begun_us) {
  Saving& saving = environment.store.saving;
  saving.last_save_s = now_s(environment);
  saving.last_ok = true;
  saving.last_bytes = bytes;
  saving.last_duration_us = static_cast<std::uint64_t>(environment.clock.wall_us() - begun_us);
  log(environment, LogLevel::notice, "DB saved on disk");
}

/// The background save has ended in this way or that.
void end_saving(Environment& environment) {
  Store& store = environment.store;
  Saving& saving = store.saving;
  const std::unique_ptr<RdbSnapshot> ended = std::move(saving.snapshot);
  saving.last_cut_bytes = ended->cut_bytes_peak();
  saving.longest_hook_ns = std::max(saving.longest_hook_ns, ended->longest_hook_ns());
  saving.last_duration_s = now_s(environment) - saving.begun_us / 1'000'000;
  if (ended->file().state() == BackgroundFile::State::done) {
    note_saved(environment, ended->file().written_bytes(), saving.begun_us);
    log(environment, LogLevel::notice, "Background saving terminated with success");
    store.databases.changes -= std::min(store.databases.changes, saving.changes_at_cut);
  } else {
    log(environment, LogLevel::warning, ended->file().error());
    log(environment, LogLevel::warning, "Background saving error");
    saving.last_ok = false;
  }
  store.judge_writes();
}

/// Whether a save that failed is long enough ago.
bool may_try(const Saving& saving, std::int64_t at_s) {
  return saving.last_ok || at_s - saving.last_try_s > retry_s;
}

void begin_by_points(Environment& environment) {
  const Store& store = environment.store;
  const std::int64_t at_s = now_s(environment);
  for (const config::SavePoint& point : environment.config().save) {
    const bool reached = store.databases.changes >= static_cast<std::uint64_t>(point.changes) &&
                         at_s - store.saving.last_save_s > point.seconds;
    if (!reached || !may_try(store.saving, at_s)) continue;
    log(environment, LogLevel::notice,
        std::to_string(point.changes) + " changes in " + std::to_string(point.seconds) +
            " seconds. Saving...");
    return begin_saving(environment);
  }
}

}  // namespace

Status save_now(Environment& environment) {
  Store& store = environment.store;
  const std::int64_t begun_us = environment.clock.wall_us();
  ++store.saving.saves;
  const std::unique_ptr<RdbSnapshot> snapshot = make_snapshot(environment, false);
  Status saved = snapshot->run_to_end();
  if (saved.ok()) {
    note_saved(environment, snapshot->file().written_bytes(), begun_us);
    store.databases.changes = 0;
  } else {
    log(environment, LogLevel::warning, saved.error());
  }
  store.judge_writes();
  return saved;
}

void begin_saving(Environment& environment) {
  Saving& saving = environment.store.saving;
  RESPAWN_CHECK(!saving.in_progress());
  ++saving.saves;
  saving.scheduled = false;
  saving.cut_wanted = true;
  saving.last_try_s = now_s(environment);
  saving.begun_us = environment.clock.wall_us();
}

void cut_snapshot(Environment& environment) {
  Saving& saving = environment.store.saving;
  saving.cut_wanted = false;
  saving.changes_at_cut = environment.store.databases.changes;
  saving.snapshot = make_snapshot(environment, true);
  log(environment, LogLevel::notice,
      "Background saving started by pid " + std::to_string(::getpid()));
}

bool go_on_saving(Environment& environment, std::size_t entries) {
  Saving& saving = environment.store.saving;
  return saving.snapshot && saving.snapshot->step(entries);
}

void look_after_saving(Environment& environment) {
  Saving& saving = environment.store.saving;
  std::erase_if(saving.given_up, [](const auto& each) {
    return each->file().state() != BackgroundFile::State::running;
  });
  if (saving.snapshot && saving.snapshot->file().state() != BackgroundFile::State::running)
    end_saving(environment);
  if (saving.in_progress() || environment.store.loading.active) return;
  if (environment.store.log.rewriting()) return;  // one file at a time
  if (!environment.store.cron_paused) begin_by_points(environment);
  if (saving.scheduled && !saving.in_progress() && may_try(saving, now_s(environment)))
    begin_saving(environment);
}

void give_up_saving(Environment& environment) {
  Saving& saving = environment.store.saving;
  if (saving.snapshot) log(environment, LogLevel::warning, "The background save is given up");
  saving.give_up();
}

bool save_emptiness(Environment& environment) {
  give_up_saving(environment);
  const bool wanted = !environment.config().save.empty() && !environment.store.loading.active;
  return wanted && save_now(environment).ok();
}

Status prepare_shutdown(Environment& environment, const ShutdownRequest& request) {
  log(environment, LogLevel::notice, "User requested shutdown...");
  if (environment.long_unit.suspended()) return success();  // half of a unit is not saved
  // What was written before the first base stands is in no file yet.
  const AppendLog& append_log = environment.store.log;
  if (append_log.state() == AppendLog::State::starting && append_log.rewriting() &&
      !request.force) {
    log(environment, LogLevel::warning, "Writing initial AOF, can't exit.");
    return refuse_shutdown(environment);
  }
  if (environment.store.saving.in_progress()) {
    log(environment, LogLevel::warning, "There is a child saving an .rdb. Killing it!");
    give_up_saving(environment);
  }
  const bool wanted = request.save || (!environment.config().save.empty() && !request.nosave);
  if (!wanted || environment.store.loading.active) return success();
  log(environment, LogLevel::notice, "Saving the final RDB snapshot before exiting.");
  if (save_now(environment).ok()) return success();
  if (request.force) {
    log(environment, LogLevel::warning, "Error trying to save the DB. Exit anyway.");
    return success();
  }
  log(environment, LogLevel::warning, "Error trying to save the DB, can't exit.");
  return refuse_shutdown(environment);
}

}  // namespace respawn::engine
