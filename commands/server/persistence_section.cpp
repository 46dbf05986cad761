// INFO persistence: snapshots and the append log.
#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

void write_log_sizes(const AppendLog& log, const persistence::LogFacts& facts, InfoWriter& out) {
  out.field("aof_current_size", facts.current_bytes);
  out.field("aof_base_size", log.size_at_rewrite());
  out.field("aof_pending_rewrite", log.rewrite_scheduled() ? 1 : 0);
  out.field("aof_buffer_length", log.feed.chunk_bytes() + log.tail.unwritten_bytes());
  out.field("aof_pending_bio_fsync", log.is_durable(log.feed.end()) ? 0 : 1);
  out.field("aof_delayed_fsync", facts.delayed_syncs);
}

void write_log(const InfoSource& source, InfoWriter& out) {
  const AppendLog& log = source.store().log;
  const persistence::LogFacts facts = log.tail.facts();
  const std::int64_t now_s = source.environment.clock.wall_us() / 1'000'000;
  out.field("aof_enabled", log.state() == AppendLog::State::off ? 0 : 1);
  out.field("aof_rewrite_in_progress", log.rewriting() ? 1 : 0);
  out.field("aof_rewrite_scheduled", log.rewrite_scheduled() ? 1 : 0);
  out.field("aof_last_rewrite_time_sec", log.last_rewrite_s());
  out.field("aof_current_rewrite_time_sec", log.rewriting() ? now_s - log.rewrite_begun_s() : -1);
  out.field("aof_last_bgrewrite_status", facts.last_rewrite_ok ? "ok" : "err");
  out.field("aof_rewrites", facts.rewrites);
  out.field("aof_rewrites_consecutive_failures", log.consecutive_failures());
  out.field("aof_last_write_status", log.failure().empty() ? "ok" : "err");
  out.each({"aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"}, "0");
  if (source.environment.config().appendonly) write_log_sizes(log, facts, out);
}

/// Nothing is saved yet; the fields are there for those who wait for a save to end.
void write_persistence(const InfoSource& source, InfoWriter& out) {
  out.each(
      {"loading", "async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"},
      "0");
  out.decimal("current_fork_perc", 0);
  out.each({"current_save_keys_processed", "current_save_keys_total"}, "0");
  out.field("rdb_changes_since_last_save", source.store().databases.changes);
  out.field("rdb_bgsave_in_progress", 0);
  out.field("rdb_last_save_time", source.environment.services.process.facts().started_ms / 1000);
  out.field("rdb_last_bgsave_status", "ok");
  out.each({"rdb_last_bgsave_time_sec", "rdb_current_bgsave_time_sec"}, "-1");
  out.each(
      {"rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded"},
      "0");
  write_log(source, out);
}

}  // namespace

constinit const InfoSection persistence_section = {
    .name = "persistence", .title = "Persistence", .write = write_persistence};

}  // namespace respawn::commands
