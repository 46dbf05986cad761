// All settings as plain typed members: reading one is a load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/value.hpp"

namespace respawn::config {

/// What the default user asks of clients.
struct DefaultUser {
  bool enabled = true;
  bool needs_password = false;

  bool operator==(const DefaultUser&) const = default;
};

/// Owner: whoever holds the copy. The running server hands out `std::shared_ptr<const Config>`:
/// nobody changes one that others can see; a change makes a copy with the next `version`.
///
/// A member is named after its option, with its unit last. Defaults, ranges and texts are in the
/// option table (option.hpp), nowhere else; `Config()` takes the defaults from there. Options
/// without a member (no code reads them yet) keep their value in `unbound`.
struct Config {
  /// Every option at its default.
  Config();

  // Network.
  std::vector<std::string> bind;  // "*", "127.0.0.1", "-::1" (a leading '-': may be missing)
  int port{};                     // 0: no TCP listener
  std::string unixsocket;         // "": none
  int unixsocketperm{};           // mode bits; 0: left to the umask
  int tcp_backlog{};
  int tcp_keepalive_s{};
  int timeout_s{};  // idle clients; 0: never
  std::uint32_t maxclients{};
  bool protected_mode{};
  int max_new_connections_per_cycle{};
  OutputLimits client_output_buffer_limit;
  std::uint64_t client_query_buffer_limit_bytes{};
  std::uint64_t proto_max_bulk_len_bytes{};
  std::int64_t maxmemory_clients{};  // bytes; below 0: percent of maxmemory
  std::uint32_t socket_mark_id{};
  std::string bind_source_addr;

  // Event loops and supervision.
  NetworkBackend network_backend{};
  int network_coalesce_us{};
  int io_threads{};
  int keyspace_slice_us{};
  int restart_intensity{};
  int restart_period_ms{};
  int restart_backoff_min_ms{};
  int restart_backoff_max_ms{};
  int restart_backoff_jitter_percent{};

  // The process.
  int databases{};
  bool daemonize{};
  std::string pidfile;
  std::string logfile;  // "": standard output
  LogLevel loglevel{};
  LogFormat log_format{};
  std::string dir;  // the working directory; absolute once load() is through
  SupervisedBy supervised{};
  int shutdown_timeout_s{};
  int shutdown_on_sigint{};   // shutdown_flag bits
  int shutdown_on_sigterm{};  // shutdown_flag bits
  int hz{};
  bool crash_log_enabled{};
  bool set_proc_title{};
  std::string proc_title_template;
  std::string locale_collate;  // "": that of the environment

  // Who may do what.
  std::string requirepass;
  std::string aclfile;
  std::int64_t acllog_max_len{};
  AclPubsubDefault acl_pubsub_default{};
  Permission enable_protected_configs{};
  Permission enable_debug_command{};
  Permission enable_module_command{};

  // Memory and eviction.
  std::uint64_t maxmemory_bytes{};  // 0: no limit
  EvictionPolicy maxmemory_policy{};
  int maxmemory_samples{};
  int maxmemory_eviction_tenacity{};
  int lfu_log_factor{};
  int lfu_decay_time_min{};
  int active_expire_effort{};
  bool lazyfree_lazy_eviction{};
  bool lazyfree_lazy_expire{};
  bool lazyfree_lazy_server_del{};
  bool lazyfree_lazy_user_del{};
  bool lazyfree_lazy_user_flush{};

  // Data types.
  int list_max_listpack_size{};  // above 0: elements; -1 to -5: 4, 8, 16, 32, 64 KiB per node
  int list_compress_depth{};
  std::int64_t hash_max_listpack_entries{};
  std::uint64_t hash_max_listpack_value_bytes{};
  std::int64_t set_max_intset_entries{};
  std::int64_t set_max_listpack_entries{};
  std::int64_t set_max_listpack_value_bytes{};
  std::int64_t zset_max_listpack_entries{};
  std::uint64_t zset_max_listpack_value_bytes{};
  std::uint64_t hll_sparse_max_bytes{};
  std::uint64_t stream_node_max_bytes{};
  std::int64_t stream_node_max_entries{};
  std::int64_t stream_idmp_duration_s{};
  std::int64_t stream_idmp_max_size{};
  SanitizeDump sanitize_dump_payload{};

