#include "persistence/snapshot/rdb_snapshot.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace respawn::persistence {

RdbSnapshot::RdbSnapshot(keyspace::Databases& data, BackgroundFilePlan plan,
                         RdbSnapshotOptions options, const Functions& functions)
    : file_(std::move(plan)), writer_(RdbWriter(file_), options.note), delay_us_(options.delay_us) {
  walk_.emplace(data, static_cast<EntrySink&>(*this));
  keys_total_ = walk_->keys_total();
  for (const auto& cut : walk_->databases()) {
    options.facts.fields_expire |= cut.fields_expire;
    options.facts.producers_are_known |= cut.producers_are_known;
  }
  writer_.set_clock_s(options.clock_s);
  writer_.begin(options.facts);
  functions([this](std::string_view code) { writer_.function(code); });
  for (const auto& cut : walk_->databases()) writer_.database(cut.db, cut.keys, cut.expiring);
}

void RdbSnapshot::entry(int db, const keyspace::Entry& entry) {
  writer_.key(db, entry);
}

/// Whether keys that are delayed have their time now.
bool RdbSnapshot::is_time() {
  if (delay_us_ <= 0) return true;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_key_) return false;
  next_key_ = now + std::chrono::microseconds(delay_us_);
  return true;
}

bool RdbSnapshot::step(std::size_t entries) {
  if (!walk_ || file_.state() != BackgroundFile::State::running || !file_.has_room()) return false;
  if (walk_->torn()) {
    cancel();
    return false;
  }
  if (!is_time()) return false;
  if (!walked_ && walk_->step(delay_us_ > 0 ? 1 : entries)) return true;
  // The last one has its time, too.
  if (delay_us_ > 0 && keys_total_ > 0 && !std::exchange(walked_, true)) return true;
  walk_.reset();
  writer_.end();
  file_.finish();
  return false;
}

Status RdbSnapshot::run_to_end() {
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
