#include "keyspace/types/stream_producers.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "base/allocation.hpp"
#include "keyspace/siphash.hpp"

namespace respawn::keyspace {
namespace {

/// So many are forgotten behind one that is added: more than come, so that nothing piles up.
constexpr std::size_t forgotten_at_once = 4;

/// Of the set that orders producers: three pointers, a colour, and what it holds.
constexpr std::size_t order_node_bytes = 40;

}  // namespace

std::string_view StreamProducers::RecordTraits::key(const Record& record) {
  return record.key();
}

std::string_view StreamProducers::ProducerTraits::key(const Producer& producer) {
  return producer.pid_;
}

/// Two may have the same ID: XIDMPRECORD.
bool StreamProducers::ByNewest::operator()(const Producer* a, const Producer* b) const {
  if (a->newest_->id != b->newest_->id) return a->newest_->id < b->newest_->id;
  return a->pid_ < b->pid_;
}

StreamProducers::~StreamProducers() {
  free_slice(std::numeric_limits<std::size_t>::max());
}

// ---- finding -----------------------------------------------------------------------------------

std::string StreamProducers::key_of(const Producer& producer, std::string_view iid) {
  const Producer* const self = &producer;
  std::string key(reinterpret_cast<const char*>(&self), sizeof self);
  return key.append(iid);
}

StreamProducers::Producer* StreamProducers::find_producer(std::string_view pid) const {
  return producers_.find(pid, hash_bytes(pid));
}

std::optional<StreamId> StreamProducers::find(const Produced& produced) const {
  const Producer* const producer = find_producer(produced.pid);
  if (producer == nullptr) return std::nullopt;
  const std::string key = key_of(*producer, produced.iid);
  const Record* const record = records_.find(key, hash_bytes(key));
  if (record == nullptr) return std::nullopt;
  return record->id;
}

StreamProducers::Counts StreamProducers::count(std::int64_t now_ms) const {
  Counts counts;
  for (auto place = order_.rbegin(); place != order_.rend(); ++place) {
    const Producer& producer = **place;
    if (is_over(producer.newest_->id, now_ms)) break;
    ++counts.producers;
    counts.iids += producer.size_;
    for (const Record* record = producer.oldest_; is_over(record->id, now_ms);
         record = record->newer)
      --counts.iids;
  }
  return counts;
}

// ---- recording ---------------------------------------------------------------------------------

StreamProducers::Record* StreamProducers::make(std::string_view key, const StreamId& id) {
  void* const memory = ::operator new(sizeof(Record) + key.size());
  auto* const record = new (memory) Record{nullptr, nullptr, id, key.size()};
  key.copy(reinterpret_cast<char*>(record + 1), key.size());
  return record;
}

void StreamProducers::destroy(Record* record) noexcept {
  ::operator delete(static_cast<void*>(record), sizeof(Record) + record->key_bytes);
}

std::size_t StreamProducers::bytes_of(const Record& record) {
  return allocated_bytes(sizeof(Record) + record.key_bytes);
}

std::size_t StreamProducers::bytes_of(const Producer& producer) {
  constexpr std::size_t inside_bytes = 15;
  const std::size_t text = producer.pid_.capacity();
  return allocated_bytes(sizeof(Producer)) + allocated_bytes(order_node_bytes) +
         (text > inside_bytes ? allocated_bytes(text + 1) : 0);
}

/// Into the producer's order; does not touch that of the producers.
void StreamProducers::link(Producer& producer, Record& record) noexcept {
  Record* older = producer.newest_;
  while (older != nullptr && record.id < older->id) older = older->older;
  record.older = older;
  record.newer = older != nullptr ? older->newer : producer.oldest_;
  (record.older != nullptr ? record.older->newer : producer.oldest_) = &record;
  (record.newer != nullptr ? record.newer->older : producer.newest_) = &record;
  ++producer.size_;
  bytes_ += bytes_of(record);
}

void StreamProducers::unlink(Producer& producer, Record& record) noexcept {
  (record.older != nullptr ? record.older->newer : producer.oldest_) = record.newer;
  (record.newer != nullptr ? record.newer->older : producer.newest_) = record.older;
  --producer.size_;
  bytes_ -= bytes_of(record);
}

/// With its first iid. Strong guarantee; the record stays the caller's then.
void StreamProducers::add_producer(std::string_view pid, Record& first) {
  auto producer = std::make_unique<Producer>(pid);
  const std::string key = key_of(*producer, first.iid());
  key.copy(reinterpret_cast<char*>(&first + 1), key.size());
  link(*producer, first);
  try {
    records_.insert(&first, hash_bytes(key));
    try {
      order_.insert(producer.get());
      producers_.insert(producer.get(), hash_bytes(pid));
    } catch (...) {
      order_.erase(producer.get());
      records_.erase(&first, hash_bytes(key));
      throw;
    }
  } catch (...) {
    unlink(*producer, first);
    throw;
  }
  bytes_ += bytes_of(*producer);
  producer.release();
}

/// Strong guarantee; the record stays the caller's then. `replaced` goes.
void StreamProducers::add_to(Producer& producer, Record& record, Record* replaced) {
  const std::uint64_t hash = hash_bytes(record.key());
  if (replaced != nullptr)
    records_.replace(replaced, &record, hash);
  else
    records_.insert(&record, hash);
  Order::node_type place = order_.extract(&producer);
  link(producer, record);
  if (replaced != nullptr) {
    unlink(producer, *replaced);
    destroy(replaced);
  }
  order_.insert(std::move(place));
}

void StreamProducers::record(const Produced& produced, const StreamId& id) {
  Producer* const producer = find_producer(produced.pid);
  if (producer == nullptr) {
    // What it belongs to is not there yet: the place is kept free.
    const std::string key = std::string(sizeof(Producer*), '\0').append(produced.iid);
    Record* const first = make(key, id);
    try {
      return add_producer(produced.pid, *first);
    } catch (...) {
      destroy(first);
      throw;
    }
  }
  const std::string key = key_of(*producer, produced.iid);
  Record* const replaced = records_.find(key, hash_bytes(key));
  Record* const made = make(key, id);
  try {
    add_to(*producer, *made, replaced);
  } catch (...) {
    destroy(made);
    throw;
  }
  while (producer->size_ > static_cast<std::size_t>(limits_.max_size))
    remove(*producer, *producer->oldest_);
}

// ---- forgetting --------------------------------------------------------------------------------

void StreamProducers::remove(Producer& producer, Record& record) noexcept {
  records_.erase(&record, hash_bytes(record.key()));
  Order::node_type place = order_.extract(&producer);
  unlink(producer, record);
  destroy(&record);
  if (producer.size_ > 0) {
    order_.insert(std::move(place));
    return;
  }
  producers_.erase(&producer, hash_bytes(producer.pid_));
  bytes_ -= bytes_of(producer);
  delete &producer;
}

bool StreamProducers::forget(const Produced& produced) noexcept {
  Producer* const producer = find_producer(produced.pid);
  if (producer == nullptr) return false;
  Record* record = producer->newest_;
  while (record != nullptr && record->iid() != produced.iid) record = record->older;
  if (record == nullptr) return false;
  remove(*producer, *record);
  return true;
}

void StreamProducers::forget_over(std::int64_t now_ms) noexcept {
  for (std::size_t left = forgotten_at_once; left > 0 && !order_.empty(); --left) {
    Producer& longest_gone = **order_.begin();
    if (!is_over(longest_gone.newest_->id, now_ms)) return;
    remove(longest_gone, *longest_gone.oldest_);
  }
}

void StreamProducers::forget_over_of(std::string_view pid, std::int64_t now_ms) noexcept {
  for (std::size_t left = forgotten_at_once; left > 0; --left) {
    Producer* const producer = find_producer(pid);
    if (producer == nullptr || !is_over(producer->oldest_->id, now_ms)) return;
    remove(*producer, *producer->oldest_);
  }
}

// ---- as a whole --------------------------------------------------------------------------------

std::unique_ptr<StreamProducers> StreamProducers::clone() const {
  auto copy = std::make_unique<StreamProducers>(limits_);
  copy->added = added;
  copy->duplicates = duplicates;
  for_each([&](const Producer& producer) {
    producer.for_each([&](std::string_view iid, const StreamId& id) {
      copy->record({producer.pid(), iid}, id);
    });
  });
  return copy;
}

std::size_t StreamProducers::memory_bytes() const {
  return allocated_bytes(sizeof *this) + records_.memory_bytes() + producers_.memory_bytes() +
         bytes_;
}

/// Producers go last; their order is not asked for any more.
std::size_t StreamProducers::free_slice(std::size_t budget) noexcept {
  std::size_t freed = 0;
  for (; freed < budget; ++freed) {
    Record* const record = records_.drain();
    if (record == nullptr) break;
    destroy(record);
  }
  for (; freed < budget; ++freed) {
    Producer* const producer = producers_.drain();
    if (producer == nullptr) break;
    order_.erase(order_.begin());
    delete producer;
  }
  return freed;
}

Status StreamProducers::check_producer(const Producer& producer, std::size_t& bytes) const {
  bytes += bytes_of(producer);
  std::size_t size = 0;
  const Record* before = nullptr;
  for (const Record* record = producer.oldest_; record != nullptr; record = record->newer) {
    if (record->older != before || (before != nullptr && record->id < before->id))
      return failure("producers: iids are out of order");
    if (find({producer.pid_, record->iid()}) != record->id)
      return failure("producers: an iid is not found");
    bytes += bytes_of(*record);
    before = record;
    ++size;
  }
  if (before != producer.newest_ || size != producer.size_ || size == 0 ||
      size > static_cast<std::size_t>(limits_.max_size))
    return failure("producers: a wrong number of iids");
  return success();
}

Status StreamProducers::check_invariants() const {
  if (Status status = records_.check_invariants(); !status) return status;
  if (Status status = producers_.check_invariants(); !status) return status;
  if (order_.size() != producers_.size() ||
      !std::is_sorted(order_.begin(), order_.end(), ByNewest()))
    return failure("producers: they are out of order");
  std::size_t bytes = 0;
  std::size_t iids = 0;
  for (const Producer* producer : order_) {
    if (find_producer(producer->pid_) != producer) return failure("producers: one is not found");
    if (Status status = check_producer(*producer, bytes); !status) return status;
    iids += producer->size_;
  }
  if (iids != records_.size()) return failure("producers: iids of nobody");
  return bytes == bytes_ ? success() : failure("producers: wrong memory figure");
}

}  // namespace respawn::keyspace
