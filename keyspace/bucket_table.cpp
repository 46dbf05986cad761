#include "keyspace/bucket_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <string>

#include "base/check.hpp"

namespace respawn::keyspace {
namespace {

/// What lookups find in a table without buckets. Never written to.
constinit Bucket empty_bucket{};
constinit Bucket* empty_directory[] = {&empty_bucket};

/// Chunks are aligned to pages: an allocator that shifts large blocks by a random number of cache
/// lines would otherwise touch one page more for each.
std::align_val_t alignment_of(std::size_t buckets) {
  return std::align_val_t{buckets * sizeof(Bucket) >= 4096 ? std::size_t{4096} : sizeof(Bucket)};
}

Bucket* allocate_buckets(std::size_t buckets) noexcept {
  void* memory = ::operator new(buckets * sizeof(Bucket), alignment_of(buckets), std::nothrow);
  if (memory != nullptr) std::memset(memory, 0, buckets * sizeof(Bucket));
  return static_cast<Bucket*>(memory);
}

void free_buckets(Bucket* memory, std::size_t buckets) noexcept {
  ::operator delete(memory, alignment_of(buckets));
}

}  // namespace

BucketTable::BucketTable(HashOf hash_of) noexcept : chunks_(empty_directory), hash_of_(hash_of) {}

BucketTable::~BucketTable() {
  if (chunks_ == empty_directory) return;
  for (std::size_t i = 0; overflow_count_ > 0 && i < physical_count(); ++i) {
    const Bucket* at = physical(i);
    while (at != nullptr && at->chained()) {
      Bucket* next = at->next();
      if (at != physical(i)) free_buckets(const_cast<Bucket*>(at), 1);
      at = next;
    }
    if (at != nullptr && at != physical(i)) free_buckets(const_cast<Bucket*>(at), 1);
  }
  for (std::size_t chunk = 0; chunk < chunk_count_; ++chunk) free_chunk(chunk);
  release_overflow(0);
  delete[] chunks_;
}

std::size_t BucketTable::memory_bytes() const {
  if (chunk_count_ == 0) return 0;
  const std::size_t further = chunks_allocated_ - (chunks_[0] != nullptr ? 1 : 0);
  return (first_chunk_buckets_ + further * chunk_buckets + overflow_count_ + spare_count_) *
             sizeof(Bucket) +
         chunk_capacity_ * sizeof(Bucket*);
}

// ---- elements ----------------------------------------------------------------------------------

std::size_t BucketTable::population(const Bucket* bucket) {
  std::size_t elements = bucket->count();
  for (; bucket->chained(); elements += bucket->count()) bucket = bucket->next();
  return elements;
}

void BucketTable::place(Bucket* at, void* element, std::uint8_t mark) {
  std::size_t elements = 1;
  for (; at->chained(); at = at->next()) elements += Bucket::slots_when_chained;
  elements += at->count();
  if (!at->full()) {
    at->add(element, mark);
  } else {
    Bucket* more = take_overflow();
    more->add(at->element(Bucket::slots - 1), at->fingerprint(Bucket::slots - 1));
    more->add(element, mark);
    at->chain_to(more);
  }
  longest_chain_ = std::max(longest_chain_, elements);
}

void BucketTable::insert(void* element, std::uint64_t hash) {
  RESPAWN_CHECK(reinterpret_cast<std::uint64_t>(element) >> 48 == 0);
  step();
  if (!resizing() && size_ * 2 >= upper_ * max_load_halves && !begin_growth() && upper_ == 0)
    throw std::bad_alloc();
  place(home(hash), element, fingerprint(hash));
  ++size_;
}

/// Fills the hole with the last element of the chain that starts at `first`.
void BucketTable::remove_at(Bucket* first, Bucket* at, unsigned slot) noexcept {
  Bucket* before = nullptr;
  Bucket* last = first;
  for (; last->chained(); last = last->next()) before = last;
  at->copy_slot(slot, *last, last->count() - 1);
  last->remove_last();
  if (before != nullptr && last->count() == 1) {
    before->unchain();
    before->add(last->element(0), last->fingerprint(0));
    --overflow_count_;
    give_back(last);
  }
  --size_;
}

bool BucketTable::erase(const void* element, std::uint64_t hash) noexcept {
  if (size_ == 0) return false;
  step();
  Bucket* const first = home(hash);
  for (Bucket* at = first;; at = at->next()) {
    for (unsigned hits = at->match(fingerprint(hash)); hits != 0; hits &= hits - 1) {
      const auto slot = static_cast<unsigned>(std::countr_zero(hits));
      if (at->element(slot) != element) continue;
      remove_at(first, at, slot);
      if (!resizing() && upper_ > 1 && size_ < upper_ * min_load) begin_shrinking();
      return true;
    }
    if (!at->chained()) return false;
  }
}

void BucketTable::replace(const void* from, void* to, std::uint64_t hash) {
  for (Bucket* at = home(hash);; at = at->next()) {
    for (unsigned hits = at->match(fingerprint(hash)); hits != 0; hits &= hits - 1) {
      const auto slot = static_cast<unsigned>(std::countr_zero(hits));
      if (at->element(slot) == from) return at->set_element(slot, to);
    }
    RESPAWN_CHECK(at->chained());
  }
}

void* BucketTable::random(Random& random) const {
  if (size_ == 0) return nullptr;
  // The buckets in use are two runs; the second is not there unless a sweep is under way. Drawing
  // a bucket and one of `longest_chain_` places in it, until there is something at the place,
  // favours nobody.
  std::size_t low = upper_;
  std::size_t high = upper_;
  if (resizing() && growing_) {
    low = sweep_;
    high = boundary_ == position_end ? upper_ : index_of(boundary_, upper_);
  } else if (resizing()) {
    low = static_cast<std::size_t>((Wide{boundary_} * lower_ + position_end - 1) >> position_bits);
    high = sweep_;
  }
  for (;;) {
    std::size_t index = random.below(low + (upper_ - high));
    if (index >= low) index += high - low;
    std::size_t place = random.below(longest_chain_);
    const Bucket* at = &bucket(index);
    while (at->chained() && place >= Bucket::slots_when_chained) {
      place -= Bucket::slots_when_chained;
      at = at->next();
    }
    if (place < at->count()) return at->element(static_cast<unsigned>(place));
  }
}

BucketTable::Run BucketTable::run_at(std::uint64_t from) const {
  if (upper_ == 0) return {&empty_bucket, from, position_end, true};
  const std::uint64_t buckets = mapping(from);
  const std::uint64_t index = index_of(from, buckets);
  std::uint64_t next = index + 1 == buckets ? position_end : start_of(index + 1, buckets);
  if (from < boundary_) next = std::min(next, boundary_);
  return {&bucket(index), from, next, is_start(from, index, buckets)};
}

BucketTable::Stretch BucketTable::stretch_at(std::uint64_t from, std::size_t most) const {
  if (upper_ == 0) return {};
  const std::uint64_t buckets = mapping(from);
  const std::uint64_t index = index_of(from, buckets);
  if (!is_start(from, index, buckets)) return {};
  std::uint64_t end = std::min(buckets, (index / chunk_buckets + 1) * chunk_buckets);
  if (from < boundary_) end = std::min(end, index_of(boundary_ - 1, buckets) + 1);
  end = std::min(end, index + most);
  std::uint64_t next = end == buckets ? position_end : start_of(end, buckets);
  if (from < boundary_) next = std::min(next, boundary_);
  return {&bucket(index), end - index, next};
}

const Bucket* BucketTable::physical(std::size_t index) const {
  const std::size_t chunk = index / chunk_buckets;
  if (chunks_[chunk] == nullptr || (chunk == 0 && index >= first_chunk_buckets_)) return nullptr;
  return &bucket(index);
}

void* BucketTable::drain() noexcept {
  for (; size_ > 0; ++drained_) {
    if (drained_ % chunk_buckets == 0 && drained_ > 0) free_chunk(drained_ / chunk_buckets - 1);
    auto* first = const_cast<Bucket*>(physical(drained_));
    if (first == nullptr || first->count() == 0) continue;
    void* element = first->element(0);
    remove_at(first, first, 0);
    return element;
  }
  return nullptr;
}

// ---- memory ------------------------------------------------------------------------------------

Bucket* BucketTable::take_overflow() {
  if (spare_ == nullptr && !reserve_overflow(1)) throw std::bad_alloc();
  Bucket* bucket = spare_;
  spare_ = bucket->next();
  --spare_count_;
  ++overflow_count_;
  bucket->clear();
  return bucket;
}

void BucketTable::give_back(Bucket* bucket) noexcept {
  if (spare_count_ >= spare_max) return free_buckets(bucket, 1);
  bucket->set_element(Bucket::slots - 1, spare_);
  spare_ = bucket;
  ++spare_count_;
}

bool BucketTable::reserve_overflow(std::size_t buckets) noexcept {
  while (spare_count_ < buckets) {
    Bucket* bucket = allocate_buckets(1);
    if (bucket == nullptr) return false;
    bucket->set_element(Bucket::slots - 1, spare_);
    spare_ = bucket;
    ++spare_count_;
  }
  return true;
}

void BucketTable::release_overflow(std::size_t keep) noexcept {
  for (; spare_count_ > keep; --spare_count_) {
    Bucket* next = spare_->next();
    free_buckets(spare_, 1);
    spare_ = next;
  }
}

bool BucketTable::ensure_directory(std::size_t buckets) noexcept {
  const std::size_t chunks = (buckets + chunk_buckets - 1) / chunk_buckets;
  if (chunks > chunk_capacity_) {
    const std::size_t capacity = std::max(chunks, chunk_capacity_ + chunk_capacity_ / 2);
    auto** directory = new (std::nothrow) Bucket*[capacity];
    if (directory == nullptr) return false;
    std::copy(chunks_, chunks_ + chunk_count_, directory);
    if (chunks_ != empty_directory) delete[] chunks_;
    chunks_ = directory;
    chunk_capacity_ = capacity;
    if (chunk_count_ == 0) chunks_[0] = &empty_bucket;  // until the first chunk is there
  }
  return true;
}

bool BucketTable::ensure_chunk(std::size_t index) noexcept {
  Bucket*& chunk = chunks_[index / chunk_buckets];
  if (chunk != nullptr) return true;
  chunk = allocate_buckets(chunk_buckets);
  if (chunk == nullptr) return false;
  ++chunks_allocated_;
  return true;
}

/// The table of less than one chunk is an array of its exact size.
bool BucketTable::resize_first_chunk(std::size_t buckets) noexcept {
  buckets = std::min(buckets, chunk_buckets);
  if (buckets == first_chunk_buckets_) return true;
  Bucket* chunk = allocate_buckets(buckets);
  if (chunk == nullptr) return false;
  if (first_chunk_buckets_ > 0) {
    std::memcpy(static_cast<void*>(chunk), chunks_[0],
                std::min(buckets, first_chunk_buckets_) * sizeof(Bucket));
    free_buckets(chunks_[0], first_chunk_buckets_);
  } else {
    ++chunks_allocated_;
  }
  chunks_[0] = chunk;
  first_chunk_buckets_ = buckets;
  return true;
}

void BucketTable::free_chunk(std::size_t chunk) noexcept {
  if (chunks_[chunk] == nullptr) return;
  free_buckets(chunks_[chunk], chunk == 0 ? first_chunk_buckets_ : chunk_buckets);
  chunks_[chunk] = nullptr;
  --chunks_allocated_;
}

// ---- resizing ----------------------------------------------------------------------------------

bool BucketTable::begin_growth() noexcept {
  const std::size_t buckets = upper_ + std::max<std::size_t>(1, upper_ / growth_part);
  if (!ensure_directory(buckets) ||
      (first_chunk_buckets_ < chunk_buckets && !resize_first_chunk(buckets)))
    return false;
  const std::size_t chunks = (buckets + chunk_buckets - 1) / chunk_buckets;
  for (std::size_t chunk = std::max<std::size_t>(chunk_count_, 1); chunk < chunks; ++chunk)
    chunks_[chunk] = nullptr;
  chunk_count_ = chunks;
  if (upper_ == 0) {
    lower_ = upper_ = buckets;
    return true;
  }
  lower_ = upper_;
  upper_ = buckets;
  boundary_ = position_end;
  sweep_ = lower_;
  growing_ = true;
  return true;
}

void BucketTable::begin_shrinking() noexcept {
  lower_ = upper_ - std::max<std::size_t>(1, upper_ / shrinking_part);
  boundary_ = 0;
  sweep_ = 0;
  growing_ = false;
}

void BucketTable::finish_resize(std::size_t buckets) noexcept {
  lower_ = upper_ = buckets;
  boundary_ = 0;
  sweep_ = 0;
  const std::size_t chunks = (buckets + chunk_buckets - 1) / chunk_buckets;
  for (std::size_t chunk = chunks; chunk < chunk_count_; ++chunk) free_chunk(chunk);
  chunk_count_ = chunks;
  if (buckets < first_chunk_buckets_) resize_first_chunk(buckets);
  release_overflow(1);
}

void BucketTable::step() noexcept {
  if (!resizing()) return;
  if (growing_)
    step_growth();
  else
    step_shrinking();
}

void BucketTable::step_growth() noexcept {
  const std::size_t index = sweep_ - 1;
  if (!move_bucket(index, lower_, upper_)) return;
  sweep_ = index;
  boundary_ = start_of(index, lower_);
  if (index == 0) finish_resize(upper_);
}

void BucketTable::step_shrinking() noexcept {
  const std::size_t index = sweep_;
  if (!move_bucket(index, upper_, lower_)) return;
  sweep_ = index + 1;
  boundary_ = sweep_ == upper_ ? position_end : start_of(sweep_, upper_);
  const std::size_t chunk = index / chunk_buckets;
  if (sweep_ % chunk_buckets == 0 && chunk * chunk_buckets >= lower_) free_chunk(chunk);
  if (sweep_ == upper_) finish_resize(lower_);
}

/// Lays the elements of one bucket out anew. Whether there was memory to do so; if not, nothing
/// has changed.
bool BucketTable::move_bucket(std::size_t index, std::uint64_t from, std::uint64_t to) noexcept {
  const std::uint64_t start = start_of(index, from);
  const std::uint64_t end = index + 1 == from ? position_end : start_of(index + 1, from);
  Bucket& source = bucket(index);
  if (!ensure_chunk(index_of(start, to)) || !ensure_chunk(index_of(end - 1, to)) ||
      !reserve_overflow(population(&source) / Bucket::slots_when_chained + 3))
    return false;

  Bucket rest = source;
  source.clear();
  for (unsigned slot = 0; slot < rest.count(); ++slot) __builtin_prefetch(rest.element(slot));
  Bucket* at = &rest;
  while (at != nullptr) {
    for (unsigned slot = 0; slot < at->count(); ++slot) {
      void* element = at->element(slot);
      const std::uint64_t hash = hash_of_(element);
      place(&bucket(index_of(position(hash), to)), element, fingerprint(hash));
    }
    Bucket* next = at->chained() ? at->next() : nullptr;
    if (at != &rest) {
      --overflow_count_;
      give_back(at);
    }
    at = next;
  }
  // The next step's elements come near meanwhile.
  const std::size_t ahead = growing_ ? index - 1 : index + 1;
  if (ahead < from) {
    const Bucket& later = bucket(ahead);
    for (unsigned slot = 0; slot < later.count(); ++slot) __builtin_prefetch(later.element(slot));
  }
  return true;
}

// ---- invariants --------------------------------------------------------------------------------

Status BucketTable::check_chain(const Bucket* first, std::size_t& elements,
                                std::size_t& overflow) const {
  for (const Bucket* at = first;; at = at->next()) {
    if (at->chained() ? at->count() != Bucket::slots_when_chained : at->count() > Bucket::slots)
      return failure("dict: a bucket has an impossible count");
    if (at != first && at->count() < 2) return failure("dict: an overflow bucket is too empty");
    if (at != first) ++overflow;
    for (unsigned slot = 0; slot < at->count(); ++slot) {
      const std::uint64_t hash = hash_of_(at->element(slot));
      if (at->fingerprint(slot) != fingerprint(hash)) return failure("dict: wrong fingerprint");
      if (home(hash) != first) return failure("dict: an element is in the wrong bucket");
    }
    elements += at->count();
    if (!at->chained()) return success();
  }
}

Status BucketTable::check_invariants() const {
  std::size_t elements = 0;
  std::size_t overflow = 0;
  for (std::size_t i = 0; i < physical_count(); ++i) {
    const Bucket* bucket = physical(i);
    if (bucket == nullptr) continue;
    if (population(bucket) > longest_chain_) return failure("dict: longest_chain is too small");
    if (Status status = check_chain(bucket, elements, overflow); !status) return status;
  }
  if (elements != size_) return failure("dict: its size is not the number of elements");
  if (overflow != overflow_count_) return failure("dict: wrong number of overflow buckets");
  if (physical_count() < upper_) return failure("dict: buckets without a chunk");
  return success();
}

}  // namespace respawn::keyspace
