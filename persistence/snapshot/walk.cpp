#include "persistence/snapshot/walk.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

#include "base/bring_near.hpp"
#include "keyspace/types/copied_bytes.hpp"

namespace respawn::persistence {

using keyspace::Contents;
using keyspace::Entry;

namespace {

/// Buckets that one step goes through at most, empty ones too.
constexpr int step_buckets = 16;

/// Steps after which is counted again what is held.
constexpr unsigned refresh_steps = 16;

std::uint64_t position_of(const Entry& entry) {
  return Contents::position(keyspace::hash_bytes(entry.key()));
}

/// Bytes of the tables, and as many for each entry as some of them have on average; long values,
/// which get cuts of their own, count nothing.
std::size_t about_bytes(const Contents& contents) {
  constexpr std::size_t entries_looked_at = 256;
  std::size_t seen = 0;
  std::size_t bytes = 0;
  for (std::uint64_t at = 0; at < Contents::position_end && seen < entries_looked_at;)
    at = contents.walk_step(at, [&](const Entry& entry) {
      ++seen;
      if (!EntryCut::is_worth_it(entry)) bytes += entry.memory_bytes();
    });
  return contents.table_bytes() + (seen > 0 ? bytes * contents.key_count() / seen : 0);
}

}  // namespace

SnapshotWalk::SnapshotWalk(keyspace::Databases& data, EntrySink& sink, WalkKind kind)
    : data_(data), sink_(sink), kind_(kind) {
  for (std::size_t index = 0; index < data.count(); ++index) {
    const Contents& contents = data.at(index).contents();
    if (contents.key_count() == 0) continue;
    const int db = static_cast<int>(index);
    facts_.push_back({db, contents.key_count(), contents.expiring_count(),
                      contents.expiring_hash_count() > 0, contents.producer_stream_count() > 0});
    cuts_.push_back(make_cut(db, contents));
    keys_total_ += contents.key_count();
  }
  data.add_observer(*this);
}

SnapshotWalk::~SnapshotWalk() {
  data_.remove_observer(*this);
  slices_ = {};
  for (Cut& cut : cuts_) let_go(cut);
}

SnapshotWalk::Cut SnapshotWalk::make_cut(int db, const Contents& contents) {
  const auto bits = static_cast<unsigned>(std::bit_width(contents.bucket_count()));
  Cut cut;
  cut.db = db;
  cut.contents = &contents;
  cut.range_bits = Contents::position_bits - bits;
  cut.written_ahead.resize(std::size_t{1} << bits);
  return cut;
}

/// Null: nothing of them is ahead.
SnapshotWalk::Cut* SnapshotWalk::cut_of(const Contents& contents) {
  for (std::size_t i = current_; i < cuts_.size(); ++i)
    if (cuts_[i].contents == &contents) return &cuts_[i];
  return nullptr;
}

void SnapshotWalk::write(const Cut& cut, const Entry& entry) {
  writing_ = true;
  if (kind_ == WalkKind::beside_changes && EntryCut::is_worth_it(entry)) {
    hold(cut, entry);
  } else {
    sink_.entry(cut.db, entry);
    ++keys_written_;
  }
  writing_ = false;
}

void SnapshotWalk::before_change(std::size_t database, const keyspace::Key& key,
                                 const Entry* entry) {
  write_ahead(database, key);
  if (!held_.empty()) note_change(entry);
}

void SnapshotWalk::write_ahead(std::size_t database, const keyspace::Key& key) {
  Cut* cut = cut_of(data_.at(database).contents());
  if (!cut) return;
  const std::uint64_t position = Contents::position(key.hash);
  const std::uint64_t range = position >> cut->range_bits;
  if (position < cut->cursor || cut->written_ahead[range]) return;
  const auto begun = std::chrono::steady_clock::now();
  write_range(*cut, range);
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begun;
  longest_hook_ns_ = std::max(longest_hook_ns_, static_cast<std::uint64_t>(took.count()));
}

/// What of it is not behind the cursor.
void SnapshotWalk::write_range(Cut& cut, std::uint64_t range) {
  std::uint64_t at = std::max(range << cut.range_bits, cut.cursor);
  const std::uint64_t end = (range + 1) << cut.range_bits;
  while (at < end)
    at = cut.contents->walk_step(at, [&](const Entry& entry) {
      if (position_of(entry) < end) write(cut, entry);
    });
  cut.written_ahead[range] = true;
}

void SnapshotWalk::cleared(std::unique_ptr<Contents>& contents) {
  Cut* const cut = cut_of(*contents);
  if (!cut) return;
  cut->kept = std::move(contents);
  cut->kept_bytes = about_bytes(*cut->kept);
  held_bytes_ += cut->kept_bytes;
  held_bytes_peak_ = std::max(held_bytes_peak_, held_bytes_);
}

/// Contents that nobody but the walk holds, and that it has gone through.
void SnapshotWalk::let_go(Cut& cut) {
  if (!cut.kept) return;
  held_bytes_ -= std::exchange(cut.kept_bytes, 0);
  data_.garbage().take(std::move(cut.kept));
}

bool SnapshotWalk::any_ahead(const Cut& cut, std::uint64_t from, std::uint64_t end) {
  const std::uint64_t last = (end - 1) >> cut.range_bits;
  for (std::uint64_t range = from >> cut.range_bits; range <= last; ++range)
    if (cut.written_ahead[range]) return true;
  return false;
}

/// One bucket; how many entries were written.
std::size_t SnapshotWalk::step_in(Cut& cut) {
  const std::size_t before = keys_written_;
  // Where the bucket ends is known only when it has been seen; most have nothing written ahead.
  seen_.clear();
  const std::uint64_t next = cut.contents->walk_step(cut.cursor, [&](const Entry& entry) {
    bring_near(&entry);
    seen_.push_back(&entry);
  });
  const bool some_written = any_ahead(cut, cut.cursor, next);
  for (const Entry* entry : seen_)
    if (!some_written || !cut.written_ahead[position_of(*entry) >> cut.range_bits])
      write(cut, *entry);
  cut.cursor = next;
  return keys_written_ - before;
}

// ---- Long values --------------------------------------------------------------------------------

void SnapshotWalk::hold(const Cut& from, const Entry& entry) {
  if (held_.empty()) copies_seen_ = keyspace::CopiedBytes::total();
  held_.push_back(std::make_unique<EntryCut>(data_, from.db, entry));
  EntryCut& cut = *held_.back();
  if (from.kept) note_change(cut);
  held_values_.insert(&cut, keyspace::hash_bytes(ByIdentity::key(cut)));
}

/// What was copied since then was copied because of it.
void SnapshotWalk::note_copies() {
  const std::uint64_t total = keyspace::CopiedBytes::total();
  const std::uint64_t copied = total - std::exchange(copies_seen_, total);
  if (changing_ != nullptr) changing_->copied_bytes += copied;
}

void SnapshotWalk::note_change(const Entry* entry) {
  note_copies();
  changing_ = nullptr;
  const void* const identity = entry != nullptr ? EntryCut::identity(*entry) : nullptr;
  if (identity == nullptr) return;
  const std::string_view key = bytes_of(identity);
  changing_ = held_values_.find(key, keyspace::hash_bytes(key));
  if (changing_ != nullptr) note_change(*changing_);
}

/// Where it was; one that has been renamed or moved counts as gone.
bool SnapshotWalk::is_gone(const EntryCut& cut) const {
  const Entry* const entry = data_.at(static_cast<std::size_t>(cut.db())).find(cut.key());
  return entry == nullptr || !cut.is_of(*entry);
}

void SnapshotWalk::note_change(EntryCut& cut) {
  if (!std::exchange(cut.changed, true)) changed_.push_back(&cut);
}

void SnapshotWalk::refresh() {
  note_copies();
  for (EntryCut* const cut : changed_) {
    held_bytes_ -= cut->counted_bytes;
    cut->counted_bytes = cut->held_bytes(is_gone(*cut));
    held_bytes_ += cut->counted_bytes;
    cut->changed = false;
  }
  changed_.clear();
  held_bytes_peak_ = std::max(held_bytes_peak_, held_bytes_);
}

/// A slice of the first one.
void SnapshotWalk::write_held() {
  EntryCut& cut = *held_.front();
  writing_ = true;
  if (!slices_) slices_ = sink_.entry(cut);
  const bool more = slices_.next();
  writing_ = false;
  failed_ |= cut.failed();
  note_change(cut);
  if (!more) let_go();
}

void SnapshotWalk::let_go() {
  EntryCut& cut = *held_.front();
  slices_ = {};
  std::erase(changed_, &cut);
  if (changing_ == &cut) changing_ = nullptr;
  held_bytes_ -= cut.counted_bytes;
  held_values_.erase(&cut, keyspace::hash_bytes(ByIdentity::key(cut)));
  held_.pop_front();
  ++keys_written_;
}

bool SnapshotWalk::step(std::size_t entries) {
  if (++steps_ % refresh_steps == 0) refresh();
  if (walked_all() && !held_.empty()) write_held();
  std::size_t written = 0;
  for (int bucket = 0; bucket < step_buckets && written < entries && !walked_all(); ++bucket) {
    Cut& cut = cuts_[current_];
    written += step_in(cut);
    if (cut.cursor < Contents::position_end) continue;
    let_go(cut);
    ++current_;
  }
  return !done();
}

}  // namespace respawn::persistence
