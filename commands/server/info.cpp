#include "commands/server/info.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "commands/server/info_writer.hpp"
#include "commands/server/memory_overview.hpp"
#include "config/change.hpp"
#include "engine/run/version.hpp"

namespace respawn::commands {

namespace {

/// What a section is written from.
struct Source {
  Environment& environment;
  std::int64_t now_us;

  [[nodiscard]] Store& store() const { return environment.store; }

  [[nodiscard]] const config::Config& config() const { return environment.config(); }
};

std::string option_text(const config::Config& config, std::string_view name) {
  return config::get(config, *config::find_option(name));
}

std::string compiler_version() {
  return std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
         std::to_string(__GNUC_PATCHLEVEL__);
}

std::string operating_system() {
  utsname name{};
  ::uname(&name);
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

void write_listeners(const config::Config& config, InfoWriter& out) {
  int count = 0;
  const auto name = [&] { return "listener" + std::to_string(count++); };
  if (config.port > 0) {
    std::string text = "name=tcp";
    for (const std::string& address : config.bind) text += ",bind=" + address;
    out.field(name(), text + ",port=" + std::to_string(config.port));
  }
  if (!config.unixsocket.empty()) out.field(name(), "name=unix,bind=" + config.unixsocket);
}

void write_server(const Source& source, InfoWriter& out) {
  constexpr std::int64_t seconds_per_day = 24 * 60 * 60;
  constexpr std::int64_t lru_clock_mask = 0xFFFFFF;
  const ProcessFacts& process = source.environment.services.process();
  const std::int64_t now_s = source.now_us / 1'000'000;
  const std::int64_t uptime_s = std::max<std::int64_t>(now_s - process.started_ms / 1000, 0);
  out.field("redis_version", redis_version);
  out.field("respawn_version", respawn_version);
  out.each({"redis_git_sha1"}, "00000000");
  out.each({"redis_git_dirty", "redis_build_id"}, "0");
  out.field("redis_mode", "standalone");
  out.field("os", operating_system());
  out.field("arch_bits", sizeof(void*) * 8);
  out.field("monotonic_clock", "POSIX clock_gettime");
  out.field("multiplexing_api", process.event_backend);
  out.field("atomicvar_api", "c11-builtin");
  out.field("gcc_version", compiler_version());
  out.field("process_id", ::getpid());
  out.field("process_supervised", process.supervised ? "systemd" : "no");
  out.field("run_id", process.run_id);
  out.field("tcp_port", process.tcp_port);
  out.field("server_time_usec", source.now_us);
  out.field("uptime_in_seconds", uptime_s);
  out.field("uptime_in_days", uptime_s / seconds_per_day);
  out.field("hz", source.config().hz);
  out.field("configured_hz", source.config().hz);
  out.field("lru_clock", now_s & lru_clock_mask);
  out.field("executable", process.executable);
  out.field("config_file", process.config_file);
  out.field("io_threads_active", process.io_threads > 1);
  write_listeners(source.config(), out);
}

void write_clients(const Source& source, InfoWriter& out) {
  const ClientTable& clients = source.store().clients;
  const auto& all = clients.all();
  const auto with_deadline = std::count_if(all.begin(), all.end(), [](const auto& pair) {
    return pair.second->blocked.active && pair.second->blocked.deadline_us != 0;
  });
  out.field("connected_clients", clients.size());
  out.field("cluster_connections", 0);
  out.field("maxclients", source.config().maxclients);
  out.field("client_recent_max_input_buffer", clients.input_max_bytes);
  out.field("client_recent_max_output_buffer", clients.output_max_bytes);
  out.field("blocked_clients", clients.blocked_count);
  out.field("tracking_clients", 0);
  out.field("clients_in_timeout_table", with_deadline);
  out.field("total_blocking_keys", source.environment.blocking.waiters().key_count());
  out.field("total_blocking_keys_on_nokey", 0);
}

std::uint64_t system_memory() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void write_fragmentation(const MemoryFacts& memory, InfoWriter& out) {
  out.decimal("allocator_frag_ratio", ratio(memory.active, memory.allocated));
  out.field("allocator_frag_bytes", difference(memory.active, memory.allocated));
  out.decimal("allocator_rss_ratio", ratio(memory.allocator_resident, memory.active));
  out.field("allocator_rss_bytes", difference(memory.allocator_resident, memory.active));
  out.decimal("rss_overhead_ratio", ratio(memory.resident, memory.allocator_resident));
  out.field("rss_overhead_bytes", difference(memory.resident, memory.allocator_resident));
  out.decimal("mem_fragmentation_ratio", ratio(memory.resident, memory.used));
  out.field("mem_fragmentation_bytes", difference(memory.resident, memory.used));
}

void write_memory(const Source& source, InfoWriter& out) {
  Store& store = source.store();
  const MemoryOverview overview = memory_overview(source.environment);
  const MemoryFacts& memory = overview.facts;
  out.bytes("used_memory", memory.used);
  out.bytes("used_memory_rss", memory.resident);
  out.bytes("used_memory_peak", overview.peak);
  out.decimal("used_memory_peak_perc", ratio(memory.used, overview.peak) * 100, "%");
  out.field("used_memory_overhead", overview.overhead);
  out.field("used_memory_startup", overview.startup);
  out.field("used_memory_dataset", overview.dataset());
  out.decimal("used_memory_dataset_perc", ratio(overview.dataset(), overview.net()) * 100, "%");
  out.field("allocator_allocated", memory.allocated);
  out.field("allocator_active", memory.active);
  out.field("allocator_resident", memory.allocator_resident);
  out.bytes("total_system_memory", system_memory());
  out.each({"used_memory_lua", "used_memory_vm_eval"}, "0");
  out.human("used_memory_lua", 0);
  out.each({"used_memory_scripts_eval", "number_of_cached_scripts", "number_of_functions",
            "number_of_libraries", "used_memory_vm_functions", "used_memory_vm_total"},
           "0");
  out.human("used_memory_vm_total", 0);
  out.field("used_memory_functions", 0);
  out.bytes("used_memory_scripts", 0);
  out.bytes("maxmemory", source.config().maxmemory_bytes);
  out.field("maxmemory_policy", option_text(source.config(), "maxmemory-policy"));
  write_fragmentation(memory, out);
  out.each({"mem_not_counted_for_evict", "mem_replication_backlog", "mem_total_replication_buffers",
            "mem_clients_slaves"},
           "0");
  out.field("mem_clients_normal", overview.clients);
  out.each({"mem_cluster_links", "mem_aof_buffer"}, "0");
  out.field("mem_allocator", source.environment.services.process().allocator);
  out.field("active_defrag_running", 0);
  out.field("lazyfree_pending_objects", store.databases.garbage().pending());
  out.field("lazyfreed_objects", store.databases.garbage().freed());
}

/// Nothing is saved yet; the fields are there for those who wait for a save to end.
void write_persistence(const Source& source, InfoWriter& out) {
  out.each(
      {"loading", "async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"},
      "0");
  out.decimal("current_fork_perc", 0);
  out.each({"current_save_keys_processed", "current_save_keys_total"}, "0");
  out.field("rdb_changes_since_last_save", source.store().databases.changes);
  out.field("rdb_bgsave_in_progress", 0);
  out.field("rdb_last_save_time", source.environment.services.process().started_ms / 1000);
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

void write_traffic(const Source& source, InfoWriter& out) {
  const Statistics& statistics = source.store().statistics;
  const NetworkFacts network = source.environment.services.network();
  const auto kilobytes = [](const RateMeter& rate) {
    return static_cast<double>(rate.per_second()) / 1024;
  };
  out.field("total_connections_received", network.connections_received);
  out.field("total_commands_processed", statistics.commands_processed);
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
void write_eviction_time(const Source& source, InfoWriter& out) {
  const Statistics& statistics = source.store().statistics;
  const std::int64_t since_us = statistics.eviction_exceeded_since_us;
  const std::int64_t current_us =
      since_us == 0 ? 0 : source.environment.clock.monotonic_us() - since_us;
  out.field("total_eviction_exceeded_time", (statistics.eviction_exceeded_us + current_us) / 1000);
  out.field("current_eviction_exceeded_time", current_us / 1000);
}

void write_statistics(const Source& source, InfoWriter& out) {
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
  out.each({"pubsubshard_channels", "latest_fork_usec", "total_forks", "migrate_cached_sockets",
            "slave_expires_tracked_keys", "active_defrag_hits", "active_defrag_misses",
            "active_defrag_key_hits", "active_defrag_key_misses", "total_active_defrag_time",
            "current_active_defrag_time", "tracking_total_keys", "tracking_total_items",
            "tracking_total_prefixes", "unexpected_error_replies"},
           "0");
  out.field("total_error_replies", statistics.error_replies);
  out.each({"dump_payload_sanitizations", "acl_access_denied_auth", "acl_access_denied_cmd",
            "acl_access_denied_key", "acl_access_denied_channel"},
           "0");
}

void write_replication(const Source& source, InfoWriter& out) {
  out.field("role", "master");
  out.field("connected_slaves", 0);
  out.field("master_failover_state", "no-failover");
  out.field("master_replid", source.store().replication_id);
  out.field("master_replid2", std::string(source.store().replication_id.size(), '0'));
  out.field("master_repl_offset", 0);
  out.field("second_repl_offset", -1);
  out.field("repl_backlog_active", 0);
  out.field("repl_backlog_size", source.config().repl_backlog_size_bytes);
  out.each({"repl_backlog_first_byte_offset", "repl_backlog_histlen"}, "0");
}

void write_usage(const rusage& usage, const std::string& suffix, InfoWriter& out) {
  const auto seconds = [](const timeval& time) {
    const std::string micros = std::to_string(time.tv_usec);
    return std::to_string(time.tv_sec) + "." + std::string(6 - micros.size(), '0') + micros;
  };
  out.field("used_cpu_sys" + suffix, seconds(usage.ru_stime));
  out.field("used_cpu_user" + suffix, seconds(usage.ru_utime));
}

void write_cpu(const Source&, InfoWriter& out) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  write_usage(usage, "", out);
  ::getrusage(RUSAGE_CHILDREN, &usage);
  write_usage(usage, "_children", out);
  ::getrusage(RUSAGE_THREAD, &usage);
  write_usage(usage, "_main_thread", out);
}

void write_nothing(const Source&, InfoWriter&) {}

void write_command(const Command& command, InfoWriter& out) {
  const CommandStatistics& counted = command.statistics;
  if (counted.calls + counted.failed_calls + counted.rejected_calls > 0) {
    InfoWriter mean;
    mean.decimal("usec_per_call", ratio(counted.nanoseconds / 1000, counted.calls));
    std::string per_call = mean.take();
    std::replace(per_call.begin(), per_call.end(), ':', '=');
    out.field("cmdstat_" + std::string(command.spec->name),
              "calls=" + std::to_string(counted.calls) + ",usec=" +
                  std::to_string(counted.nanoseconds / 1000) + "," + std::string(trim(per_call)) +
                  ",rejected_calls=" + std::to_string(counted.rejected_calls) +
                  ",failed_calls=" + std::to_string(counted.failed_calls));
  }
  for (const Command* sub : command.subcommands) write_command(*sub, out);
}

void write_commands(const Source& source, InfoWriter& out) {
  for (const Command* command : source.store().registry.commands()) write_command(*command, out);
}

void write_errors(const Source& source, InfoWriter& out) {
  for (const auto& [code, count] : source.store().statistics.errors) {
    std::string safe = code;
    std::replace_if(
        safe.begin(), safe.end(), [](char c) { return c == ':' || c == '#'; }, '_');
    out.field("errorstat_" + safe, "count=" + std::to_string(count));
  }
}

void write_cluster(const Source&, InfoWriter& out) {
  out.field("cluster_enabled", 0);
}

void write_keyspace(const Source& source, InfoWriter& out) {
  const keyspace::Databases& databases = source.store().databases;
  for (std::size_t i = 0; i < databases.count(); ++i) {
    const keyspace::Database& db = databases.at(i);
    if (db.empty()) continue;
    out.field("db" + std::to_string(i),
              "keys=" + std::to_string(db.size()) +
                  ",expires=" + std::to_string(db.expiring_count()) +
                  ",avg_ttl=" + std::to_string(db.mean_ttl_ms(source.now_us / 1000)));
  }
}

struct Section {
  std::string_view name;
  std::string_view title;
  bool is_default;
  void (*write)(const Source&, InfoWriter&);
  std::string_view other_name = name;
};

constexpr Section all_sections[] = {
    {"server", "Server", true, write_server},
    {"clients", "Clients", true, write_clients},
    {"memory", "Memory", true, write_memory},
    {"persistence", "Persistence", true, write_persistence},
    {"stats", "Stats", true, write_statistics},
    {"replication", "Replication", true, write_replication},
    {"cpu", "CPU", true, write_cpu},
    {"modules", "Modules", true, write_nothing, "module_list"},
    {"commandstats", "Commandstats", false, write_commands},
    {"errorstats", "Errorstats", true, write_errors},
    {"latencystats", "Latencystats", false, write_nothing},
    {"cluster", "Cluster", true, write_cluster},
    {"keyspace", "Keyspace", true, write_keyspace},
};

bool is_wanted(const Section& section, Args names) {
  if (names.empty()) return section.is_default;
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return iequals(name, section.name) || iequals(name, section.other_name) ||
           iequals(name, "all") || iequals(name, "everything") ||
           (section.is_default && iequals(name, "default"));
  });
}

}  // namespace

std::string info_text(Environment& environment, Args sections, std::int64_t now_us) {
  const Source source{environment, now_us};
  InfoWriter out;
  for (const Section& section : all_sections) {
    if (!is_wanted(section, sections)) continue;
    out.section(section.title);
    section.write(source, out);
  }
  return out.take();
}

}  // namespace respawn::commands
