#include "persistence/append_log/log_disk.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace respawn::persistence {

void LogDisk::use(LogDirectory directory, LogManifest manifest) {
  const std::lock_guard guard(mutex_);
  directory_.emplace(std::move(directory));
  manifest_ = std::move(manifest);
}

// ---- The start of the process ----

Status LogDisk::open(std::optional<LogWork> base) {
  const std::lock_guard guard(mutex_);
  std::error_code failed = directory_->make();
  if (!failed) failed = base ? begin_with(std::move(*base)) : go_on_with_last();
  if (failed)
    return failure("Can't open or create the append-only files in " + directory_->path() + ": " +
                   failed.message());
  manifest_saved_ = true;
  collect_history();
  other_bytes_ = log_bytes(*directory_, manifest_) - good_bytes_;
  if (manifest_.base())
    base_bytes_ = file_bytes(directory_->files(), directory_->path_of(manifest_.base()->name));
  measure();
  tail_.set_durable(0, clock_.wall_us());
  return success();
}

std::error_code LogDisk::begin_with(LogWork base) {
  std::unique_ptr<File> file;
  if (std::error_code failed = open_next(manifest_, file)) return failed;
  use_file(std::move(file));
  return place_base(base);
}

std::error_code LogDisk::go_on_with_last() {
  if (manifest_.incremental().empty()) manifest_.add_incremental(directory_->prefix());
  const std::string path = directory_->path_of(manifest_.incremental().back().name);
  std::unique_ptr<File> file;
  std::error_code failed = directory_->files().open(path, FileSystem::Open::append, file);
  if (failed) return failed;
  use_file(std::move(file));
  // What was read may never have been synced by who wrote it: from now on it is promised.
  failed = file_->sync();
  if (!failed) failed = file_->size(good_bytes_);
  if (!failed) failed = directory_->sync();
  if (!failed) failed = directory_->save(manifest_);
  return failed;
}

void LogDisk::use_file(std::shared_ptr<File> file) {
  file_ = std::move(file);
  lane_files_.fill(nullptr);
  ++file_number_;
}

void LogDisk::resume() {
  const std::lock_guard guard(mutex_);
  dismissed_ = false;
  if (!file_) return;
  if (std::error_code failed = file_->truncate(good_bytes_))
    fail("cutting the file behind what was good", failed);
}

// ---- Work ----

LogDisk::Turn LogDisk::work(std::size_t lane) {
  std::unique_lock lock(mutex_);
  if (lane > 0 && tail_.policy() != SyncPolicy::always) return {};
  if (lane == 0)
    if (const std::int64_t us = gathers_us(); us > 0) return {.again_us = us};
  return take_turn(lane, lock);
}

/// How long what has come waits for the others. The tail says when they are there.
std::int64_t LogDisk::gathers_us() {
  if (tail_.policy() != SyncPolicy::always || tail_.syncs_paused()) return 0;
  const std::uint64_t now_ns = clock_.stopwatch_ns();
  if (lanes_.overlap(now_ns)) return 0;
  // In this order: what is put in between is seen.
  tail_.tell_at(gathering_.wanted_bytes());
  const std::uint64_t wait_ns = gathering_.wait_ns(tail_.unwritten_bytes(), now_ns);
  if (wait_ns == 0) tail_.tell_at(0);
  return static_cast<std::int64_t>((wait_ns + 999) / 1000);
}

LogDisk::Turn LogDisk::take_turn(std::size_t lane, std::unique_lock<std::mutex>& lock) {
  for (LogWork& work : tail_.take()) pending_.push_back(std::move(work));
  while (!pending_.empty()) {
    perform(pending_.front());
    pending_.pop_front();
  }
  sync_by_policy(lane, lock);
  if (tail_.take_wanted_word()) turn_.tell_keyspace = true;
  return std::exchange(turn_, {});
}

void LogDisk::finish() {
  std::unique_lock lock(mutex_);
  landed_.wait(lock, [this] { return lanes_.flying() == 0; });
  static_cast<void>(take_turn(0, lock));
  if (file_ && manifest_saved_) static_cast<void>(sync());
}

void LogDisk::perform(LogWork& work) {
  switch (work.kind) {
    case LogWork::Kind::bytes:
      return append(work);
    case LogWork::Kind::next_file:
      return next_file(work);
    case LogWork::Kind::base:
      return put_base(work);
    case LogWork::Kind::no_base:
      if (rewriting_) end_rewrite(false);
      return;
    case LogWork::Kind::close:
      return close();
  }
}

void LogDisk::append(const LogWork& work) {
  const std::uint64_t begun_ns = clock_.stopwatch_ns();
  if (const std::int64_t us = tail_.write_delay_us(); us > 0)
    std::this_thread::sleep_for(std::chrono::microseconds(us));
  const std::error_code failed = file_ ? file_->append(work.bytes.view()) : std::error_code();
  tail_.bytes_done(work.bytes.size());
  tail_.note_write(clock_.stopwatch_ns() - begun_ns);
  if (failed) return fail("writing", failed);
  if (!file_) return;
  good_bytes_ += work.bytes.size();
  written_ = work.end;
  measure();
}

