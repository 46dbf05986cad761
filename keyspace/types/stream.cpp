#include "keyspace/types/stream.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "base/allocation.hpp"
#include "base/check.hpp"

namespace respawn::keyspace {
namespace {

/// No block takes more bytes, whatever its limit, but for one that holds a single entry.
constexpr std::size_t block_most_bytes = std::size_t{1} << 30;

/// An eighth less than the limit where that is a page or more: of whole pages the allocator keeps a
/// record for each (128 bytes of jemalloc's), while eight blocks of 3,584 bytes share one.
std::size_t most_bytes(const StreamLimits& limits) {
  constexpr std::size_t page = 4096;
  const std::size_t most = limits.node_max_bytes == 0
                               ? block_most_bytes
                               : std::min(limits.node_max_bytes, block_most_bytes);
  return most < page ? most : most - most / 8;
}

/// So many are freed at once.
constexpr std::size_t few_blocks = 4;

}  // namespace

/// Blocks that left a stream.
struct Stream::Detached final : Disposable {
  [[nodiscard]] std::size_t size() const override { return entries; }

  std::size_t free_slice(std::size_t budget) noexcept override {
    std::size_t freed = 0;
    while (freed < budget && entries > freed) freed += blocks.drop_last();
    entries -= freed;
    return freed;
  }

