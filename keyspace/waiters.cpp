#include "keyspace/waiters.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "keyspace/siphash.hpp"

namespace respawn::keyspace {

/// Those who wait for one key. Lives in the table's map as long as it is not empty.
struct WaitQueue {
  int database = 0;
  std::string_view key;  // the map's
  Waiter::Link* first = nullptr;
  Waiter::Link* last = nullptr;
  std::size_t count = 0;
  bool ready = false;  // whether it is in the list of ready ones
  WaitQueue* ready_previous = nullptr;
  WaitQueue* ready_next = nullptr;
};

Waiter::~Waiter() {
  // A destructor cannot throw: a waiter that dies registered would leave the table with freed
  // memory, so this ends the process rather than the actor.
  RESPAWN_CHECK(!registered());
}

std::size_t WaiterTable::Hash::operator()(const QueueKeyView& key) const noexcept {
  return hash_bytes(key.text) + static_cast<std::size_t>(key.database) * 0x9e3779b97f4a7c15;
}

std::size_t WaiterTable::Hash::operator()(const QueueKey& key) const noexcept {
  return (*this)(QueueKeyView{key.database, key.text});
}

WaiterTable::WaiterTable() = default;

WaiterTable::~WaiterTable() {
  while (!queues_.empty()) remove(*queues_.begin()->second->first->waiter);
}

WaitQueue* WaiterTable::find(int database, std::string_view key) const {
  if (queues_.empty()) return nullptr;
  const auto found = queues_.find(QueueKeyView{database, key});
  return found == queues_.end() ? nullptr : found->second.get();
}

WaitQueue& WaiterTable::find_or_make(int database, const std::string& key) {
  if (WaitQueue* queue = find(database, key)) return *queue;
  auto made = std::make_unique<WaitQueue>();
  WaitQueue& queue = *made;
  const auto at = queues_.emplace(QueueKey{database, key}, std::move(made)).first;
  queue.database = database;
  queue.key = at->first.text;
  return queue;
}

/// From the back, where it belongs unless waiters come back after a crash.
void WaiterTable::link(Waiter::Link& link) noexcept {
  WaitQueue& queue = *link.queue;
  Waiter::Link* before = queue.last;
  while (before != nullptr && before->waiter->sequence > link.waiter->sequence)
    before = before->previous;
  link.previous = before;
  link.next = before != nullptr ? before->next : queue.first;
  (link.previous != nullptr ? link.previous->next : queue.first) = &link;
  (link.next != nullptr ? link.next->previous : queue.last) = &link;
  ++queue.count;
}

void WaiterTable::unlink(Waiter::Link& link) noexcept {
  WaitQueue& queue = *link.queue;
  (link.previous != nullptr ? link.previous->next : queue.first) = link.next;
  (link.next != nullptr ? link.next->previous : queue.last) = link.previous;
  --queue.count;
}

void WaiterTable::drop_if_empty(WaitQueue& queue) noexcept {
  if (queue.count > 0) return;
  unready(queue);
  queues_.erase(queues_.find(QueueKeyView{queue.database, queue.key}));
}

void WaiterTable::add(Waiter& waiter) {
  RESPAWN_CHECK(!waiter.registered());
  RESPAWN_CHECK(waiter.sequence > 0);
  auto links = std::make_unique<Waiter::Link[]>(waiter.keys.size());
  std::size_t count = 0;
  try {
    for (const std::string& key : waiter.keys) {
      WaitQueue& queue = find_or_make(waiter.database, key);
      const bool twice = std::any_of(links.get(), links.get() + count,
                                     [&](const auto& link) { return link.queue == &queue; });
      if (!twice) links[count++] = {&waiter, &queue, nullptr, nullptr};
    }
  } catch (...) {
    for (std::size_t i = 0; i < count; ++i) drop_if_empty(*links[i].queue);
    throw;
  }
  for (std::size_t i = 0; i < count; ++i) link(links[i]);
  waiter.links_ = std::move(links);
  waiter.link_count_ = count;
  waiter.table_ = this;
  last_sequence_ = std::max(last_sequence_, waiter.sequence);
  ++count_;
  if (waiter.minds_loss) ++minding_;
}

void WaiterTable::remove(Waiter& waiter) noexcept {
  if (waiter.table_ != this) return;
  for (std::size_t i = 0; i < waiter.link_count_; ++i) {
    unlink(waiter.links_[i]);
    drop_if_empty(*waiter.links_[i].queue);
  }
  waiter.links_.reset();
  waiter.link_count_ = 0;
  waiter.table_ = nullptr;
  --count_;
  if (waiter.minds_loss) --minding_;
}

Waiter* WaiterTable::first(int database, std::string_view key) const {
  const WaitQueue* queue = find(database, key);
  return queue != nullptr ? queue->first->waiter : nullptr;
}

Waiter* WaiterTable::first(int database, std::string_view key, Type wanted) const {
  const WaitQueue* queue = find(database, key);
  if (queue == nullptr) return nullptr;
  for (const Waiter::Link* link = queue->first; link != nullptr; link = link->next)
    if (link->waiter->wanted == wanted) return link->waiter;
  return nullptr;
}

Waiter* WaiterTable::next(const Waiter& waiter, std::string_view key) const {
  for (std::size_t i = 0; i < waiter.link_count_; ++i) {
    const Waiter::Link& link = waiter.links_[i];
    if (link.queue->key == key) return link.next != nullptr ? link.next->waiter : nullptr;
  }
  return nullptr;
}

void WaiterTable::mark_ready(int database, std::string_view key) noexcept {
  WaitQueue* queue = find(database, key);
  if (queue == nullptr || queue->ready) return;
  queue->ready = true;
  queue->ready_previous = ready_last_;
  (ready_last_ != nullptr ? ready_last_->ready_next : ready_first_) = queue;
  ready_last_ = queue;
}

void WaiterTable::unready(WaitQueue& queue) noexcept {
  if (!queue.ready) return;
  (queue.ready_previous != nullptr ? queue.ready_previous->ready_next : ready_first_) =
      queue.ready_next;
  (queue.ready_next != nullptr ? queue.ready_next->ready_previous : ready_last_) =
      queue.ready_previous;
  queue.ready = false;
  queue.ready_previous = queue.ready_next = nullptr;
}

std::optional<ReadyKey> WaiterTable::take_ready() {
  if (ready_first_ == nullptr) return std::nullopt;
  WaitQueue& queue = *ready_first_;
  ReadyKey key{queue.database, std::string(queue.key)};
  unready(queue);
  return key;
}

std::size_t WaiterTable::count(int database, std::string_view key) const {
  const WaitQueue* queue = find(database, key);
  return queue != nullptr ? queue->count : 0;
}

std::size_t WaiterTable::minded_key_count() const {
  if (minding_ == 0) return 0;
  const auto is_minded = [](const auto& pair) {
    for (const Waiter::Link* link = pair.second->first; link != nullptr; link = link->next)
      if (link->waiter->minds_loss) return true;
    return false;
  };
  return static_cast<std::size_t>(std::count_if(queues_.begin(), queues_.end(), is_minded));
}

Status WaiterTable::check_invariants() const {
  std::size_t ready = 0;
  for (const auto& [key, queue] : queues_) {
    std::size_t count = 0;
    const Waiter::Link* before = nullptr;
    for (const Waiter::Link* link = queue->first; link != nullptr; link = link->next, ++count) {
      if (link->previous != before || link->queue != queue.get() || link->waiter->table_ != this)
        return failure("waiters: a broken link");
      if (before != nullptr && before->waiter->sequence > link->waiter->sequence)
        return failure("waiters: out of order");
      before = link;
    }
    if (count == 0 || count != queue->count || before != queue->last)
      return failure("waiters: a queue's figures are wrong");
    if (queue->ready) ++ready;
  }
  for (const WaitQueue* queue = ready_first_; queue != nullptr; queue = queue->ready_next) --ready;
  if (ready != 0) return failure("waiters: the ready list is wrong");
  return success();
}

}  // namespace respawn::keyspace
