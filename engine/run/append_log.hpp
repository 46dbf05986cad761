// The append log as the keyspace sees it: off, being started, on; rewritten, behind, failed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "engine/run/base_job.hpp"
#include "engine/run/log_feed.hpp"
#include "persistence/append_log/log_tail.hpp"

namespace respawn::engine {

struct Environment;

/// Owner: the store. The keyspace actor calls end_turn() behind what it did in a turn, tick() ten
/// times a second, and note_progress() when the disk actor says that it has come further. The disk
/// itself is the keeper's (persistence::LogDisk), at the other end of the tail.
///
/// Invariant: the feed is attached while the state is not off.
class AppendLog {
 public:
  enum class State : std::uint8_t {
    off,
    starting,  // units are written; nothing is promised before the first base stands
    on,
  };

  /// What becomes of a wish for a rewrite.
  enum class Rewrite : std::uint8_t { begins, runs_already };

  /// More than this not written, and commands that write wait; until half of it is.
  static constexpr std::uint64_t unwritten_bytes_max = 64 * 1024 * 1024;
  /// With everysec: longer than this, likewise.
  static constexpr std::int64_t unwritten_us_max = 2'000'000;
  /// With everysec and no: bytes wait for others, which saves waking the disk actor; so many do
  /// not.
  static constexpr std::size_t gathered_bytes = 64 * 1024;

  static constexpr std::int64_t flush_us_max = 10'000'000;

  AppendLog(UnitRecord& record, ClientTable& clients, LookupObserver*& lookups,
            std::size_t databases)
      : feed(record, clients, lookups, tail, databases) {}

  AppendLog(const AppendLog&) = delete;
  AppendLog& operator=(const AppendLog&) = delete;

  persistence::LogTail tail;
  LogFeed feed;

  [[nodiscard]] State state() const { return state_; }

  /// Why writes are refused; "" when they are not.
  [[nodiscard]] const std::string& failure() const { return failure_; }

  /// Whether commands that write are held, because the disk is behind.
  [[nodiscard]] bool is_behind() const { return behind_; }

  /// At the start of the process, when the disk has opened the log and its units have been applied.
  void open(const config::Config& config);

  /// Whether all data can be had from what base and log hold.
  [[nodiscard]] bool is_whole() const {
    return state_ == State::on && failure_.empty() && !tail.failed();
  }

  /// Nothing is written until step_back(): the data is taken from the log. What there was to write
  /// is given to the disk; a base that is being made of the data that was is given up.
  void step_aside();
  void step_back();

  /// Does what the configuration says from now on: turns on and off (at the end of the turn).
  void follow(const config::Config& config);

  /// Has a new base written, at the end of the turn.
  Rewrite request_rewrite();

  /// Whether there is nothing that end_turn() could do.
  [[nodiscard]] bool idle() const { return !feed.attached() && !wants_change(); }

  /// Between two units. Whether the disk actor has to be told.
  bool end_turn(Environment& environment);

  /// Whatever waits for others is given to the disk now. Whether it has to be told.
  bool hand_over() { return feed.hand_over(); }

  /// For what has to have been written: waits for the disk, up to flush_us_max. Everybody waits
  /// meanwhile.
  void flush_and_wait();

  /// Tells the disk actor; the wiring's. Empty: nobody is there to be told.
  std::function<void()> tell_disk;

  void tick(Environment& environment);

  /// The disk has come further, or has failed.
  void note_progress(Environment& environment);

  /// To be called before commands run while the feed is attached: they are refused from the moment
  /// that the disk has failed.
  void look(Environment& environment) {
    if (tail.failed() == failure_.empty()) [[unlikely]]
      note_health(environment);
  }

  /// Whether all up to there survives a crash.
  [[nodiscard]] bool is_durable(std::uint64_t offset) const {
    return state_ == State::on && !tail.failed() && tail.durable() >= offset;
  }

  /// The client with this id waits until what it wrote is durable (Executor::serve_disk_waiters).
  void add_waiter(std::uint64_t client_id) {
    waiters_.push_back(client_id);
    tail.want_word();
  }

