#include "config/option_rows.hpp"

namespace respawn::config {
namespace {

constexpr Name fsync_policies[] = {{"everysec", code(FsyncPolicy::everysec)},
                                   {"always", code(FsyncPolicy::always)},
                                   {"no", code(FsyncPolicy::no)}};
constexpr Name propagation_names[] = {
    {"ignore", code(PropagationError::ignore)},
    {"panic", code(PropagationError::panic)},
    {"panic-on-replicas", code(PropagationError::panic_on_replicas)}};
constexpr Name diskless_loads[] = {{"disabled", code(DisklessLoad::disabled)},
                                   {"on-empty-db", code(DisklessLoad::on_empty_db)},
                                   {"swapdb", code(DisklessLoad::swapdb)}};

bool has_slash(const Value& value) {
  return std::get<std::string>(value).find('/') != std::string::npos;
}

bool is_blank(const Value& value) {
  return std::get<std::string>(value).empty();
}

const char* check_dbfilename(Value& value) {
  return has_slash(value) ? "dbfilename can't be a path, just a filename" : nullptr;
}

const char* check_appendfilename(Value& value) {
  if (is_blank(value)) return "appendfilename can't be empty";
  return has_slash(value) ? "appendfilename can't be a path, just a filename" : nullptr;
}

const char* check_appenddirname(Value& value) {
  if (is_blank(value)) return "appenddirname can't be empty";
  return has_slash(value) ? "appenddirname can't be a path, just a dirname" : nullptr;
}

bool has_master(const Value& value) {
  return !std::get<std::vector<std::string>>(value).empty();
}

bool is_replica(const Config& config) {
  return !config.replicaof.empty();
}

constexpr Option persistence[] = {
    make_option("save", Kind::save_points, "3600 1 300 100 60 10000")
        .bind<&Config::save>()
        .implemented()
        .about("When a snapshot is written: pairs of seconds and writes; empty writes none."),
    text("dbfilename", "dump.rdb")
        .bind<&Config::dbfilename>()
        .guarded()
        .implemented()
        .checked(check_dbfilename)
        .about("Name of the snapshot file in dir."),
    boolean("rdbcompression", "yes")
        .bind<&Config::rdbcompression>()
        .implemented()
        .about("Whether long strings in a dumped value are compressed."),
    boolean("rdbchecksum", "yes")
        .bind<&Config::rdbchecksum>()
        .immutable()
        .implemented()
        .about("Whether a snapshot ends with a checksum that loading verifies."),
    boolean("stop-writes-on-bgsave-error", "yes")
        .bind<&Config::stop_writes_on_bgsave_error>()
        .implemented()
        .about("Whether writes are refused while snapshots cannot be written."),
    boolean("rdb-skip-unknown", "no")
        .bind<&Config::rdb_skip_unknown>()
        .implemented()
        .about(
            "Whether values of kinds that this server does not have are passed over in a snapshot "
            "that is loaded, with a warning; else it is refused."),
    boolean("rdb-save-incremental-fsync", "yes")
        .bind<&Config::rdb_save_incremental_fsync>()
        .implemented()
        .about("Whether a snapshot is flushed to disk in pieces while it is written."),
    boolean("rdb-del-sync-files", "no")
        .about("Whether snapshots made only for a replica are deleted afterwards."),
    integer("rdb-key-save-delay", "0", int_min)
        .bind<&Config::rdb_key_save_delay_us>()
        .implemented()
        .in(Unit::microseconds)
        .hide()
        .about("Pause per key while a snapshot is written, for tests."),
    integer("key-load-delay", "0", int_min)
        .bind<&Config::key_load_delay_us>()
        .implemented()
        .in(Unit::microseconds)
        .hide()
        .about("Pause per key while data is loaded, for tests."),
    integer("loading-process-events-interval-bytes", "2097152", 1024)
        .bind<&Config::loading_process_events_interval_bytes>()
        .in(Unit::bytes)
        .hide()
        .about("Bytes loaded between two looks at the clients."),
    boolean("appendonly", "no")
        .bind<&Config::appendonly>()
        .not_while_loading()
        .implemented()
        .about("Whether every write is recorded in the append log."),
    text("appendfilename", "appendonly.aof")
        .bind<&Config::appendfilename>()
        .implemented()
        .immutable()
        .checked(check_appendfilename)
        .about("First part of the names of the append log's files."),
    text("appenddirname", "appendonlydir")
        .bind<&Config::appenddirname>()
        .implemented()
        .immutable()
        .checked(check_appenddirname)
        .about("Directory in dir that holds the append log."),
    choice("appendfsync", "everysec", fsync_policies)
        .bind<&Config::appendfsync>()
        .implemented()
        .about("When the append log is flushed to disk: before each reply, each second, or never."),
    boolean("no-appendfsync-on-rewrite", "no")
        .bind<&Config::no_appendfsync_on_rewrite>()
        .implemented()
        .about("Whether flushing pauses while a snapshot or a rewrite is under way."),
    integer("auto-aof-rewrite-percentage", "100")
        .bind<&Config::auto_aof_rewrite_percentage>()
        .in(Unit::percent)
        .implemented()
        .about("Growth since the last rewrite at which the append log is rewritten; 0 never."),
    memory("auto-aof-rewrite-min-size", "67108864")
        .bind<&Config::auto_aof_rewrite_min_size_bytes>()
        .implemented()
        .about("Size below which the append log is not rewritten by itself."),
    boolean("aof-load-truncated", "yes")
        .bind<&Config::aof_load_truncated>()
        .implemented()
        .about("Whether an append log that breaks off in its last command is loaded."),
    boolean("aof-use-rdb-preamble", "yes")
        .bind<&Config::aof_use_rdb_preamble>()
        .implemented()
        .about("Whether a rewritten append log starts with a snapshot."),
    boolean("aof-timestamp-enabled", "no")
        .bind<&Config::aof_timestamp_enabled>()
        .implemented()
        .about("Whether the append log notes the time, so that it can be cut at one."),
    boolean("aof-rewrite-incremental-fsync", "yes")
        .bind<&Config::aof_rewrite_incremental_fsync>()
        .implemented()
        .about("Whether a rewrite is flushed to disk in pieces."),
    boolean("aof-disable-auto-gc", "no")
        .bind<&Config::aof_disable_auto_gc>()
        .implemented()
        .about("Whether files that the append log no longer needs are kept."),
};

constexpr Option replication[] = {
    make_option("replicaof", Kind::replica_of, "")
        .also("slaveof")
        .bind<&Config::replicaof>()
        .immutable()
        .promises(has_master,
                  "there is no replication yet, and this server would serve its own data")
        .stops(is_replica)
        .about("Host and port of the master to follow at start; empty follows none."),
    text("masterauth")
        .bind<&Config::masterauth>()
        .keep_secret()
        .about("Password given to the master."),
    text("masteruser")
        .bind<&Config::masteruser>()
        .keep_secret()
        .about("User name given to the master; empty means the default user."),
    boolean("replica-serve-stale-data", "yes")
        .also("slave-serve-stale-data")
        .bind<&Config::replica_serve_stale_data>()
        .about("Whether a replica answers reads while it has no link to its master."),
    boolean("replica-read-only", "yes")
        .also("slave-read-only")
        .bind<&Config::replica_read_only>()
        .about("Whether clients of a replica may not write."),
    boolean("replica-ignore-maxmemory", "yes")
        .also("slave-ignore-maxmemory")
        .bind<&Config::replica_ignore_maxmemory>()
        .about("Whether a replica leaves eviction to its master."),
    boolean("replica-lazy-flush", "no")
        .also("slave-lazy-flush")
        .bind<&Config::replica_lazy_flush>()
        .about("Whether a replica frees its old data in the background before a full copy."),
    boolean("replica-announced", "yes")
        .bind<&Config::replica_announced>()
        .about("Whether sentinels are told about this replica."),
    boolean("replica-ignore-disk-write-errors", "no")
        .about("Whether a replica goes on when it cannot write to disk."),
    integer("replica-priority", "100")
        .also("slave-priority")
        .bind<&Config::replica_priority>()
        .about("Rank in the choice of a new master: lowest first, 0 never."),
    text("replica-announce-ip")
        .also("slave-announce-ip")
        .bind<&Config::replica_announce_ip>()
        .about("Address told to the master instead of the socket's."),
    integer("replica-announce-port", "0", 0, 65535)
        .also("slave-announce-port")
        .bind<&Config::replica_announce_port>()
        .about("Port told to the master instead of the listening one; 0 tells the latter."),
    memory("repl-backlog-size", "1048576", 1)
        .bind<&Config::repl_backlog_size_bytes>()
        .about("How much of the write stream is kept for replicas that come back."),
    integer("repl-backlog-ttl", "3600", 0, long_max)
        .bind<&Config::repl_backlog_ttl_s>()
        .in(Unit::seconds)
        .about("Time without replicas after which the backlog is freed; 0 keeps it."),
    integer("repl-timeout", "60", 1)
        .bind<&Config::repl_timeout_s>()
        .in(Unit::seconds)
        .about("Silence after which a replication link counts as broken."),
    integer("repl-ping-replica-period", "10", 1)
        .also("repl-ping-slave-period")
        .bind<&Config::repl_ping_replica_period_s>()
        .in(Unit::seconds)
        .about("How often a master pings its replicas."),
    boolean("repl-disable-tcp-nodelay", "no")
        .bind<&Config::repl_disable_tcp_nodelay>()
        .about("Whether packets to replicas are delayed to send fewer."),
    boolean("repl-diskless-sync", "yes")
        .bind<&Config::repl_diskless_sync>()
        .about("Whether a full copy goes to replicas without a file in between."),
    integer("repl-diskless-sync-delay", "5")
        .bind<&Config::repl_diskless_sync_delay_s>()
        .in(Unit::seconds)
        .about("Wait for more replicas before a full copy starts."),
    integer("repl-diskless-sync-max-replicas", "0")
        .bind<&Config::repl_diskless_sync_max_replicas>()
        .about("Waiting replicas that end the wait early; 0 waits its full time."),
    choice("repl-diskless-load", "disabled", diskless_loads)
        .bind<&Config::repl_diskless_load>()
        .not_while_loading()
        .about("Whether a replica loads a full copy straight from the socket."),
    integer("min-replicas-to-write", "0")
        .also("min-slaves-to-write")
        .bind<&Config::min_replicas_to_write>()
        .implemented()
        .about("Replicas that must be present for writes to be accepted; 0 asks for none."),
    integer("min-replicas-max-lag", "10")
        .also("min-slaves-max-lag")
        .bind<&Config::min_replicas_max_lag_s>()
        .in(Unit::seconds)
        .implemented()
        .about("Silence after which a replica no longer counts as present."),
    boolean("dual-channel-replication-enabled", "no")
        .hide()
        .about("Whether a full copy has a connection of its own (Valkey)."),
    choice("propagation-error-behavior", "ignore", propagation_names)
        .about("What happens when a replicated command fails."),
};

static_assert(well_formed(persistence));
static_assert(well_formed(replication));

}  // namespace

std::span<const Option> persistence_rows() {
  return persistence;
}

std::span<const Option> replication_rows() {
  return replication;
}

}  // namespace respawn::config