/// Until the base stands, what is written here counts only with the files before it; where those
/// are not the log (none was written, or it has failed), with the base alone.
void LogDisk::next_file(const LogWork& work) {
  if (file_ && !sync()) return end_rewrite(false);
  LogManifest next = manifest_;
  std::unique_ptr<File> file;
  std::error_code failed = open_next(next, file);
  if (!failed && manifest_saved_) failed = directory_->save(next);
  if (failed) return end_rewrite(false, "Can't open the append-only file: " + failed.message());
  other_bytes_ += std::exchange(good_bytes_, 0);
  use_file(std::move(file));
  manifest_ = std::move(next);
  written_ = work.end;
  rewriting_ = true;
  measure();
}

std::error_code LogDisk::open_next(LogManifest& next, std::unique_ptr<File>& file) {
  const std::string name = next.add_incremental(directory_->prefix()).name;
  std::error_code failed = directory_->make();
  if (!failed)
    failed = directory_->files().open(directory_->path_of(name), FileSystem::Open::replace, file);
  if (!failed) failed = directory_->sync();
  return failed;
}

void LogDisk::put_base(LogWork& work) {
  if (work.alone) return put_base_alone(work);
  // Where the file for it could not be begun that has been said.
  if (!rewriting_ || !sync()) {
    if (!work.path.empty()) directory_->files().remove(work.path);
    return;
  }
  if (const std::error_code failed = place_base(work))
    return end_rewrite(false, "Can't put the new AOF base in its place: " + failed.message());
  other_bytes_ = base_bytes_;
  manifest_saved_ = true;
  tail_.heal(synced_, clock_.wall_us());
  turn_.durable_rose = true;
  measure();
  end_rewrite(true);
  collect_history();
}

void LogDisk::put_base_alone(LogWork& work) {
  std::error_code failed = directory_->make();
  if (!failed) failed = place_base(work);
  end_rewrite(!failed, failed ? "Can't write the AOF base: " + failed.message() : "");
  if (!failed) collect_history();
}

/// The base gets its name, and the manifest says so, when all of it and of the file behind it is on
/// the medium.
std::error_code LogDisk::place_base(LogWork& work) {
  if (work.path.empty())
    if (std::error_code failed = write_temporary(work)) return failed;
  LogManifest next = manifest_;
  const std::string path = directory_->path_of(
      next.replace_base(directory_->prefix(), work.format, work.alone ? 0 : 1).name);
  if (std::error_code failed = directory_->files().rename(work.path, path)) return failed;
  if (std::error_code failed = directory_->sync()) return failed;
  if (std::error_code failed = directory_->save(next)) return failed;
  manifest_ = std::move(next);
  base_bytes_ = file_bytes(directory_->files(), path);
  return {};
}

std::error_code LogDisk::write_temporary(LogWork& work) {
  work.path = directory_->path_of("temp-" + directory_->prefix() + ".base");
  std::unique_ptr<File> file;
  std::error_code failed = directory_->files().open(work.path, FileSystem::Open::replace, file);
  if (!failed) failed = file->append(work.bytes.view());
  if (!failed) failed = file->sync();
  if (failed) directory_->files().remove(work.path);
  return failed;
}

void LogDisk::end_rewrite(bool well, const std::string& problem) {
  rewriting_ = false;
  tail_.rewrite_ended(well);
  turn_.tell_keyspace = true;
  if (!problem.empty()) turn_.problem = problem;
}

void LogDisk::collect_history() {
  if (manifest_.history().empty() || !tail_.collects_garbage()) return;
  LogManifest next = directory_->without_history(manifest_);
  // Where it cannot be saved, names of files that are gone stay in it: they are not loaded.
  if (!directory_->save(next)) manifest_ = std::move(next);
}

void LogDisk::close() {
  if (file_) static_cast<void>(sync());
  use_file(nullptr);
  manifest_saved_ = false;
  rewriting_ = false;
  good_bytes_ = other_bytes_ = base_bytes_ = 0;
  measure();
  tail_.heal(LogTail::everything, clock_.wall_us());
  turn_.durable_rose = true;
  turn_.tell_keyspace = true;
}

// ---- Flushing ----

void LogDisk::sync_by_policy(std::size_t lane, std::unique_lock<std::mutex>& lock) {
  if (!file_ || synced_ == written_ || !manifest_saved_ || tail_.failed()) return;
  const SyncPolicy policy = tail_.policy();
  if (policy == SyncPolicy::no) return;
  if (tail_.syncs_paused()) {
    // Asked for: nothing waits for the medium meanwhile.
    note_durable(written_);
    turn_.again_us = sync_period_us;
    return;
  }
  if (policy == SyncPolicy::always) return sync_in_lane(lane, lock);
  const std::int64_t next_us = synced_at_us_ + sync_period_us - clock_.monotonic_us();
  if (next_us > 0) {
    turn_.again_us = next_us;
    return;
  }
  sync();
}

