#include "server/data_loader.hpp"

#include <cstdio>
#include <cstdlib>

#include "base/file_system.hpp"
#include "commands/shared/function_loading.hpp"
#include "engine/run/log_opening.hpp"
#include "engine/run/rdb_loading.hpp"
#include "engine/run/rebuilding.hpp"
#include "server/crash_report.hpp"
#include "server/log_loading.hpp"
#include "server/signals.hpp"

namespace respawn::server {

using engine::LogLevel;

DataLoader::DataLoader(actors::ServerContext& context, Keeper& keeper,
                       const std::shared_ptr<Log>& log)
    : context_(context), keeper_(keeper), store_(keeper.store()), log_(log) {}

DataLoader::~DataLoader() {
  if (!thread_.joinable()) return;
  progress_->stop_wanted.store(true);
  context_.load_queue.close();
  thread_.join();
}

void DataLoader::start(std::function<void()> loaded) {
  config_ = store_.config;
  progress_ = store_.loading.progress;
  loaded_ = std::move(loaded);
  if (config_->appendonly) return begin([this] { load_log(); });
  const std::string path = config_->dir + "/" + config_->dbfilename;
  if (!system_files().exists(path)) return loaded_();
  begin([this, path] { load_snapshot(path); });
}

void DataLoader::begin(std::function<void()> work) {
  store_.loading.active = true;
  store_.loading.begun_s = clock_.wall_us() / 1'000'000;
  thread_ = std::thread([work = std::move(work)] {
    const AlternateStack stack;
    name_thread("loader");
    work();
  });
}

void DataLoader::end_with(const std::string& last_words) {
  log_->write(LogLevel::warning, last_words);
  std::_Exit(1);
}

void DataLoader::give_up(const std::string& why) {
  log_->write(LogLevel::warning, why);
  log_->write(LogLevel::warning, "Terminating server after rdb file reading failure.");
  end_with("Fatal error loading the DB, check server logs. Exiting.");
}

void DataLoader::load_snapshot(const std::string& path) {
  const std::int64_t begun_us = clock_.monotonic_us();
  std::unique_ptr<File> file;
  std::uint64_t bytes = 0;
  std::error_code failed = system_files().open(path, FileSystem::Open::read, file);
  if (!failed) failed = file->size(bytes);
  if (failed) give_up("Can't open the RDB file " + path + ": " + failed.message());
  progress_->total_bytes.store(bytes);
  const auto databases =
      std::make_shared<keyspace::Databases>(static_cast<std::size_t>(config_->databases));
  auto loaded = engine::load_rdb({.file = *file,
                                  .end = bytes,
                                  .config = config_,
                                  .packed_threshold_bytes = store_.list_packed_threshold_bytes,
                                  .log = *log_,
                                  .clock = clock_,
                                  .progress = *progress_},
                                 *databases);
  if (progress_->stop_wanted.load()) return;
  if (!loaded.ok()) give_up("Internal error in RDB reading of " + path + ": " + loaded.error());
  context_.load_queue.push(
      [this, databases, begun_us, found = std::move(*loaded)](engine::Executor& executor) {
        engine::Store& store = executor.environment().store;
        commands::LoadHost host(&clock_, log_.get());
        const Status taken =
            found.functions.empty()
                ? success()
                : commands::take_functions(commands::Scripts::of(store), found.functions,
                                           commands::KnownLibraries::go, host);
        if (!taken.ok()) give_up(taken.error());
        store.databases.adopt(*databases);
        store.unit.command_done();
        store.databases.changes = 0;
        store.loading.keys_loaded = found.counts.keys_loaded;
        store.loading.keys_expired = found.counts.keys_expired;
        store.loading.active = false;
        log_duration("disk", begun_us);
        loaded_();
      });
}

void DataLoader::log_duration(const char* from, std::int64_t begun_us) {
  char line[80];
  std::snprintf(line, sizeof line, "DB loaded from %s: %.3f seconds", from,
                static_cast<double>(clock_.monotonic_us() - begun_us) / 1e6);
  log_->write(LogLevel::notice, line);
}

/// All that the manifest names, up to the last step. False when it was to stop.
bool DataLoader::replay_log(QueuedReplay& replay) {
  const persistence::LogDirectory directory = engine::log_directory(*config_, system_files());
  const persistence::LogManifest manifest = keeper_.log_disk().manifest();
  progress_->total_bytes.store(persistence::log_bytes(directory, manifest));
  auto loaded = persistence::load_log(directory, manifest, config_->aof_load_truncated, replay);
  if (progress_->stop_wanted.load()) return false;
  if (!loaded.ok()) end_with(loaded.error());
  replay.flush();
  return true;
}

void DataLoader::load_log() {
  const std::int64_t begun_us = clock_.monotonic_us();
  QueuedReplay replay(context_.load_queue, store_, *log_, clock_);
  if (!replay_log(replay)) return;
  context_.load_queue.push([this, begun_us, is_new = keeper_.log_disk().manifest().empty()](
                               engine::Executor& executor) {
    if (Status begun = engine::begin_log(executor.environment(), keeper_.log_disk()); !begun.ok())
      end_with(begun.error());
    store_.databases.changes = 0;
    store_.loading.active = false;
    if (!is_new) log_duration("append only file", begun_us);
    loaded_();
  });
}

// ---- Damaged data ----

Status DataLoader::rebuild() {
  if (!engine::can_rebuild(store_))
    return failure(std::string("there is no append log that holds it"));
  if (thread_.joinable()) thread_.join();
  engine::begin_rebuilding(store_);
  keeper_.log_disk().finish();
  if (store_.log.tail.failed()) return failure(store_.log.tail.facts().error);
  config_ = store_.config;
  progress_->loaded_bytes.store(0);
  progress_->used_memory_bytes.store(0);
  begin([this] { load_log_again(); });
  return success();
}

void DataLoader::load_log_again() {
  static constexpr std::string_view no_functions[] = {"FUNCTION", "FLUSH", "SYNC"};
  const std::int64_t begun_us = clock_.monotonic_us();
  QueuedReplay replay(context_.load_queue, store_, *log_, clock_);
  replay.apply(no_functions);
  if (!replay_log(replay)) return;
  context_.load_queue.push([this, begun_us](engine::Executor&) {
    engine::end_rebuilding(store_);
    log_duration("append only file", begun_us);
  });
}

}  // namespace respawn::server
