// The values that options hold: a handful of plain types, comparable and copyable.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace respawn::config {

/// Save a snapshot when `changes` writes happened within `seconds`.
struct SavePoint {
  std::int64_t seconds = 0;
  std::int64_t changes = 0;
  bool operator==(const SavePoint&) const = default;
};

/// When a client of one class is closed for not reading its replies; 0 means no limit.
struct OutputLimit {
  std::uint64_t hard_bytes = 0;
  std::uint64_t soft_bytes = 0;
  std::int64_t soft_seconds = 0;
  bool operator==(const OutputLimit&) const = default;
};

struct OutputLimits {
  OutputLimit normal;
  OutputLimit replica;
  OutputLimit pubsub;
  bool operator==(const OutputLimits&) const = default;
};

/// One value of any option. Numbers, choices and flags are int64; plain memory sizes are uint64.
using Value = std::variant<bool, std::int64_t, std::uint64_t, std::string, std::vector<std::string>,
                           std::vector<SavePoint>, OutputLimits, std::vector<std::int64_t>,
                           std::vector<double>>;

enum class LogLevel { debug, verbose, notice, warning, nothing };
enum class LogFormat { text, json };
enum class NetworkBackend { automatic, io_uring, epoll };
enum class Permission { no, yes, local };
enum class FsyncPolicy { no, always, everysec };
enum class SupervisedBy { no, automatic, systemd, upstart };
enum class SanitizeDump { no, yes, clients };
enum class DisklessLoad { disabled, on_empty_db, swapdb };
enum class PropagationError { ignore, panic, panic_on_replicas };
enum class EndpointType { ip, hostname, unknown_endpoint };
enum class TlsClientAuth { no, yes, optional };
enum class OomScoreAdjust { no, relative, absolute };
enum class AclPubsubDefault { reset_channels, all_channels };

enum class EvictionPolicy {
  noeviction,
  volatile_lru,
  volatile_lfu,
  volatile_random,
  volatile_ttl,
  allkeys_lru,
  allkeys_lfu,
  allkeys_random,
};

/// Bits of shutdown-on-sigint and shutdown-on-sigterm; 0 is "default".
namespace shutdown_flag {
inline constexpr int save = 1;
inline constexpr int nosave = 2;
inline constexpr int now = 4;
inline constexpr int force = 8;
}  // namespace shutdown_flag

/// Bits of notify-keyspace-events: which classes of event are published, and on which channels.
namespace keyspace_event {
inline constexpr int generic = 1 << 0;     // g
inline constexpr int string = 1 << 1;      // $
inline constexpr int list = 1 << 2;        // l
inline constexpr int set = 1 << 3;         // s
inline constexpr int hash = 1 << 4;        // h
inline constexpr int sorted_set = 1 << 5;  // z
inline constexpr int expired = 1 << 6;     // x
inline constexpr int evicted = 1 << 7;     // e
inline constexpr int stream = 1 << 8;      // t
inline constexpr int module = 1 << 9;      // d
inline constexpr int all = (1 << 10) - 1;  // A: all of the above
inline constexpr int keyspace = 1 << 10;   // K: __keyspace@<db>__:<key>
inline constexpr int keyevent = 1 << 11;   // E: __keyevent@<db>__:<event>
inline constexpr int key_miss = 1 << 12;   // m
inline constexpr int new_key = 1 << 13;    // n
}  // namespace keyspace_event

}  // namespace respawn::config
