#include "keyspace/garbage.hpp"

#include <limits>
#include <new>
#include <utility>

namespace respawn::keyspace {

struct Garbage::Item {
  std::unique_ptr<Disposable> content;
  std::size_t objects = 0;
  Item* next = nullptr;
};

Garbage::~Garbage() {
  while (free_slice(std::numeric_limits<std::size_t>::max()) > 0) {
  }
}

void Garbage::take(std::unique_ptr<Disposable> disposable, std::size_t objects) noexcept {
  if (disposable->keep_for_cuts(disposable, objects)) return;
  if (disposable->size() <= at_once_max_elements) return;
  auto* item = new (std::nothrow) Item{std::move(disposable), objects};
  if (item == nullptr) return;  // `disposable` still has it, and frees it here
  pending_ += item->content->size();
  pending_objects_ += objects;
  (last_ != nullptr ? last_->next : first_) = item;
  last_ = item;
}

std::size_t Garbage::free_slice(std::size_t budget) noexcept {
  std::size_t done = 0;
  while (first_ != nullptr && done < budget) {
    const std::size_t freed = first_->content->free_slice(budget - done);
    done += freed;
    pending_ -= freed;
    if (first_->content->size() > 0) continue;
    Item* finished = std::exchange(first_, first_->next);
    if (first_ == nullptr) last_ = nullptr;
    pending_objects_ -= finished->objects;
    freed_objects_ += finished->objects;
    delete finished;
  }
  return done;
}

}  // namespace respawn::keyspace
