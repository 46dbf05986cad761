#include "engine/run/append_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "engine/run/environment.hpp"
#include "engine/run/note_call.hpp"

namespace respawn::engine {

namespace {

using persistence::LogFacts;
using persistence::LogWork;
using persistence::SyncPolicy;

constexpr std::int64_t second_us = 1'000'000;
constexpr std::uint64_t failures_before_delay = 3;
constexpr std::int64_t longest_delay_minutes = 60;

SyncPolicy to_policy(config::FsyncPolicy policy) {
  switch (policy) {
    case config::FsyncPolicy::always:
      return SyncPolicy::always;
    case config::FsyncPolicy::no:
      return SyncPolicy::no;
    case config::FsyncPolicy::everysec:
      break;
  }
  return SyncPolicy::everysec;
}

void say(Environment& environment, LogLevel level, const std::string& text) {
  environment.services.log.write(level, text);
}

}  // namespace

// ---- On and off ----

void AppendLog::adopt(const config::Config& config) {
  policy_ = to_policy(config.appendfsync);
  no_sync_on_rewrite_ = config.no_appendfsync_on_rewrite;
  tail.set_policy(policy_);
  tail.pause_syncs(no_sync_on_rewrite_ && rewriting_);
  tail.collect_garbage(!config.aof_disable_auto_gc);
  feed.note_times(config.aof_timestamp_enabled);
}

/// Replies wait only for a log that promises something.
void AppendLog::set_gate() {
  if (!feed.attached()) return;
  feed.gate(state_ == State::on && policy_ == SyncPolicy::always && failure_.empty());
}

void AppendLog::open(const config::Config& config) {
  adopt(config);
  state_ = State::on;
  start_wanted_ = false;
  feed.attach();
  size_at_rewrite_ = tail.facts().base_bytes;
  set_gate();
}

void AppendLog::step_aside() {
  feed.hand_over();
  feed.detach();
  if (!job_) return;
  give_up_job();
  tail.put({.kind = LogWork::Kind::no_base, .end = feed.end()});
}

void AppendLog::step_back() {
  feed.attach();
  set_gate();
}

void AppendLog::follow(const config::Config& config) {
  adopt(config);
  start_wanted_ = config.appendonly && (state_ == State::off || stop_wanted_);
  stop_wanted_ = !config.appendonly && state_ != State::off;
  set_gate();
}

void AppendLog::stop(Environment& environment) {
  stop_wanted_ = false;
  told_disk_ |= feed.hand_over();
  feed.detach();
  told_disk_ |= tail.put({.kind = LogWork::Kind::close, .end = feed.end()});
  state_ = State::off;
  rewriting_ = false;
  if (job_)
    say(environment, LogLevel::notice,
        "Killing running AOF rewrite child: " + std::to_string(::getpid()));
  give_up_job();
  retry_us_ = 0;
  failure_.clear();
  environment.store.judge_writes();
  hold_writes(environment, false);
}

// ---- Rewriting ----

AppendLog::Rewrite AppendLog::request_rewrite() {
  if (rewriting_) return Rewrite::runs_already;
  consecutive_failures_ = 0;
  rewrite_wanted_ = true;
  return Rewrite::begins;
}

void AppendLog::begin_rewrite(Environment& environment) {
  const bool turned_on = std::exchange(start_wanted_, false);
  rewrite_wanted_ = false;
  retry_us_ = 0;
  rewriting_ = true;
  rewrite_begun_s_ = environment.clock.wall_us() / second_us;
  if (turned_on) {
    state_ = State::starting;
    feed.attach();
  }
  tail.pause_syncs(no_sync_on_rewrite_);
  job_ = std::make_unique<BaseJob>(environment);
  if (state_ != State::off) told_disk_ |= feed.next_file();
  say(environment, LogLevel::notice,
      "Background append only file rewriting started by pid " + std::to_string(::getpid()));
}

bool AppendLog::go_on(Environment& environment, std::size_t entries) {
  if (!job_) return false;
  const bool more = job_->step(entries);
  if (!more && job_->file().state() != BaseJob::State::running) end_job(environment);
  return more;
}

void AppendLog::finish_job(Environment& environment) {
  if (!job_) return;
  job_->run_to_end();
  end_job(environment);
}

/// The file is there, or is not; the disk actor does the rest.
void AppendLog::end_job(Environment& environment) {
  const std::unique_ptr<BaseJob> ended = std::move(job_);
  last_cut_bytes_ = ended->snapshot().cut_bytes_peak();
  Saving& saving = environment.store.saving;
  saving.longest_hook_ns = std::max(saving.longest_hook_ns, ended->snapshot().longest_hook_ns());
  if (ended->file().state() != BaseJob::State::done) {
    say(environment, LogLevel::warning, ended->file().error());
    if (state_ == State::off) return end_rewrite(environment, false);
    told_disk_ |= tail.put({.kind = LogWork::Kind::no_base, .end = feed.end()});
  } else {
    told_disk_ |= tail.put({.kind = LogWork::Kind::base,
                            .end = feed.end(),
                            .format = ended->format(),
                            .alone = state_ == State::off,
                            .path = ended->path()});
  }
  if (std::exchange(told_disk_, false) && tell_disk) tell_disk();
}

void AppendLog::give_up_job() {
  if (!job_) return;
  job_->cancel();
  given_up_.push_back(std::move(job_));
}

std::uint64_t AppendLog::held_bytes() const {
  std::uint64_t bytes = buffered_bytes();
  if (job_) bytes += job_->snapshot().held_bytes();
  for (const auto& each : given_up_) bytes += each->file().pending_bytes();
  return bytes;
}

void AppendLog::end_rewrite(Environment& environment, bool well) {
  rewriting_ = false;
  give_up_job();  // where the disk could not even begin a file for it
  tail.pause_syncs(false);
  last_rewrite_s_ = environment.clock.wall_us() / second_us - rewrite_begun_s_;
  if (well) {
    consecutive_failures_ = 0;
    size_at_rewrite_ = tail.facts().current_bytes;
    if (state_ == State::starting) state_ = State::on;
    set_gate();
    say(environment, LogLevel::notice, "Background AOF rewrite finished successfully");
    return;
  }
  ++consecutive_failures_;
  say(environment, LogLevel::warning, "Background AOF rewrite terminated with error");
  if (state_ == State::starting || !failure_.empty()) retry_later(environment.clock.monotonic_us());
}

/// A log that has failed is tried again soon: nobody can write until then.
void AppendLog::retry_later(std::int64_t now_us) {
  std::int64_t delay_us = second_us;
  if (failure_.empty() && consecutive_failures_ >= failures_before_delay) {
    const auto doublings =
        std::min<std::uint64_t>(consecutive_failures_ - failures_before_delay, 6);
    delay_us = std::min(std::int64_t{1} << doublings, longest_delay_minutes) * 60 * second_us;
  }
  retry_us_ = now_us + delay_us;
}

void AppendLog::rewrite_if_grown(Environment& environment) {
  const config::Config& config = environment.config();
  if (state_ != State::on || rewriting_ || wants_change() ||
      config.auto_aof_rewrite_percentage == 0 || retry_us_ != 0)
    return;
  const std::uint64_t current = tail.facts().current_bytes;
  if (current <= config.auto_aof_rewrite_min_size_bytes) return;
  const std::uint64_t base = std::max<std::uint64_t>(size_at_rewrite_, 1);
  const auto growth = static_cast<std::int64_t>(current * 100 / base) - 100;
  if (growth < config.auto_aof_rewrite_percentage) return;
  if (consecutive_failures_ >= failures_before_delay) {
    retry_later(environment.clock.monotonic_us());
    return;
  }
  say(environment, LogLevel::notice,
      "Starting automatic rewriting of AOF on " + std::to_string(growth) + "% growth");
  rewrite_wanted_ = true;
}

// ---- Turns ----

bool AppendLog::end_turn(Environment& environment) {
  if (stop_wanted_) stop(environment);
  const Store& store = environment.store;
  const bool may_begin = !rewriting_ && !store.saving.in_progress() && !store.loading.active;
  if ((start_wanted_ || rewrite_wanted_) && may_begin) begin_rewrite(environment);
  if (policy_ == SyncPolicy::always || feed.chunk_bytes() >= gathered_bytes)
    told_disk_ |= feed.hand_over();
  if (feed.attached() && !behind_ && tail.unwritten_bytes() > unwritten_bytes_max)
    hold_writes(environment, true);
  return std::exchange(told_disk_, false);
}

void AppendLog::flush_and_wait() {
  constexpr std::int64_t step_us = 100;
  feed.hand_over();
  if (!tell_disk) return;
  tell_disk();
  for (std::int64_t us = 0; us < flush_us_max && tail.unwritten_bytes() > 0; us += step_us)
    std::this_thread::sleep_for(std::chrono::microseconds(step_us));
}

void AppendLog::tick(Environment& environment) {
  std::erase_if(given_up_,
                [](const auto& each) { return each->file().state() != BaseJob::State::running; });
  if (state_ == State::off && !rewriting_) return;
  tail.pause_syncs(no_sync_on_rewrite_ && (rewriting_ || environment.store.saving.in_progress()));
  note_progress(environment);
  watch_delay(environment);
  note_event(environment, latency_event::log_write, tail.take_longest_write_ns());
  note_event(environment, latency_event::log_sync_always, tail.take_longest_sync_ns());
  const std::int64_t now_us = environment.clock.monotonic_us();
  if (retry_us_ != 0 && retry_us_ <= now_us && !rewriting_) {
    retry_us_ = 0;
    rewrite_wanted_ = true;
  }
  rewrite_if_grown(environment);
}

void AppendLog::note_progress(Environment& environment) {
  const LogFacts facts = tail.facts();
  const std::uint64_t ended = facts.rewrites_ended;
  if (std::exchange(rewrites_seen_, ended) != ended && rewriting_)
    end_rewrite(environment, facts.last_rewrite_ok);
  look(environment);
  if (behind_ && tail.unwritten_bytes() < unwritten_bytes_max / 2 && !delay_counted_)
    hold_writes(environment, false);
  if (behind_) tail.want_word();
}

void AppendLog::note_health(Environment& environment) {
  failure_ = tail.failed() ? tail.facts().error : std::string();
  environment.store.judge_writes();
  set_gate();
  if (failure_.empty()) {
    say(environment, LogLevel::notice, "The append log has a new base, writes are accepted again.");
  } else if (!rewriting_) {
    retry_later(environment.clock.monotonic_us());
  }
}

// ---- A disk that is behind ----

void AppendLog::hold_writes(Environment& environment, bool held) {
  behind_ = held;
  environment.store.pause.wait_for_disk(held);
  if (held) tail.want_word();
}

/// With everysec what is put in is to be written within two seconds.
void AppendLog::watch_delay(Environment& environment) {
  const std::int64_t now_us = environment.clock.monotonic_us();
  const std::uint64_t done = feed.end() - feed.chunk_bytes() - tail.unwritten_bytes();
  if (done >= put_bytes_ || policy_ != SyncPolicy::everysec) {
    put_bytes_ = feed.end() - feed.chunk_bytes();
    marked_us_ = now_us;
    if (std::exchange(delay_counted_, false)) hold_writes(environment, false);
    return;
  }
  if (delay_counted_ || now_us - marked_us_ < unwritten_us_max) return;
  delay_counted_ = true;
  tail.count_delayed_sync();
  say(environment, LogLevel::notice,
      "Asynchronous AOF fsync is taking too long (disk is busy?). Commands that write wait until "
      "what came before is written.");
  hold_writes(environment, true);
}

}  // namespace respawn::engine
