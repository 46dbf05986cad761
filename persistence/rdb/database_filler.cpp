#include "persistence/rdb/database_filler.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "keyspace/change.hpp"
#include "keyspace/types/hash.hpp"

namespace respawn::persistence {

Status DatabaseFiller::key(RdbKey& key) {
  if (options_.delay_us > 0)
    std::this_thread::sleep_for(std::chrono::microseconds(options_.delay_us));
  if (key.expire_at_ms < options_.now_ms) {
    ++counts_.keys_expired;
    return success();
  }
  Batch& batch = batches_[handed_ % batch_count];
  if (batch.keys.size() == batch.used) batch.keys.emplace_back();
  RdbKey& place = batch.keys[batch.used++];
  std::swap(place, key);
  key.db = place.db;
  batch.bytes += place.name.size() + place.value.text.size();
  return batch.used == batch_keys || batch.bytes >= batch_bytes ? hand_over() : success();
}

FillCounts DatabaseFiller::counts() const {
  FillCounts all = counts_;
  all.keys_loaded = keys_loaded_.load(std::memory_order_relaxed);
  return all;
}

/// The batch is full: the next one in turn is free when this returns.
Status DatabaseFiller::hand_over() {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  std::unique_lock lock(mutex_);
  ++handed_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return in_vain() || finished_ + batch_count > handed_; });
  if (thrown_) std::rethrow_exception(thrown_);
  return failed_;
}

/// What was handed over is put in, or not wanted.
void DatabaseFiller::end_thread(bool give_up) noexcept {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    given_up_ = give_up;
  }
  changed_.notify_all();
  thread_.join();
}

DatabaseFiller::~DatabaseFiller() {
  end_thread(true);
}

Status DatabaseFiller::finish() {
  end_thread(false);
  if (thrown_) std::rethrow_exception(thrown_);
  if (!failed_.ok()) return failed_;
  if (Status status = put_all(batches_[handed_ % batch_count]); !status.ok()) return status;
  databases_.settled();
  return success();
}

Status DatabaseFiller::function(std::string_view code) {
  functions_.emplace_back(code);
  return success();
}

void DatabaseFiller::skipped(std::string_view what, std::string_view) {
  ++(what == "empty key" ? counts_.keys_empty : counts_.skipped);
}

// ---- The thread's side --------------------------------------------------------------------------

void DatabaseFiller::run() noexcept {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return finished_ < handed_ || ended_; });
    if (given_up_ || finished_ == handed_) return;
    Batch& batch = batches_[finished_ % batch_count];
    lock.unlock();
    Status status = success();
    std::exception_ptr thrown;
    try {
      status = put_all(batch);
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    thrown_ = thrown;
    failed_ = std::move(status);
    ++finished_;
    changed_.notify_all();
    if (in_vain()) return;  // nothing of what comes behind it is put in
  }
}

Status DatabaseFiller::put_all(Batch& batch) {
  std::array<std::uint64_t, batch_keys> hashes;
  const auto fetch = [&](std::size_t at) {
    const RdbKey& key = batch.keys[at];
    hashes[at] = keyspace::hash_bytes(key.name);
    databases_.at(static_cast<std::size_t>(key.db)).prefetch(hashes[at]);
  };
  const std::size_t count = std::exchange(batch.used, 0);
  const bool has_long_ones = std::exchange(batch.bytes, 0) >= batch_bytes;
  for (std::size_t i = 0; i < std::min(ahead, count); ++i) fetch(i);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + ahead < count) fetch(i + ahead);
    if (Status status = put(batch.keys[i], hashes[i]); !status.ok()) return status;
  }
  if (has_long_ones) batch.keys.clear();
  return success();
}

Status DatabaseFiller::put(RdbKey& key, std::uint64_t hash) {
  const auto index = static_cast<std::size_t>(key.db);
  const keyspace::Key name(key.name, hash);
  const keyspace::Entry* existing = databases_.at(index).find(name);
  if (existing && !options_.replace)
    return failure("RDB has duplicated key '" + key.name + "' in DB " + std::to_string(key.db));
  keyspace::Change change(databases_, index, name, existing);
  store_value(change, std::move(key.value), key.expire_at_ms);
  if (options_.access_clock && (key.idle_s >= 0 || key.frequency >= 0))
    change.entry()->set_access_clock(options_.access_clock(key.idle_s, key.frequency));
  keys_loaded_.fetch_add(1, std::memory_order_relaxed);
  return success();
}

}  // namespace respawn::persistence