  Directory blocks;
  std::size_t entries = 0;
};

/// What trimming takes out as whole blocks: those before `end`.
struct Stream::Cut {
  Place end;
  std::size_t entries = 0;
  bool within_limit = true;
};

// ---- as a whole --------------------------------------------------------------------------------

Stream::~Stream() {
  free_slice(std::numeric_limits<std::size_t>::max());
}

std::size_t Stream::size() const {
  std::size_t all = length_ + groups_.size();
  for (const auto& group : groups_) all += group->size();
  if (producers_) all += producers_->size();
  return all;
}

std::size_t Stream::memory_bytes() const {
  std::size_t bytes =
      allocated_bytes(sizeof *this) + blocks_.memory_bytes() + blocks_.block_bytes();
  if (groups_.capacity() > 0) bytes += allocated_bytes(groups_.capacity() * sizeof groups_[0]);
  for (const auto& group : groups_) bytes += group->memory_bytes();
  if (producers_) bytes += producers_->memory_bytes();
  return bytes;
}

std::size_t Stream::free_slice(std::size_t budget) noexcept {
  std::size_t freed = 0;
  while (freed < budget && length_ > 0) {
    const std::size_t entries = blocks_.drop_last();
    length_ -= entries;
    freed += entries;
  }
  while (freed < budget && !groups_.empty()) {
    if (groups_.back().is_shared()) {
      freed += groups_.back()->size();
    } else {
      freed += own(groups_.back()).free_slice(budget - freed);
      if (groups_.back()->size() > 0) continue;
    }
    groups_.pop_back();
    ++freed;
  }
  if (freed < budget && producers_) {
    if (!producers_.is_shared()) return freed + producers()->free_slice(budget - freed);
    freed += producers_->size();
    producers_.take();
  }
  return freed;
}

std::size_t Stream::unshared_bytes() const {
  std::size_t bytes = allocated_bytes(sizeof *this) + blocks_.unshared_bytes();
  if (groups_.capacity() > 0) bytes += allocated_bytes(groups_.capacity() * sizeof groups_[0]);
  for (const auto& group : groups_) bytes += group.is_shared() ? 0 : group->unshared_bytes();
  if (producers_ && !producers_.is_shared()) bytes += producers_->memory_bytes();
  return bytes;
}

std::unique_ptr<Stream> Stream::clone() const {
  auto copy = std::make_unique<Stream>();
  for (Blocks each = blocks(); each.valid(); each.next()) {
    const StreamBlock& block = each.block();
    StreamBlock* const copied = block.resized(0, 0);
    try {
      copy->blocks_.insert(copy->blocks_.end(), block.base(), copied);
    } catch (...) {
      StreamBlock::release(copied);
      throw;
    }
    copy->length_ += block.count();
  }
  copy->take_facts(*this);
  copy->groups_.reserve(groups_.size());
  for (const auto& group : groups_) copy->groups_.emplace_back(group->clone());
  if (producers_) copy->set_producers(producers_->clone());
  return copy;
}

std::unique_ptr<Stream> Stream::share() const {
  auto same = std::make_unique<Stream>();
  same->blocks_ = blocks_.share();
  same->length_ = length_;
  same->take_facts(*this);
  same->groups_.reserve(groups_.size());
  for (const auto& group : groups_) same->groups_.push_back(group.share());
  same->producers_ = producers_.share();
  return same;
}

void Stream::take_facts(const Stream& other) noexcept {
  last_id = other.last_id;
  max_deleted_id = other.max_deleted_id;
  entries_added = other.entries_added;
  last_entry_ = other.last_entry_;
}

// ---- adding ------------------------------------------------------------------------------------

void Stream::append(const StreamId& id, StreamBlock::Fields fields, const StreamLimits& limits) {
  if (blocks_.empty() || !add_to_last(id, fields, limits)) add_block(id, id, fields, fields);
  ++length_;
  count_one(entries_added);
  last_id = last_entry_ = id;
}

/// False where the last block is full: it takes as many entries as a node of Redis, those that were
/// erased counted, or as many of its own bytes.
bool Stream::add_to_last(const StreamId& id, StreamBlock::Fields fields,
                         const StreamLimits& limits) {
  const Place place = blocks_.last();
  const StreamBlock& block = *blocks_.at(place);
  if (limits.node_max_entries > 0 && block.node_entries() >= limits.node_max_entries) return false;
  const StreamBlock::Addition addition = block.plan(id, last_entry_, fields);
  if (block.bytes_with(addition.bytes) > most_bytes(limits)) return false;
  StreamBlock* const roomy = block.has_room(addition.bytes)
                                 ? blocks_.own(place)
                                 : resize(place, addition.bytes, most_bytes(limits));
  roomy->append(addition);
  blocks_.count(place, 1);
  return true;
}

void Stream::append_block(const StreamId& base, const StreamId& id, StreamBlock::Fields names,
                          StreamBlock::Fields fields) {
  add_block(base, id, names, fields);
  ++length_;
  count_one(entries_added);
  last_id = last_entry_ = id;
}

void Stream::set_erased_in_last_block(std::size_t entries) {
  blocks_.own(blocks_.last())->set_erased(entries);
}

void Stream::add_block(const StreamId& base, const StreamId& id, StreamBlock::Fields names,
                       StreamBlock::Fields fields) {
  StreamBlock* block = StreamBlock::create(base, names);
  try {
    const StreamBlock::Addition addition = block->plan(id, base, fields);
    if (!block->has_room(addition.bytes)) {
      StreamBlock* const roomy = block->resized(addition.bytes, 0);
      StreamBlock::release(std::exchange(block, roomy));
    }
    block->append(addition);
    blocks_.insert(blocks_.end(), base, block);
  } catch (...) {
    StreamBlock::release(block);
    throw;
  }
  const Place before = blocks_.previous(blocks_.last());
  if (before != blocks_.end()) tighten(before);
}

/// The block there with other room, and nobody else's.
StreamBlock* Stream::resize(Place place, std::size_t more, std::size_t most) {
  blocks_.own_chunk(place);
  return blocks_.replace(place, blocks_.at(place)->resized(more, most));
}

/// Nothing is added to the block any more. One that others hold would only be there twice.
void Stream::tighten(Place place) noexcept {
  const StreamBlock& block = *blocks_.at(place);
  if (allocated_bytes(sizeof block + block.used_bytes()) == block.memory_bytes()) return;
  if (blocks_.is_shared(place)) return;
  try {
    resize(place, 0, 0);
  } catch (const std::bad_alloc&) {
    // It stays as large as it is.
  }
}

// ---- erasing -----------------------------------------------------------------------------------

bool Stream::erase(const StreamId& id, const StreamLimits& limits) {
  const Place place = blocks_.find(id);
  if (place == blocks_.end()) return false;
  const StreamBlock& found = *blocks_.at(place);
  StreamBlock::Place from = found.find(id);
  if (found.is_end(from) || found.id_at(from) != id) return false;
  if (found.count() == 1) {
    blocks_.erase(place, 1);
  } else {
    StreamBlock* const block = blocks_.own(place);
    if (block != &found) from = block->find(id);
    StreamBlock::Place to = from;
    block->take(to);
    block->erase(from, to, 1);
    blocks_.count(place, -1);
    if (place != blocks_.last()) tidy(place, limits);
  }
  --length_;
  if (id == last_entry_) find_last_entry();
  return true;
}

void Stream::find_last_entry() noexcept {
  last_entry_ = blocks_.empty() ? StreamId{} : blocks_.at(blocks_.last())->last_id();
}

/// A block of which little is left goes to the one before it or is joined by the one behind it;
/// else it gives back what it does not need.
void Stream::tidy(Place place, const StreamLimits& limits) noexcept {
  try {
    const Place before = blocks_.previous(place);
    if (join(place, limits) || (before != blocks_.end() && join(before, limits))) return;
    if (blocks_.at(place)->is_loose()) resize(place, 0, 0);
  } catch (const std::bad_alloc&) {
    // It stays as it is.
  }
}

/// Adds the entries of the block behind `left`, which is not the last one, if both together are a
/// fraction of a block.
bool Stream::join(Place left, const StreamLimits& limits) {
  constexpr std::size_t fraction = 4;
  constexpr std::size_t usual_entries = 100;
  constexpr std::size_t usual_bytes = 4096;
  const Place right = blocks_.next(left);
  if (right == blocks_.end() || right == blocks_.last()) return false;
  const StreamBlock& from = *blocks_.at(right);
  const StreamBlock& to = *blocks_.at(left);
  const std::size_t entries =
      limits.node_max_entries == 0 ? usual_entries : limits.node_max_entries;
  const std::size_t bytes = limits.node_max_bytes == 0 ? usual_bytes : limits.node_max_bytes;
  if (from.count() + to.count() > entries / fraction ||
      from.used_bytes() + to.used_bytes() > bytes / fraction || !to.has_names_of(from))
    return false;
  blocks_.own_chunk(right);
  StreamBlock* const joined = resize(left, to.bytes_for_all_of(from), 0);
  const std::size_t moved = from.count();
  joined->append_all(from);
  blocks_.count(left, static_cast<std::ptrdiff_t>(moved));
  blocks_.erase(right, moved);
  return true;
}

// ---- trimming ----------------------------------------------------------------------------------

/// Whether all entries of the block are below `id`.
bool Stream::below(Place place, const StreamId& id) const {
  const Place behind = blocks_.next(place);
  if (behind == blocks_.end()) return last_entry_ < id;
  return blocks_.first_key(behind) <= id || blocks_.at(place)->last_id() < id;
}

Stream::Cut Stream::plan(const StreamTrim& trim) const {
  Cut cut{blocks_.begin()};
  const auto takes = [&](std::size_t entries, bool all_below) {
    if (!trim.min_id && length_ - cut.entries <= trim.max_length) return false;
    if (trim.limit != 0 && cut.entries + entries > trim.limit) {
      cut.within_limit = false;
      return false;
    }
    if (trim.min_id ? !all_below : length_ - cut.entries < trim.max_length + entries) return false;
    cut.entries += entries;
    return true;
  };
  // Chunk by chunk; then block by block in the one that is not taken whole.
  for (; cut.end.chunk < blocks_.chunk_count(); ++cut.end.chunk) {
    const bool all_below = trim.min_id && cut.end.chunk + 1 < blocks_.chunk_count() &&
                           blocks_.first_key({cut.end.chunk + 1, 0}) <= *trim.min_id;
    if (!takes(blocks_.chunk_elements(cut.end.chunk), all_below)) break;
  }
  cut.within_limit = true;
  for (; cut.end != blocks_.end(); cut.end = blocks_.next(cut.end))
    if (!takes(blocks_.at(cut.end)->count(), trim.min_id && below(cut.end, *trim.min_id))) break;
  return cut;
}

std::size_t Stream::count_trimmed(const StreamTrim& trim) const {
  if (blocks_.empty()) return 0;
  const Cut cut = plan(trim);
  return cut.entries + count_left(trim, cut);
}

/// How many entries are to go from the block that is then the first one.
std::size_t Stream::count_left(const StreamTrim& trim, const Cut& cut) const {
  if (trim.whole_blocks || !cut.within_limit || cut.end == blocks_.end()) return 0;
  return count_first(trim, length_ - cut.entries, cut.end);
}

std::size_t Stream::trim(const StreamTrim& trim, Garbage& garbage) {
  if (blocks_.empty()) return 0;
  const Cut cut = plan(trim);
  const std::size_t left = count_left(trim, cut);
  if (left > 0) blocks_.own(cut.end);
  if (cut.entries > 0) take_front(cut, garbage);
  length_ -= cut.entries;
  if (left > 0) cut_first(left);
  if (length_ == 0) last_entry_ = {};
  return cut.entries + left;
}

void Stream::take_front(const Cut& cut, Garbage& garbage) {
  if (cut.end.chunk > 0 || cut.end.index > few_blocks) {
    auto detached = std::make_unique<Detached>();
    detached->blocks = blocks_.split_front(cut.end);
    detached->entries = cut.entries;
    return garbage.take(std::move(detached), 0);
  }
  for (std::size_t left = cut.end.index; left > 0; --left)
    blocks_.erase(blocks_.begin(), blocks_.at(blocks_.begin())->count());
}

/// How many entries of the block are to go, but for which it would be taken whole; `length` are
/// left from there on.
std::size_t Stream::count_first(const StreamTrim& trim, std::size_t length, Place place) const {
  if (!trim.min_id) return length > trim.max_length ? length - trim.max_length : 0;
  const StreamBlock& block = *blocks_.at(place);
  std::size_t entries = 0;
  for (StreamBlock::Place at = block.begin(); block.id_at(at) < *trim.min_id; ++entries)
    block.take(at);
  return entries;
}

/// Takes entries out of the first block, not all. Nobody else holds it.
void Stream::cut_first(std::size_t entries) noexcept {
  StreamBlock* block = blocks_.owned(blocks_.begin());
  const StreamBlock::Place from = block->begin();
  StreamBlock::Place to = from;
  for (std::size_t left = entries; left > 0; --left) block->take(to);
  block->erase(from, to, entries);
  blocks_.count(blocks_.begin(), -static_cast<std::ptrdiff_t>(entries));
  length_ -= entries;
  if (block->is_loose() && blocks_.begin() != blocks_.last()) tighten(blocks_.begin());
}

}  // namespace respawn::keyspace
