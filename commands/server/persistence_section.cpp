// INFO persistence: snapshots and the append log.
#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

std::int64_t wall_s(const InfoSource& source) {
  return source.now_us / 1'000'000;
}

void write_log_sizes(const AppendLog& log, const persistence::LogFacts& facts, InfoWriter& out) {
  out.field("aof_current_size", facts.current_bytes);
  out.field("aof_base_size", log.size_at_rewrite());
  out.field("aof_pending_rewrite", log.rewrite_scheduled() ? 1 : 0);
  out.field("aof_buffer_length", log.buffered_bytes());
  out.field("aof_pending_bio_fsync", log.is_durable(log.feed.end()) ? 0 : 1);
  out.field("aof_delayed_fsync", facts.delayed_syncs);
}

void write_log(const InfoSource& source, InfoWriter& out) {
  const AppendLog& log = source.store().log;
  const persistence::LogFacts facts = log.tail.facts();
  out.field("aof_enabled", source.environment.config().appendonly ? 1 : 0);
  out.field("aof_rewrite_in_progress", log.rewriting() ? 1 : 0);
  out.field("aof_rewrite_scheduled", log.rewrite_scheduled() ? 1 : 0);
  out.field("aof_last_rewrite_time_sec", log.last_rewrite_s());
  out.field("aof_current_rewrite_time_sec",
            log.rewriting() ? wall_s(source) - log.rewrite_begun_s() : -1);
  out.field("aof_last_bgrewrite_status", facts.last_rewrite_ok ? "ok" : "err");
  out.field("aof_rewrites", facts.rewrites);
  out.field("aof_rewrites_consecutive_failures", log.consecutive_failures());
  out.field("aof_last_write_status", log.failure().empty() ? "ok" : "err");
  out.field("aof_last_cow_size", log.last_cut_bytes());
  out.each({"module_fork_in_progress", "module_fork_last_cow_size"}, "0");
  if (source.environment.config().appendonly) write_log_sizes(log, facts, out);
}

/// What a save or a rewrite keeps as it was: what would be the pages of a forked child.
void write_cut_sizes(const Store& store, InfoWriter& out) {
  std::uint64_t now = 0;
  std::uint64_t peak = 0;
  for (const persistence::Snapshot* snapshot :
       {static_cast<const persistence::Snapshot*>(store.saving.snapshot.get()),
        static_cast<const persistence::Snapshot*>(store.log.snapshot())}) {
    if (!snapshot) continue;
    now += snapshot->cut_bytes();
    peak += snapshot->cut_bytes_peak();
  }
  out.field("current_cow_peak", peak);
  out.field("current_cow_size", now);
  out.field("current_cow_size_age", 0);
}

/// How far a save is: what would be that of a forked child.
void write_current_save(const Saving& saving, InfoWriter& out) {
  const auto* snapshot = saving.snapshot.get();
  const std::uint64_t total = snapshot ? snapshot->keys_total() : 0;
  const std::uint64_t written = snapshot ? snapshot->keys_written() : 0;
  out.decimal("current_fork_perc",
              total > 0 ? 100.0 * static_cast<double>(written) / static_cast<double>(total) : 0);
  out.field("current_save_keys_processed", written);
  out.field("current_save_keys_total", total);
}

void write_snapshots(const InfoSource& source, InfoWriter& out) {
  const Store& store = source.store();
  const Saving& saving = store.saving;
  out.field("rdb_changes_since_last_save", store.databases.changes);
  out.field("rdb_bgsave_in_progress", saving.in_progress() ? 1 : 0);
  out.field("rdb_last_save_time", saving.last_save_s);
  out.field("rdb_last_bgsave_status", saving.last_ok ? "ok" : "err");
  out.field("rdb_last_bgsave_time_sec", saving.last_duration_s);
  out.field("rdb_current_bgsave_time_sec",
            saving.in_progress() ? wall_s(source) - saving.begun_us / 1'000'000 : -1);
  out.field("rdb_saves", saving.saves);
  out.field("rdb_last_cow_size", saving.last_cut_bytes);
  out.field("rdb_last_load_keys_expired", store.loading.keys_expired);
  out.field("rdb_last_load_keys_loaded", store.loading.keys_loaded);
}

void write_loading(const InfoSource& source, InfoWriter& out) {
  const Loading& loading = source.store().loading;
  const std::uint64_t total = loading.progress->total_bytes;
  const std::uint64_t loaded = loading.progress->loaded_bytes;
  const std::int64_t elapsed_s = wall_s(source) - loading.begun_s;
  const double left = total > loaded ? static_cast<double>(total - loaded) : 0;
  const double eta_s = static_cast<double>(elapsed_s) * left / static_cast<double>(loaded + 1);
  out.field("loading_start_time", loading.begun_s);
  out.field("loading_total_bytes", total);
  out.field("loading_rdb_used_mem", loading.progress->used_memory_bytes.load());
  out.field("loading_loaded_bytes", loaded);
  out.decimal("loading_loaded_perc",
              total > 0 ? 100.0 * static_cast<double>(loaded) / static_cast<double>(total) : 0);
  out.field("loading_eta_seconds", elapsed_s == 0 ? 1 : static_cast<std::int64_t>(eta_s));
}

void write_persistence(const InfoSource& source, InfoWriter& out) {
  const Store& store = source.store();
  out.field("loading", store.loading.active ? 1 : 0);
  out.field("async_loading", 0);
  write_cut_sizes(store, out);
  write_current_save(store.saving, out);
  write_snapshots(source, out);
  write_log(source, out);
  if (store.loading.active) write_loading(source, out);
}

}  // namespace

constinit const InfoSection persistence_section = {
    .name = "persistence", .title = "Persistence", .write = write_persistence};

}  // namespace respawn::commands
