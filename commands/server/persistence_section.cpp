// INFO persistence: snapshots and the append log.
#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

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
      {"rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded",
       "aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled"},
      "0");
  out.each({"aof_last_rewrite_time_sec", "aof_current_rewrite_time_sec"}, "-1");
  out.field("aof_last_bgrewrite_status", "ok");
  out.each({"aof_rewrites", "aof_rewrites_consecutive_failures"}, "0");
  out.field("aof_last_write_status", "ok");
  out.each({"aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"}, "0");
}

}  // namespace

constinit const InfoSection persistence_section = {
    .name = "persistence", .title = "Persistence", .write = write_persistence};

}  // namespace respawn::commands