void LogDisk::note_durable(std::uint64_t offset) {
  tail_.set_durable(offset, clock_.wall_us());
  turn_.durable_rose = true;
}

bool LogDisk::sync() {
  const std::uint64_t begun_ns = clock_.stopwatch_ns();
  synced_at_us_ = clock_.monotonic_us();
  if (std::error_code failed = file_->sync()) {
    fail("flushing", failed);
    return false;
  }
  tail_.note_sync(clock_.stopwatch_ns() - begun_ns);
  synced_ = flushing_ = written_;
  if (!manifest_saved_ || tail_.failed()) return true;
  note_durable(synced_);
  return true;
}

/// Others may work meanwhile. What was written before a flush began is durable when it ends well,
/// whatever becomes of those that began earlier.
void LogDisk::sync_in_lane(std::size_t lane, std::unique_lock<std::mutex>& lock) {
  if (flushing_ == written_) return;
  const std::shared_ptr<File> file = file_of(lane);
  if (!file) return static_cast<void>(sync());
  const std::uint64_t number = file_number_;
  const std::uint64_t covered = written_ - synced_;
  const std::uint64_t end = flushing_ = written_;
  synced_at_us_ = clock_.monotonic_us();
  const SyncLanes::Flight flight = lanes_.take_off(clock_.stopwatch_ns());
  if (lanes_.overlap(flight.begun_ns)) lanes_changed_.notify_one();
  std::error_code failed;
  try {
    lock.unlock();
    failed = file->sync();
    lock.lock();
  } catch (...) {  // whoever goes on flushes it
    lock.lock();
    land(flight);
    flushing_ = synced_;
    throw;
  }
  const std::uint64_t now_ns = land(flight);
  if (number != file_number_) return;  // it was flushed as a whole, or has failed
  if (failed) return fail("flushing", failed);
  tail_.note_sync(now_ns - flight.begun_ns);
  if (flight.alone)
    gathering_.flushed(covered, tail_.unwritten_bytes(), now_ns - flight.begun_ns, now_ns);
  if (end <= synced_) return;
  synced_ = end;
  note_durable(end);
}

/// What the time is.
std::uint64_t LogDisk::land(const SyncLanes::Flight& flight) {
  const std::uint64_t now_ns = clock_.stopwatch_ns();
  lanes_.land(flight, now_ns);
  landed_.notify_all();
  return now_ns;
}

/// Null where it cannot be opened once more.
std::shared_ptr<File> LogDisk::file_of(std::size_t lane) {
  if (lane == 0 && !lanes_.overlap(clock_.stopwatch_ns())) return file_;
  std::shared_ptr<File>& own = lane_files_[lane];
  if (own) return own;
  const std::string path = directory_->path_of(manifest_.incremental().back().name);
  std::unique_ptr<File> file;
  if (!directory_->files().open(path, FileSystem::Open::append, file)) own = std::move(file);
  return own;
}

// ---- Helpers ----

bool LogDisk::wants_helpers() {
  const std::lock_guard guard(mutex_);
  return lanes_.overlap(clock_.stopwatch_ns());
}

bool LogDisk::has_unsynced() const {
  return flushing_ < written_ || tail_.unwritten_bytes() > 0;
}

bool LogDisk::await_work() {
  const std::lock_guard baton(baton_);
  std::unique_lock lock(mutex_);
  while (!dismissed_) {
    const auto due_ns = lanes_.due_in_ns(clock_.stopwatch_ns());
    if (!due_ns)
      lanes_changed_.wait(lock);
    else if (*due_ns == 0 && has_unsynced())
      return true;
    else
      lanes_changed_.wait_for(
          lock, std::chrono::nanoseconds(*due_ns > 0 ? *due_ns : lanes_.distance_ns()));
  }
  return false;
}

void LogDisk::dismiss_helpers() {
  const std::lock_guard guard(mutex_);
  dismissed_ = true;
  lanes_changed_.notify_all();
}

/// What is in the file, nobody knows. What can be known is kept loadable: it is cut behind the last
/// whole write.
void LogDisk::fail(const std::string& what, std::error_code error) {
  static_cast<void>(file_->truncate(good_bytes_));
  use_file(nullptr);
  if (std::exchange(manifest_saved_, false)) {
    tail_.fail(error.message());
    turn_.failed = true;
  }
  flushing_ = synced_;
  turn_.problem = "Error " + what + " to the AOF file: " + error.message();
  turn_.tell_keyspace = true;
  if (rewriting_) end_rewrite(false);
}

void LogDisk::measure() {
  tail_.set_sizes(base_bytes_, other_bytes_ + good_bytes_);
}

}  // namespace respawn::persistence
