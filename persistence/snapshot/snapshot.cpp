#include "persistence/snapshot/snapshot.hpp"

#include <thread>

namespace respawn::persistence {

SnapshotWalk& Snapshot::begin(keyspace::Databases& data, WalkKind kind) {
  walk_.emplace(data, static_cast<EntrySink&>(*this), kind);
  keys_total_ = walk_->keys_total();
  return *walk_;
}

void Snapshot::cancel() {
  file_.cancel();
  stop_walking();
}

void Snapshot::stop_walking() {
  if (!walk_) return;
  cut_bytes_peak_ = walk_->held_bytes_peak();
  longest_hook_ns_ = walk_->longest_hook_ns();
  walk_.reset();
}

/// Whether the last key has had its time.
bool Snapshot::is_time() const {
  return delay_us_ <= 0 || std::chrono::steady_clock::now() >= next_key_;
}

bool Snapshot::step(std::size_t entries) {
  if (!walk_ || file_.state() != BackgroundFile::State::running || !file_.has_room()) return false;
  if (!walk_->torn() && !is_time()) return false;
  const std::size_t before = keys_written();
  const bool more = !walk_->torn() && walk_->step(delay_us_ > 0 ? 1 : entries);
  if (delay_us_ > 0 && keys_written() > before)
    next_key_ = std::chrono::steady_clock::now() + std::chrono::microseconds(delay_us_);
  if (walk_->torn()) {
    cancel();
    return false;
  }
  if (more) return true;
  if (!is_time()) return false;  // the last one has its time, too
  stop_walking();
  end();
  file_.finish();
  return false;
}

Status Snapshot::run_to_end() {
  constexpr std::size_t entries = 256;
  while (walk_ && file_.state() == BackgroundFile::State::running) {
    while (step(entries)) {
    }
    if (walk_) file_.wait_for_room();
    if (delay_us_ > 0) std::this_thread::sleep_until(next_key_);
  }
  file_.wait();
  if (file_.state() == BackgroundFile::State::done) return success();
  return failure(file_.error());
}

}  // namespace respawn::persistence