  [[nodiscard]] bool has_waiters() const { return !waiters_.empty(); }

  [[nodiscard]] std::vector<std::uint64_t> take_waiters() { return std::exchange(waiters_, {}); }

  /// A new keyspace actor goes on.
  void take_over() { feed.forget_unit(); }

  // For INFO. Times in seconds of the wall clock.

  [[nodiscard]] bool rewriting() const { return rewriting_; }

  /// Whether go_on() has something to do.
  [[nodiscard]] bool has_job() const { return job_ != nullptr; }

  /// Writes about so many entries of a base. False when there is nothing to do at the moment. Not
  /// in the middle of a unit.
  bool go_on(Environment& environment, std::size_t entries);

  /// Completes the base that is being made, if one is, however long it takes.
  void finish_job(Environment& environment);

  /// Encoded and not written yet.
  [[nodiscard]] std::uint64_t buffered_bytes() const {
    return feed.chunk_bytes() + tail.unwritten_bytes();
  }

  /// What waits for the disk, in memory, and what a rewrite keeps as it was.
  [[nodiscard]] std::uint64_t held_bytes() const;

  /// The snapshot of a rewrite; null when there is none.
  [[nodiscard]] persistence::Snapshot* snapshot() const {
    return job_ ? &job_->snapshot() : nullptr;
  }

  /// What the last rewrite kept at most.
  [[nodiscard]] std::uint64_t last_cut_bytes() const { return last_cut_bytes_; }

  [[nodiscard]] bool rewrite_scheduled() const { return rewrite_wanted_; }

  [[nodiscard]] std::int64_t rewrite_begun_s() const { return rewrite_begun_s_; }

  [[nodiscard]] std::int64_t last_rewrite_s() const { return last_rewrite_s_; }

  [[nodiscard]] std::uint64_t consecutive_failures() const { return consecutive_failures_; }

  /// What growth is measured against.
  [[nodiscard]] std::uint64_t size_at_rewrite() const { return size_at_rewrite_; }

  void reset_statistics() { tail.reset_statistics(); }

 private:
  [[nodiscard]] bool wants_change() const {
    return start_wanted_ || stop_wanted_ || rewrite_wanted_;
  }

  void adopt(const config::Config& config);
  void set_gate();
  void begin_rewrite(Environment& environment);
  void end_rewrite(Environment& environment, bool well);
  void end_job(Environment& environment);
  void give_up_job();
  void retry_later(std::int64_t now_us);
  void stop(Environment& environment);
  void note_health(Environment& environment);
  void rewrite_if_grown(Environment& environment);
  void watch_delay(Environment& environment);
  void hold_writes(Environment& environment, bool held);

  State state_ = State::off;
  persistence::SyncPolicy policy_ = persistence::SyncPolicy::everysec;
  bool no_sync_on_rewrite_ = false;
  bool start_wanted_ = false;
  bool stop_wanted_ = false;
  bool rewrite_wanted_ = false;
  bool rewriting_ = false;
  std::uint64_t last_cut_bytes_ = 0;
  std::unique_ptr<BaseJob> job_;                    // of the rewrite, until its file is there
  std::vector<std::unique_ptr<BaseJob>> given_up_;  // until their threads end
  bool told_disk_ = false;  // something was given to the disk in this turn, which has to be told
  std::string failure_;
  bool behind_ = false;
  std::vector<std::uint64_t> waiters_;  // ids of clients
  std::uint64_t put_bytes_ = 0;         // offset of the log at marked_us_
  std::int64_t marked_us_ = 0;          // monotonic
  bool delay_counted_ = false;
  std::uint64_t rewrites_seen_ = 0;  // of the tail's: that have ended, well or not
  std::uint64_t size_at_rewrite_ = 0;
  std::uint64_t consecutive_failures_ = 0;
  std::int64_t retry_us_ = 0;  // monotonic; 0: nothing is to be tried again
  std::int64_t rewrite_begun_s_ = 0;
  std::int64_t last_rewrite_s_ = -1;
};

}  // namespace respawn::engine
