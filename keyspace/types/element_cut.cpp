#include "keyspace/types/element_cut.hpp"

#include "keyspace/garbage.hpp"

namespace respawn::keyspace {

ElementCut::ElementCut(CutList& cuts, std::size_t size, Garbage& garbage) noexcept
    : cuts_(&cuts), next_(cuts.first_), link_(&cuts.first_), size_(size), garbage_(garbage) {
  if (next_ != nullptr) next_->link_ = &next_;
  cuts.first_ = this;
}

ElementCut::~ElementCut() {
  end(State::done);
}

/// Leaves the list; the value goes to the next cut, or to Garbage, and the list with it.
void ElementCut::end(State state) noexcept {
  state_ = state;
  if (cuts_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
  CutList* const cuts = std::exchange(cuts_, nullptr);
  if (kept_ == nullptr) return;
  if (cuts->keep(kept_, kept_objects_)) return;
  garbage_.take(std::move(kept_), kept_objects_);
}

bool CutList::keep(std::unique_ptr<Disposable>& value, std::size_t objects) noexcept {
  if (first_ == nullptr) return false;
  first_->kept_ = std::move(value);
  first_->kept_objects_ = objects;
  return true;
}

}  // namespace respawn::keyspace
