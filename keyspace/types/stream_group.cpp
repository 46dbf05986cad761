#include "keyspace/types/stream_group.hpp"

#include <algorithm>
#include <limits>

#include "base/allocation.hpp"
#include "base/check.hpp"

namespace respawn::keyspace {
namespace {

/// What a text takes beyond its object.
std::size_t heap_bytes(const std::string& text) {
  const bool inside = text.data() >= reinterpret_cast<const char*>(&text) &&
                      text.data() < reinterpret_cast<const char*>(&text + 1);
  return inside ? 0 : allocated_bytes(text.capacity() + 1);
}

template <class T>
std::size_t heap_bytes(const std::vector<T>& table) {
  return table.capacity() > 0 ? allocated_bytes(table.capacity() * sizeof(T)) : 0;
}

/// Room for one more, so that adding it cannot fail.
template <class T>
void reserve_one(std::vector<T>& table) {
  if (table.size() == table.capacity()) table.reserve(std::max<std::size_t>(table.size() * 2, 1));
}

}  // namespace

std::unique_ptr<StreamConsumer> StreamConsumer::share() const {
  auto same = std::make_unique<StreamConsumer>(name_, index_, seen_ms);
  same->active_ms = active_ms;
  same->pending_ = pending_.share();
  return same;
}

std::size_t StreamConsumer::bytes_without_pending() const {
  return allocated_bytes(sizeof *this) + heap_bytes(name_);
}

std::size_t StreamConsumer::memory_bytes() const {
  return bytes_without_pending() + pending_.memory_bytes();
}

std::size_t StreamConsumer::unshared_bytes() const {
  return bytes_without_pending() + pending_.unshared_bytes();
}

StreamGroup::~StreamGroup() {
  free_slice(std::numeric_limits<std::size_t>::max());
}

// ---- consumers ---------------------------------------------------------------------------------

StreamGroup::ByName::const_iterator StreamGroup::place_of(std::string_view name) const {
  return std::lower_bound(by_name_.begin(), by_name_.end(), name,
                          [this](ConsumerIndex index, std::string_view other) {
                            return consumers_[index]->name_ < other;
                          });
}

const StreamConsumer* StreamGroup::find_consumer(std::string_view name) const {
  const auto place = place_of(name);
  if (place == by_name_.end() || consumers_[*place]->name_ != name) return nullptr;
  return consumers_[*place].get();
}

StreamConsumer* StreamGroup::find_consumer(std::string_view name) {
  return const_cast<StreamConsumer*>(std::as_const(*this).find_consumer(name));
}

StreamConsumer& StreamGroup::add_consumer(std::string_view name, std::int64_t now_ms) {
  auto slot = consumers_.end();
  if (by_name_.size() < consumers_.size())
    slot = std::find(consumers_.begin(), consumers_.end(), nullptr);
  const auto index = static_cast<ConsumerIndex>(slot - consumers_.begin());
  auto consumer = std::make_unique<StreamConsumer>(name, index, now_ms);
  reserve_one(by_name_);
  if (slot == consumers_.end())
    consumers_.push_back(std::move(consumer));
  else
    *slot = std::move(consumer);
  StreamConsumer& added = *consumers_[index];
  by_name_.insert(place_of(name), index);
  return added;
}

void StreamGroup::remove_consumer(StreamConsumer& consumer) {
  if (has_shared_)
    consumer.for_each_pending(first_stream_id, [this](const StreamId& id) {
      prepare_removal(id);
      return true;
    });
  while (!consumer.pending_.empty()) remove(consumer.pending_.last());
  const ConsumerIndex index = consumer.index_;
  by_name_.erase(place_of(consumer.name_));
  consumers_[index].reset();
}

// ---- pending -----------------------------------------------------------------------------------

void StreamGroup::put(const PendingEntry& entry) {
  if (const auto before = by_id_.find(entry.id))
    change(*before, entry);
  else
    add(entry);
}

void StreamGroup::add(const PendingEntry& entry) {
  by_id_.insert(entry);
  try {
    by_time_.insert({entry.delivered_ms, entry.id});
    try {
      if (entry.consumer != no_consumer) owner(entry.consumer).pending_.insert(entry.id);
    } catch (...) {
      by_time_.erase({entry.delivered_ms, entry.id});
      throw;
    }
  } catch (...) {
    by_id_.erase(entry.id);
    throw;
  }
}

/// What needs memory comes first; then what is old goes. What was put in can be taken out again
/// without memory.
void StreamGroup::change(const PendingEntry& before, const PendingEntry& entry) {
  const bool moved = entry.consumer != before.consumer;
  StreamConsumer* const from =
      moved && before.consumer != no_consumer ? &owner(before.consumer) : nullptr;
  StreamConsumer* const to =
      moved && entry.consumer != no_consumer ? &owner(entry.consumer) : nullptr;
  const Delivery time{entry.delivered_ms, entry.id};
  const Delivery time_before{before.delivered_ms, entry.id};
  bool timed = false;
  bool taken = false;
  bool set = false;
  try {
    if (time != time_before) by_time_.insert(time);
    timed = time != time_before;
    if (to != nullptr) to->pending_.insert(entry.id);
    taken = to != nullptr;
    by_id_.set(entry);
    set = true;
    const auto old_time = timed ? by_time_.condemn(time_before) : std::nullopt;
    if (from != nullptr) from->pending_.erase(entry.id);
    if (old_time) by_time_.erase(*old_time);
  } catch (...) {
    if (set) by_id_.set(before);
    if (taken) to->pending_.erase(entry.id);
    if (timed) by_time_.erase(time);
    throw;
  }
}

void StreamGroup::release(const StreamId& id, std::uint64_t deliveries) {
  put({id, next_release_, deliveries, no_consumer});
  ++next_release_;
}

bool StreamGroup::remove(const StreamId& id) {
  const auto entry = by_id_.condemn(id);
  if (!entry) return false;
  const auto time = by_time_.condemn({entry->record().delivered_ms, id});
  const ConsumerIndex consumer = entry->record().consumer;
  if (consumer != no_consumer) owner(consumer).pending_.erase(id);
  by_id_.erase(*entry);
  by_time_.erase(*time);
  return true;
}

void StreamGroup::prepare_removal(const StreamId& id) {
  const auto entry = by_id_.find(id);
  if (!entry) return;
  by_id_.own(id);
  by_time_.own({entry->delivered_ms, id});
  if (entry->consumer != no_consumer) owner(entry->consumer).pending_.own(id);
}

// ---- as a whole --------------------------------------------------------------------------------

std::unique_ptr<StreamGroup> StreamGroup::clone() const {
  auto copy = std::make_unique<StreamGroup>(name_);
  copy->last_id = last_id;
  copy->entries_read = entries_read;
  copy->next_release_ = next_release_;
  std::vector<ConsumerIndex> renumbered(consumers_.size(), no_consumer);
  for_each_consumer([&](const StreamConsumer& each) {
    StreamConsumer& added = copy->add_consumer(each.name(), each.seen_ms);
    added.active_ms = each.active_ms;
    renumbered[each.index()] = added.index();
  });
  by_id_.for_each_from(first_stream_id, [&](PendingEntry entry) {
    if (entry.consumer != no_consumer) entry.consumer = renumbered[entry.consumer];
    copy->add(entry);
    return true;
  });
  return copy;
}

std::unique_ptr<StreamGroup> StreamGroup::share() const {
  auto same = std::make_unique<StreamGroup>(name_);
  same->last_id = last_id;
  same->entries_read = entries_read;
  same->next_release_ = next_release_;
  same->by_id_ = by_id_.share();
  same->by_time_ = by_time_.share();
  same->by_name_ = by_name_;
  same->consumers_.reserve(consumers_.size());
  for (const auto& each : consumers_) same->consumers_.push_back(each ? each->share() : nullptr);
  same->has_shared_ = has_shared_ = true;
  return same;
}

std::size_t StreamGroup::bytes_without_records() const {
  return allocated_bytes(sizeof *this) + heap_bytes(name_) + heap_bytes(consumers_) +
         heap_bytes(by_name_);
}

std::size_t StreamGroup::memory_bytes() const {
  std::size_t bytes = bytes_without_records() + by_id_.memory_bytes() + by_time_.memory_bytes();
  for_each_consumer([&](const StreamConsumer& each) { bytes += each.memory_bytes(); });
  return bytes;
}

std::size_t StreamGroup::unshared_bytes() const {
  std::size_t bytes = bytes_without_records() + by_id_.unshared_bytes() + by_time_.unshared_bytes();
  for_each_consumer([&](const StreamConsumer& each) { bytes += each.unshared_bytes(); });
  return bytes;
}

std::size_t StreamGroup::size() const {
  std::size_t records = by_id_.size() + by_time_.size();
  for (const auto& each : consumers_) records += each ? 1 + each->pending_count() : 0;
  return records;
}

std::size_t StreamGroup::free_slice(std::size_t budget) noexcept {
  std::size_t freed = 0;
  by_name_.clear();
  while (freed < budget && !by_id_.empty()) freed += by_id_.drop_last_block();
  while (freed < budget && !by_time_.empty()) freed += by_time_.drop_last_block();
  while (freed < budget && !consumers_.empty()) {
    if (!consumers_.back() || consumers_.back()->pending_.empty()) {
      freed += consumers_.back() ? 1 : 0;
      consumers_.pop_back();
    } else {
      freed += consumers_.back()->pending_.drop_last_block();
    }
  }
  return freed;
}

Status StreamGroup::check_invariants() const {
  if (Status status = by_id_.check_invariants(); !status) return status;
  if (Status status = by_time_.check_invariants(); !status) return status;
  if (by_time_.size() != by_id_.size()) return failure("group: the orders differ in size");
  std::size_t owned = 0;
  std::string_view before;
  Status found = success();
  for (const ConsumerIndex index : by_name_) {
    const StreamConsumer& each = *consumers_[index];
    if (index != each.index_ || (owned > 0 && each.name_ <= before))
      return failure("group: its consumers are out of order");
    before = each.name_;
    if (Status status = each.pending_.check_invariants(); !status) return status;
    owned += each.pending_.size();
  }
  std::size_t unowned = 0;
  by_id_.for_each_from(first_stream_id, [&](const PendingEntry& entry) {
    if (!by_time_.find({entry.delivered_ms, entry.id}))
      found = failure("group: a delivery is not in the order of time");
    if (entry.consumer == no_consumer)
      ++unowned;
    else if (entry.consumer >= consumers_.size() || !consumers_[entry.consumer] ||
             !consumers_[entry.consumer]->pending_.find(entry.id))
      found = failure("group: a consumer does not know an entry of its own");
    return found.ok();
  });
  if (!found) return found;
  if (owned + unowned != by_id_.size()) return failure("group: a consumer has too many entries");
  return success();
}

}  // namespace respawn::keyspace
