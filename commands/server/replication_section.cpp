// INFO replication: a master without replicas.
#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

void write_replication(const InfoSource& source, InfoWriter& out) {
  out.field("role", "master");
  out.field("connected_slaves", 0);
  if (source.config().min_replicas_to_write > 0 && source.config().min_replicas_max_lag_s > 0)
    out.field("min_slaves_good_slaves", 0);
  out.field("master_failover_state", "no-failover");
  out.field("master_replid", source.store().replication_id);
  out.field("master_replid2", std::string(source.store().replication_id.size(), '0'));
  out.field("master_repl_offset", 0);
  out.field("second_repl_offset", -1);
  out.field("repl_backlog_active", 0);
  out.field("repl_backlog_size", source.config().repl_backlog_size_bytes);
  out.each({"repl_backlog_first_byte_offset", "repl_backlog_histlen"}, "0");
}

}  // namespace

constinit const InfoSection replication_section = {
    .name = "replication", .title = "Replication", .write = write_replication};

}  // namespace respawn::commands