  // Commands and observation.
  int notify_keyspace_events{};  // keyspace_event bits
  std::int64_t slowlog_log_slower_than_us{};
  std::int64_t slowlog_max_len{};
  std::int64_t latency_monitor_threshold_ms{};
  bool latency_tracking{};
  std::vector<double> latency_tracking_info_percentiles;
  std::int64_t tracking_table_max_keys{};
  std::int64_t busy_reply_threshold_ms{};
  std::uint64_t script_memory_limit_bytes{};

  // Snapshots and the append log.
  std::vector<SavePoint> save;
  std::string dbfilename;
  bool rdbcompression{};
  bool rdbchecksum{};
  bool stop_writes_on_bgsave_error{};
  bool rdb_skip_unknown{};
  bool rdb_save_incremental_fsync{};
  bool aof_rewrite_incremental_fsync{};
  int rdb_key_save_delay_us{};
  int key_load_delay_us{};
  int loading_process_events_interval_bytes{};
  bool appendonly{};
  std::string appendfilename;
  std::string appenddirname;
  FsyncPolicy appendfsync{};
  bool no_appendfsync_on_rewrite{};
  int auto_aof_rewrite_percentage{};
  std::uint64_t auto_aof_rewrite_min_size_bytes{};
  bool aof_load_truncated{};
  bool aof_use_rdb_preamble{};
  bool aof_timestamp_enabled{};
  bool aof_disable_auto_gc{};

  // Replication.
  std::vector<std::string> replicaof;  // empty, or host and port
  std::string masterauth;
  std::string masteruser;
  bool replica_read_only{};
  bool replica_serve_stale_data{};
  bool replica_ignore_maxmemory{};
  bool replica_lazy_flush{};
  bool replica_announced{};
  int replica_priority{};
  std::string replica_announce_ip;
  int replica_announce_port{};
  std::uint64_t repl_backlog_size_bytes{};
  std::int64_t repl_backlog_ttl_s{};
  int repl_timeout_s{};
  int repl_ping_replica_period_s{};
  bool repl_disable_tcp_nodelay{};
  bool repl_diskless_sync{};
  int repl_diskless_sync_delay_s{};
  int repl_diskless_sync_max_replicas{};
  DisklessLoad repl_diskless_load{};
  int min_replicas_to_write{};
  int min_replicas_max_lag_s{};

  // TLS.
  int tls_port{};
  TlsClientAuth tls_auth_clients{};
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_key_file_pass;
  std::string tls_ca_cert_file;
  std::string tls_ca_cert_dir;
  std::string tls_dh_params_file;
  std::string tls_protocols;
  std::string tls_ciphers;
  std::string tls_ciphersuites;
  bool tls_prefer_server_ciphers{};
  bool tls_session_caching{};
  int tls_session_cache_size{};
  int tls_session_cache_timeout_s{};
  bool tls_replication{};

  // Cluster.
  bool cluster_enabled{};

  /// Values of options that have no member, by place in the option table.
  std::vector<Value> unbound;

  /// Not an option: how the default user stands, where users say something else than requirepass
  /// does. Kept by whoever owns the users.
  std::optional<DefaultUser> default_user;

  /// Grows by one with each applied change.
  std::uint64_t version = 0;

  /// Whether the default user takes any password.
  [[nodiscard]] bool needs_no_password() const {
    return default_user ? !default_user->needs_password : requirepass.empty();
  }

  /// Whether a client has to say who it is before it may do anything.
  [[nodiscard]] bool needs_login() const {
    return !needs_no_password() || (default_user && !default_user->enabled);
  }

  bool operator==(const Config&) const = default;

 private:
  struct Empty {};

  explicit Config(Empty) {}

  static Config make_default();
};

}  // namespace respawn::config
