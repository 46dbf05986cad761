#include "persistence/append_log/log_tail.hpp"

#include <utility>

namespace respawn::persistence {

bool LogTail::put(LogWork work) {
  bool enough = false;
  if (work.kind == LogWork::Kind::bytes) {
    const std::uint64_t before = unwritten_.fetch_add(work.bytes.size());
    const std::uint64_t wanted = tell_at_.load();
    enough = before < wanted && before + work.bytes.size() >= wanted;
  }
  std::lock_guard guard(mutex_);
  queue_.push_back(std::move(work));
  return enough || queue_.size() == 1;
}

std::vector<LogWork> LogTail::take() {
  std::lock_guard guard(mutex_);
  return std::exchange(queue_, {});
}

LogFacts LogTail::facts() const {
  std::lock_guard guard(mutex_);
  return facts_;
}

void LogTail::count_delayed_sync() {
  std::lock_guard guard(mutex_);
  ++facts_.delayed_syncs;
}

void LogTail::reset_statistics() {
  sync_ns_.clear();
  std::lock_guard guard(mutex_);
  facts_.rewrites = 0;
  facts_.delayed_syncs = 0;
}

void LogTail::set_durable(std::uint64_t offset, std::int64_t wall_us) {
  durable_.store(offset, std::memory_order_release);
  std::lock_guard guard(mutex_);
  facts_.durable_at_us = wall_us;
}

void LogTail::set_sizes(std::uint64_t base_bytes, std::uint64_t current_bytes) {
  std::lock_guard guard(mutex_);
  facts_.base_bytes = base_bytes;
  facts_.current_bytes = current_bytes;
}

void LogTail::rewrite_ended(bool well) {
  std::lock_guard guard(mutex_);
  ++facts_.rewrites_ended;
  if (well) ++facts_.rewrites;
  facts_.last_rewrite_ok = well;
}

void LogTail::fail(std::string error) {
  {
    std::lock_guard guard(mutex_);
    facts_.error = std::move(error);
  }
  failed_.store(true, std::memory_order_release);
}

void LogTail::heal(std::uint64_t durable, std::int64_t wall_us) {
  set_durable(durable, wall_us);
  {
    std::lock_guard guard(mutex_);
    facts_.error.clear();
  }
  failed_.store(false, std::memory_order_release);
}

}  // namespace respawn::persistence
