#include "config/option_rows.hpp"

namespace respawn::config {
namespace {

constexpr Name eviction_policies[] = {{"volatile-lru", code(EvictionPolicy::volatile_lru)},
                                      {"volatile-lfu", code(EvictionPolicy::volatile_lfu)},
                                      {"volatile-random", code(EvictionPolicy::volatile_random)},
                                      {"volatile-ttl", code(EvictionPolicy::volatile_ttl)},
                                      {"allkeys-lru", code(EvictionPolicy::allkeys_lru)},
                                      {"allkeys-lfu", code(EvictionPolicy::allkeys_lfu)},
                                      {"allkeys-random", code(EvictionPolicy::allkeys_random)},
                                      {"noeviction", code(EvictionPolicy::noeviction)}};
constexpr Name sanitize_names[] = {{"no", code(SanitizeDump::no)},
                                   {"yes", code(SanitizeDump::yes)},
                                   {"clients", code(SanitizeDump::clients)}};

constexpr Option memory_table[] = {
    memory("maxmemory", "0", 0, std::numeric_limits<std::uint64_t>::max())
        .bind<&Config::maxmemory_bytes>()
        .implemented()
        .about("Memory past which keys are evicted or writes refused; 0 sets no limit."),
    choice("maxmemory-policy", "noeviction", eviction_policies)
        .bind<&Config::maxmemory_policy>()
        .implemented()
        .about("Which keys are evicted when memory is out."),
    integer("maxmemory-samples", "5", 1)
        .bind<&Config::maxmemory_samples>()
        .implemented()
        .about("Keys looked at to find one to evict; more is closer to the ideal and slower."),
    integer("maxmemory-eviction-tenacity", "10", 0, 100)
        .bind<&Config::maxmemory_eviction_tenacity>()
        .implemented()
        .about("How much time eviction may take before it lets clients in."),
    integer("lfu-log-factor", "10")
        .bind<&Config::lfu_log_factor>()
        .implemented()
        .about("How many uses it takes to raise the counter of a frequently used key."),
    integer("lfu-decay-time", "1")
        .bind<&Config::lfu_decay_time_min>()
        .implemented()
        .in(Unit::minutes)
        .about("Time without use after which the counter of a key falls by one."),
    integer("active-expire-effort", "1", 1, 10)
        .bind<&Config::active_expire_effort>()
        .about("How hard expired keys were looked for; here expiry is exact and needs no effort."),
    boolean("lazyfree-lazy-eviction", "no")
        .bind<&Config::lazyfree_lazy_eviction>()
        .implemented()
        .about("Whether an eviction is replayed as UNLINK; memory is freed in the background "
               "either way."),
    boolean("lazyfree-lazy-expire", "no")
        .bind<&Config::lazyfree_lazy_expire>()
        .implemented()
        .about("Whether an expiry is replayed as UNLINK; memory is freed in the background either "
               "way."),
    boolean("lazyfree-lazy-server-del", "no")
        .bind<&Config::lazyfree_lazy_server_del>()
        .implemented()
        .about("Whether a key that a command empties is replayed as UNLINK; the memory is freed in "
               "the "
               "background either way."),
    boolean("lazyfree-lazy-user-del", "no")
        .bind<&Config::lazyfree_lazy_user_del>()
        .about("Whether DEL frees in the background, as UNLINK does; here it always does."),
    boolean("lazyfree-lazy-user-flush", "no")
        .bind<&Config::lazyfree_lazy_user_flush>()
        .about(
            "Whether FLUSHALL and FLUSHDB are ASYNC unless told otherwise; here they always are."),
    boolean("activerehashing", "yes").about("Whether idle time is spent on growing tables."),
    boolean("activedefrag", "no")
        .promises(is_yes, "this server does not defragment memory")
        .about("Whether memory is compacted while the server runs."),
    memory("active-defrag-ignore-bytes", "104857600", 1)
        .about("Waste below which memory is not compacted."),
    integer("active-defrag-threshold-lower", "10", 0, 1000)
        .in(Unit::percent)
        .about("Waste at which compaction starts."),
    integer("active-defrag-threshold-upper", "100", 0, 1000)
        .in(Unit::percent)
        .about("Waste at which compaction works hardest."),
    integer("active-defrag-cycle-min", "1", 1, 99)
        .in(Unit::percent)
        .about("Processor time for compaction at the lower threshold."),
    integer("active-defrag-cycle-max", "25", 1, 99)
        .in(Unit::percent)
        .about("Processor time for compaction at the upper threshold."),
    integer("active-defrag-max-scan-fields", "1000", 1, long_max)
        .about("Size of a collection from which compaction treats it in slices."),
    boolean("jemalloc-bg-thread", "yes").about("Whether the allocator purges in a thread."),
};

constexpr Option data_table[] = {
    integer("list-max-listpack-size", "-2", int_min)
        .also("list-max-ziplist-size")
        .bind<&Config::list_max_listpack_size>()
        .implemented()
        .about("Size of a list's block: elements, or -1 to -5 for 4 to 64 KiB."),
    integer("list-compress-depth", "0")
        .bind<&Config::list_compress_depth>()
        .about("Blocks at each end of a list that stay uncompressed; 0 compresses none."),
    integer("hash-max-listpack-entries", "512", 0, long_max)
        .also("hash-max-ziplist-entries")
        .bind<&Config::hash_max_listpack_entries>()
        .implemented()
        .about("Fields up to which a hash stays compact."),
    memory("hash-max-listpack-value", "64")
        .also("hash-max-ziplist-value")
        .bind<&Config::hash_max_listpack_value_bytes>()
        .implemented()
        .about("Length of a field or value up to which a hash stays compact."),
    integer("set-max-intset-entries", "512", 0, long_max)
        .bind<&Config::set_max_intset_entries>()
        .implemented()
        .about("Members up to which a set of integers stays compact."),
    integer("set-max-listpack-entries", "128", 0, long_max)
        .bind<&Config::set_max_listpack_entries>()
        .implemented()
        .about("Members up to which a set stays compact."),
    integer("set-max-listpack-value", "64", 0, long_max)
        .bind<&Config::set_max_listpack_value_bytes>()
        .in(Unit::bytes)
        .implemented()
        .about("Length of a member up to which a set stays compact."),
    integer("zset-max-listpack-entries", "128", 0, long_max)
        .also("zset-max-ziplist-entries")
        .bind<&Config::zset_max_listpack_entries>()
        .implemented()
        .about("Members up to which a sorted set stays compact."),
    memory("zset-max-listpack-value", "64")
        .also("zset-max-ziplist-value")
        .bind<&Config::zset_max_listpack_value_bytes>()
        .implemented()
        .about("Length of a member up to which a sorted set stays compact."),
    memory("hll-sparse-max-bytes", "3000")
        .bind<&Config::hll_sparse_max_bytes>()
        .implemented()
        .about("Size up to which a HyperLogLog stays sparse."),
    memory("stream-node-max-bytes", "4096")
        .bind<&Config::stream_node_max_bytes>()
        .implemented()
        .about("Size of a stream's block; 0 sets no limit."),
    integer("stream-node-max-entries", "100", 0, long_max)
        .bind<&Config::stream_node_max_entries>()
        .implemented()
        .about("Entries in a stream's block; 0 sets no limit."),
    integer("stream-idmp-duration", "100", 1, 86'400)
        .bind<&Config::stream_idmp_duration_s>()
        .in(Unit::seconds)
        .implemented()
        .about("How long a stream remembers what its producers have added (XADD's IDMP), unless "
               "XCFGSET says otherwise."),
    integer("stream-idmp-maxsize", "100", 1, 10'000)
        .bind<&Config::stream_idmp_max_size>()
        .implemented()
        .about("How much of it for each producer."),
    choice("sanitize-dump-payload", "no", sanitize_names)
        .bind<&Config::sanitize_dump_payload>()
        .about("Whose RESTORE payloads are checked all through."),
};

constexpr Option monitoring_table[] = {
    make_option("notify-keyspace-events", Kind::keyspace_events, "")
        .bind<&Config::notify_keyspace_events>()
        .implemented()
        .about("Which changes of keys are published, as letters; empty publishes none."),
    integer("slowlog-log-slower-than", "10000", -1, long_max)
        .bind<&Config::slowlog_log_slower_than_us>()
        .implemented()
        .in(Unit::microseconds)
        .about("Run time from which a command enters the slow log; -1 logs none."),
    integer("slowlog-max-len", "128", 0, long_max)
        .bind<&Config::slowlog_max_len>()
        .implemented()
        .about("Most entries kept in the slow log."),
    integer("latency-monitor-threshold", "0", 0, long_max)
        .bind<&Config::latency_monitor_threshold_ms>()
        .implemented()
        .in(Unit::milliseconds)
        .about("Duration from which an event is recorded for LATENCY; 0 records none."),
    boolean("latency-tracking", "yes")
        .bind<&Config::latency_tracking>()
        .implemented()
        .about("Whether INFO latencystats has percentiles per command."),
    make_option("latency-tracking-info-percentiles", Kind::percentiles, "50 99 99.9")
        .bind<&Config::latency_tracking_info_percentiles>()
        .implemented()
        .about("Percentiles shown by INFO latencystats."),
    integer("tracking-table-max-keys", "1000000", 0, long_max)
        .bind<&Config::tracking_table_max_keys>()
        .implemented()
        .about("Most keys remembered for client-side caches; 0 sets no limit."),
    integer("busy-reply-threshold", "5000", 0, long_max)
        .also("lua-time-limit")
        .bind<&Config::busy_reply_threshold_ms>()
        .implemented()
        .in(Unit::milliseconds)
        .about("Run time of a script after which other clients are told to wait; 0: never."),
    memory("script-memory-limit", "0", 0, std::numeric_limits<std::uint64_t>::max())
        .bind<&Config::script_memory_limit_bytes>()
        .implemented()
        .about("Memory that scripts, or functions, may take together; the one that passes it "
               "fails. 0 sets no limit."),
};

static_assert(well_formed(memory_table));
static_assert(well_formed(data_table));
static_assert(well_formed(monitoring_table));

}  // namespace

std::span<const Option> memory_rows() {
  return memory_table;
}

std::span<const Option> data_type_rows() {
  return data_table;
}

std::span<const Option> monitoring_rows() {
  return monitoring_table;
}

}  // namespace respawn::config
