#include "net/timer_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace respawn::net {
namespace {

/// Cancelled entries are swept once there are more of them than living ones and than this.
constexpr std::size_t stale_slack = 64;

constexpr std::uint64_t id_of(std::uint32_t slot, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | (std::uint64_t{slot} + 1);
}

}  // namespace

std::uint64_t TimerQueue::add(std::int64_t deadline_us, Callback callback) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
    free_slots_.reserve(slots_.size());  // so that freeing a slot never allocates
  }
  const std::uint32_t slot = free_slots_.back();
  const std::uint32_t generation = slots_[slot].generation;
  heap_.push_back({deadline_us, next_sequence_, slot, generation});
  std::push_heap(heap_.begin(), heap_.end(), later);
  free_slots_.pop_back();
  slots_[slot].callback = std::move(callback);
  ++next_sequence_;
  ++living_;
  return id_of(slot, generation);
}

void TimerQueue::cancel(std::uint64_t id) {
  if (id == 0) return;
  const auto slot = static_cast<std::uint32_t>((id & 0xffffffffu) - 1);
  const auto generation = static_cast<std::uint32_t>(id >> 32);
  if (slot >= slots_.size() || slots_[slot].generation != generation) return;
  if (!slots_[slot].callback) return;  // an id of the future is none of ours
  const Callback dropped = free_slot(slot);
  compact();
}

std::int64_t TimerQueue::next_deadline_us() {
  drop_stale_front();
  RESPAWN_CHECK(!heap_.empty());
  return heap_.front().deadline_us;
}

bool TimerQueue::take_due(std::int64_t now_us, std::uint64_t mark, Callback& callback) {
  drop_stale_front();
  if (heap_.empty()) return false;
  const Entry first = heap_.front();
  if (first.deadline_us > now_us || first.sequence >= mark) return false;
  pop_front();
  callback = free_slot(first.slot);
  return true;
}

void TimerQueue::clear() {
  const std::vector<Slot> dropped = std::exchange(slots_, {});
  heap_.clear();
  free_slots_.clear();
  living_ = 0;
}

bool TimerQueue::later(const Entry& a, const Entry& b) {
  return a.deadline_us != b.deadline_us ? a.deadline_us > b.deadline_us : a.sequence > b.sequence;
}

bool TimerQueue::stale(const Entry& entry) const {
  return slots_[entry.slot].generation != entry.generation;
}

void TimerQueue::drop_stale_front() {
  while (!heap_.empty() && stale(heap_.front())) pop_front();
}

void TimerQueue::pop_front() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
}

TimerQueue::Callback TimerQueue::free_slot(std::uint32_t slot) {
  Callback callback = std::exchange(slots_[slot].callback, nullptr);
  ++slots_[slot].generation;
  free_slots_.push_back(slot);
  --living_;
  return callback;
}

void TimerQueue::compact() {
  const std::size_t stale_count = heap_.size() - living_;
  if (stale_count <= stale_slack || stale_count <= living_) return;
  std::erase_if(heap_, [this](const Entry& entry) { return stale(entry); });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

}  // namespace respawn::net
