// What is on its way from the keyspace to the disk, and how far the disk has come.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "base/histogram.hpp"
#include "persistence/append_log/manifest.hpp"

namespace respawn::persistence {

/// When what was written is flushed (appendfsync).
enum class SyncPolicy : std::uint8_t { always, everysec, no };

/// A piece of work for the disk.
struct LogWork {
  enum class Kind : std::uint8_t {
    bytes,      // to be added to the log
    next_file,  // what follows goes into a new incremental file: a base is being made
    base,       // the data as it was at the last next_file, in `bytes` or in the file at `path`
    no_base,    // it could not be made
    close,      // the log ends here
  };

  Kind kind = Kind::bytes;
  Buffer bytes = {};
  std::uint64_t end = 0;  // offset in the log behind all that was handed over up to here
  BaseFormat format = BaseFormat::commands;
  bool alone = false;     // a base without a log: none is written
  std::string path = {};  // of a temporary file, written and synced
};

/// What has come of the log so far, for INFO and the like. Sizes are in bytes.
struct LogFacts {
  std::uint64_t base_bytes = 0;
  std::uint64_t current_bytes = 0;   // of base and incremental files
  std::uint64_t rewrites = 0;        // bases that were put in place
  std::uint64_t rewrites_ended = 0;  // well or not; never set back
  std::uint64_t delayed_syncs = 0;
  std::int64_t durable_at_us = 0;  // wall clock of the last sync
  bool last_rewrite_ok = true;
  std::string error;  // why nothing is written any more; "" when all is well
};

/// Owner: the keeper. The keyspace's thread puts work in, the disk's takes it out; everything else
/// may be read by anybody at any time. Offsets count the bytes that were put in since the process
/// began: each unit has the offset behind its last byte, and is durable when durable() has reached
/// it.
class LogTail {
 public:
  static constexpr std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();

  /// Whether the disk has to be told: it had nothing to do, or waits for no more than this.
  bool put(LogWork work);

  /// All there is, in its order.
  [[nodiscard]] std::vector<LogWork> take();

  /// Up to where the log survives everything. `everything` while no log is written.
  [[nodiscard]] std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }

  /// Bytes that were put in and are not written yet.
  [[nodiscard]] std::uint64_t unwritten_bytes() const { return unwritten_.load(); }

  /// Whether the disk has failed: what was put in and is not durable() may be lost. Until a new
  /// base stands.
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_acquire); }

  [[nodiscard]] LogFacts facts() const;

  [[nodiscard]] const SharedHistogram& sync_ns() const { return sync_ns_; }

  // The keyspace's.

  void set_policy(SyncPolicy policy) { policy_.store(policy, std::memory_order_relaxed); }

  /// While a file is written beside the log (no-appendfsync-on-rewrite).
  void pause_syncs(bool paused) { syncs_paused_.store(paused, std::memory_order_relaxed); }

  /// Whether files of the history are removed.
  void collect_garbage(bool on) { collects_garbage_.store(on, std::memory_order_relaxed); }

  /// Wants to be told (Turn::tell_keyspace) when the disk has come further.
  void want_word() { word_wanted_.store(true, std::memory_order_relaxed); }

  /// For tests: each write waits so long first.
  void delay_writes(std::int64_t us) { write_delay_us_.store(us, std::memory_order_relaxed); }

  void count_delayed_sync();

  // The longest write, and the longest flush with `always`, since they were asked for last.
  [[nodiscard]] std::uint64_t take_longest_write_ns() { return longest_write_ns_.exchange(0); }

  [[nodiscard]] std::uint64_t take_longest_sync_ns() { return longest_sync_ns_.exchange(0); }

  /// CONFIG RESETSTAT.
  void reset_statistics();

  // The disk's.

  [[nodiscard]] SyncPolicy policy() const { return policy_.load(std::memory_order_relaxed); }

  [[nodiscard]] bool syncs_paused() const { return syncs_paused_.load(std::memory_order_relaxed); }

  [[nodiscard]] bool collects_garbage() const {
    return collects_garbage_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::int64_t write_delay_us() const {
    return write_delay_us_.load(std::memory_order_relaxed);
  }

  /// It wants to be told when so many bytes wait (0: not).
  void tell_at(std::uint64_t bytes) { tell_at_.store(bytes); }

  [[nodiscard]] bool take_wanted_word() { return word_wanted_.exchange(false); }

  void set_durable(std::uint64_t offset, std::int64_t wall_us);

  void bytes_done(std::uint64_t bytes) { unwritten_.fetch_sub(bytes, std::memory_order_relaxed); }

  void note_write(std::uint64_t ns) { raise(longest_write_ns_, ns); }

  void note_sync(std::uint64_t ns) {
    sync_ns_.record_clamped(ns);
    if (policy() == SyncPolicy::always) raise(longest_sync_ns_, ns);
  }

  void set_sizes(std::uint64_t base_bytes, std::uint64_t current_bytes);
  void rewrite_ended(bool well);
  void fail(std::string error);
  void heal(std::uint64_t durable, std::int64_t wall_us);

 private:
  /// Only the disk's thread raises.
  static void raise(std::atomic<std::uint64_t>& longest, std::uint64_t ns) {
    if (ns > longest.load(std::memory_order_relaxed)) longest.store(ns, std::memory_order_relaxed);
  }

  std::atomic<std::uint64_t> durable_{everything};
  std::atomic<std::uint64_t> unwritten_{0};
  std::atomic<std::uint64_t> tell_at_{0};
  std::atomic<SyncPolicy> policy_{SyncPolicy::everysec};
  std::atomic<bool> syncs_paused_{false};
  std::atomic<bool> collects_garbage_{true};
  std::atomic<bool> word_wanted_{false};
  std::atomic<std::int64_t> write_delay_us_{0};
  std::atomic<bool> failed_{false};
  SharedHistogram sync_ns_;
  std::atomic<std::uint64_t> longest_write_ns_{0};
  std::atomic<std::uint64_t> longest_sync_ns_{0};
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::vector<LogWork> queue_;
  LogFacts facts_;
};

}  // namespace respawn::persistence
