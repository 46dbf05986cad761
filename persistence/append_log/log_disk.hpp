// The disk's side of the append log: writes, flushes, and what to do when that fails.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "persistence/append_log/log_directory.hpp"
#include "persistence/append_log/log_tail.hpp"
#include "persistence/append_log/sync_gathering.hpp"
#include "persistence/append_log/sync_lanes.hpp"

namespace respawn::persistence {

/// Owner: the keeper, which lends it to one disk actor at a time: its descriptor, and what was
/// taken out of the tail and not written yet, survive that actor. A successor calls resume() first.
///
/// With `always` several may be at work on it, each in a lane of its own: while one waits for the
/// medium, another writes what came meanwhile and flushes it, too (SyncLanes says when). Lane 0 is
/// the disk actor's, the others are those of its helpers.
///
/// A failed write or sync is never tried again as if it were good: from then on what is handed over
/// is dropped, until a new file is begun and a base with it stands.
class LogDisk {
 public:
  static constexpr std::int64_t sync_period_us = 1'000'000;

  /// What came of a turn.
  struct Turn {
    bool durable_rose = false;   // who waits for that may go on
    bool failed = false;         // it has failed in this turn
    bool tell_keyspace = false;  // it wants to know, or a rewrite has ended
    std::int64_t again_us = 0;   // to be called again after so long; 0: when there is work
    std::string problem = {};    // for the server's log; "" when there is none
  };

  LogDisk(LogTail& tail, const Clock& clock) : tail_(tail), clock_(clock) {}

  LogDisk(const LogDisk&) = delete;
  LogDisk& operator=(const LogDisk&) = delete;

  /// Before anything else, also where no log is written yet.
  void use(LogDirectory directory, LogManifest manifest);

  [[nodiscard]] const LogManifest& manifest() const { return manifest_; }

  /// At the start of the process, when what the manifest names has been loaded: goes on with the
  /// last incremental file, or begins one; with `base` where there is nothing yet. An error is for
  /// the user.
  Status open(std::optional<LogWork> base);

  /// Does all the work that there is.
  Turn work(std::size_t lane = 0);

  /// Whether helpers would have something to do.
  [[nodiscard]] bool wants_helpers();

  /// For helpers: returns when work() is to be called, in the helper's lane. False: they are
  /// dismissed.
  [[nodiscard]] bool await_work();

  /// Whoever is or comes into await_work() is sent away, until resume().
  void dismiss_helpers();

  /// At the end of the process: does all the work that there is, and flushes, whatever the policy.
  void finish();

  /// Another actor goes on: what was written in part is cut off.
  void resume();

 private:
  void perform(LogWork& work);
  void append(const LogWork& work);
  void next_file(const LogWork& work);
  std::error_code open_next(LogManifest& next, std::unique_ptr<File>& file);
  void put_base(LogWork& work);
  void put_base_alone(LogWork& work);
  std::error_code place_base(LogWork& work);
  std::error_code write_temporary(LogWork& work);
  std::error_code begin_with(LogWork base);
  std::error_code go_on_with_last();
  void close();
  void use_file(std::shared_ptr<File> file);
  void sync_by_policy(std::size_t lane, std::unique_lock<std::mutex>& lock);
  void sync_in_lane(std::size_t lane, std::unique_lock<std::mutex>& lock);
  std::uint64_t land(const SyncLanes::Flight& flight);
  [[nodiscard]] std::shared_ptr<File> file_of(std::size_t lane);
  [[nodiscard]] bool has_unsynced() const;
  [[nodiscard]] std::int64_t gathers_us();
  bool sync();
  void note_durable(std::uint64_t offset);
  void fail(const std::string& what, std::error_code error);
  void end_rewrite(bool well, const std::string& problem = {});
  void measure();
  void collect_history();

  Turn take_turn(std::size_t lane, std::unique_lock<std::mutex>& lock);

  LogTail& tail_;
  const Clock& clock_;
  /// Whoever is at work on it; not held while a lane flushes. Of others nobody ever waits for it
  /// but at the start, where the log is opened on the keyspace's thread.
  std::mutex mutex_;
  std::mutex baton_;  // one helper at a time waits for work; taken before mutex_
  std::condition_variable lanes_changed_;
  std::condition_variable landed_;  // a flush has ended
  std::optional<LogDirectory> directory_;
  LogManifest manifest_;           // as it is on the disk; with a file more while a base is made
  bool manifest_saved_ = false;    // the log is what it says: all that is written will be loaded
  std::shared_ptr<File> file_;     // the last incremental one; null: there is none
  std::uint64_t file_number_ = 0;  // counts what becomes of file_
  std::uint64_t good_bytes_ = 0;   // of it: written whole
  std::uint64_t other_bytes_ = 0;  // of the files before it
  std::uint64_t base_bytes_ = 0;
  std::deque<LogWork> pending_;  // taken, not done
  std::uint64_t written_ = 0;    // offset in the log
  std::uint64_t flushing_ = 0;   // up to there a flush has begun
  std::uint64_t synced_ = 0;
  std::int64_t synced_at_us_ = -sync_period_us;  // monotonic
  bool rewriting_ = false;                       // a file was begun, its base is to come
  Turn turn_;

  SyncLanes lanes_;
  SyncGathering gathering_;
  /// file_ once more for each lane, from when it first flushes beside others: each open file is
  /// told of an error of the medium once, and two flushes of one could hide it from each other.
  std::array<std::shared_ptr<File>, SyncLanes::lanes_max> lane_files_;
  bool dismissed_ = false;
};

}  // namespace respawn::persistence
