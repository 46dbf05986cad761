// INFO stats: what was counted since the start or CONFIG RESETSTAT.
#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

void write_traffic(const InfoSource& source, InfoWriter& out) {
  const Statistics& statistics = source.store().statistics;
  const NetworkFacts network = source.environment.services.process.network();
  const auto kilobytes = [](const RateMeter& rate) {
    return static_cast<double>(rate.per_second()) / 1024;
  };
  out.field("total_connections_received", network.connections_received);
  out.field("total_commands_processed", source.store().registry.calls());
  out.field("instantaneous_ops_per_sec", statistics.commands_rate.per_second());
  out.field("total_net_input_bytes", statistics.received_bytes);
  out.field("total_net_output_bytes", statistics.sent_bytes);
  out.each({"total_net_repl_input_bytes", "total_net_repl_output_bytes"}, "0");
  out.decimal("instantaneous_input_kbps", kilobytes(statistics.received_rate));
  out.decimal("instantaneous_output_kbps", kilobytes(statistics.sent_rate));
  out.each({"instantaneous_input_repl_kbps", "instantaneous_output_repl_kbps"}, "0.00");
  out.field("rejected_connections", network.connections_rejected);
}

/// In milliseconds.
void write_eviction_time(const InfoSource& source, InfoWriter& out) {
  const Statistics& statistics = source.store().statistics;
  const std::int64_t since_us = statistics.eviction_exceeded_since_us;
  const std::int64_t current_us =
      since_us == 0 ? 0 : source.environment.clock.monotonic_us() - since_us;
  out.field("total_eviction_exceeded_time", (statistics.eviction_exceeded_us + current_us) / 1000);
  out.field("current_eviction_exceeded_time", current_us / 1000);
}

/// The keyspace's loop, in microseconds.
void write_loop(const InfoSource& source, InfoWriter& out) {
  const Statistics& statistics = source.store().statistics;
  const NetworkFacts network = source.environment.services.process.network();
  out.field("eventloop_cycles", network.turns);
  out.field("eventloop_duration_sum", network.turns_busy_us);
  out.field("eventloop_duration_cmd_sum", source.store().registry.nanoseconds() / 1000);
  const std::uint64_t turns = statistics.turn_rate.per_second();
  out.field("instantaneous_eventloop_cycles_per_sec", turns);
  out.field("instantaneous_eventloop_duration_usec",
            turns == 0 ? 0 : statistics.turns_busy_rate.per_second() / turns);
}

/// With I/O threads these do all of it. Replies are written into buffers that are made anew: none
/// is kept that would grow or shrink.
void write_turns(const InfoSource& source, InfoWriter& out) {
  const ProcessService& process = source.environment.services.process;
  const NetworkFacts network = process.network();
  const bool threaded = process.facts().io_threads > 1;
  out.field("total_reads_processed", network.reads);
  out.field("total_writes_processed", network.writes);
  out.field("io_threaded_reads_processed", threaded ? network.reads : 0);
  out.field("io_threaded_writes_processed", threaded ? network.writes : 0);
  out.each({"reply_buffer_shrinks", "reply_buffer_expands"}, "0");
}

void write_statistics(const InfoSource& source, InfoWriter& out) {
  const Statistics& statistics = source.store().statistics;
  const keyspace::DataStatistics& data = source.store().databases.statistics;
  const Subscriptions& subscriptions = source.environment.subscriptions;
  write_traffic(source, out);
  out.each({"sync_full", "sync_partial_ok", "sync_partial_err"}, "0");
  out.field("expired_keys", data.expired_keys);
  out.decimal("expired_stale_perc", 0);
  out.each({"expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds"}, "0");
  out.field("evicted_keys", data.evicted_keys);
  out.field("evicted_clients", statistics.clients_evicted);
  write_eviction_time(source, out);
  out.field("keyspace_hits", data.hits);
  out.field("keyspace_misses", data.misses);
  out.field("pubsub_channels", subscriptions.channels().size());
  out.field("pubsub_patterns", subscriptions.patterns().size());
  out.field("pubsubshard_channels", subscriptions.shard_channels().size());
  out.each(
      {"latest_fork_usec", "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys",
       "active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits",
       "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time"},
      "0");
  const Tracking& tracking = source.store().tracking;
  out.field("tracking_total_keys", tracking.key_count());
  out.field("tracking_total_items", tracking.item_count());
  out.field("tracking_total_prefixes", tracking.prefix_count());
  out.field("unexpected_error_replies", 0);
  out.field("total_error_replies", statistics.error_replies);
  out.field("dump_payload_sanitizations", 0);
  write_turns(source, out);
  write_loop(source, out);
  const access::DenialCounts& denials = source.store().denials.counts();
  out.field("acl_access_denied_auth", denials.auth);
  out.field("acl_access_denied_cmd", denials.command);
  out.field("acl_access_denied_key", denials.key);
  out.field("acl_access_denied_channel", denials.channel);
}

/// What the keyspace's loop spends its turns on, in microseconds.
void write_debug(const InfoSource& source, InfoWriter& out) {
  const Statistics& statistics = source.store().statistics;
  const NetworkFacts network = source.environment.services.process.network();
  out.field("eventloop_duration_aof_sum", 0);
  out.field("eventloop_duration_cron_sum", statistics.tick_ns / 1000);
  out.field("eventloop_duration_max", network.turn_longest_us);
  out.field("eventloop_cmd_per_cycle_max", statistics.turn_commands_max);
}

}  // namespace

constinit const InfoSection statistics_section = {
    .name = "stats", .title = "Stats", .write = write_statistics};

constinit const InfoSection debug_section = {
    .name = "debug", .title = "Debug", .group = InfoGroup::none, .write = write_debug};

}  // namespace respawn::commands
