#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "keyspace/types/stream.hpp"

namespace respawn::keyspace {

// ---- entries -----------------------------------------------------------------------------------

StreamId Stream::first_entry() const {
  if (blocks_.empty()) return {};
  const StreamBlock& block = *blocks_.at(blocks_.begin());
  return block.id_at(block.begin());
}

std::optional<StreamEntry> Stream::find(const StreamId& id) const {
  const Place place = blocks_.find(id);
  if (place == blocks_.end()) return std::nullopt;
  const StreamBlock& block = *blocks_.at(place);
  StreamBlock::Place at = block.find(id);
  if (block.is_end(at)) return std::nullopt;
  const StreamEntry entry = block.take(at);
  if (entry.id != id) return std::nullopt;
  return entry;
}

Stream::Walk Stream::walk(const StreamId& from, const StreamId& to, bool backward) const {
  Walk walk;
  walk.blocks_ = &blocks_;
  walk.backward_ = backward;
  walk.end_ = to;
  walk.place_ = blocks_.find(from);
  if (walk.place_ == blocks_.end()) return walk;
  if (!backward) {
    walk.at_ = blocks_.at(walk.place_)->find(from);
    walk.step();
    return walk;
  }
  walk.gather();
  while (!walk.before_.empty() && walk.before_.back().id > from) walk.before_.pop_back();
  walk.step_back();
  return walk;
}

void Stream::Walk::step() {
  valid_ = false;
  while (blocks_->at(place_)->is_end(at_)) {
    place_ = blocks_->next(place_);
    if (place_ == blocks_->end()) return;
    at_ = blocks_->at(place_)->begin();
  }
  entry_ = blocks_->at(place_)->take(at_);
  valid_ = entry_.id <= end_;
}

void Stream::Walk::step_back() {
  valid_ = false;
  while (before_.empty()) {
    place_ = blocks_->previous(place_);
    if (place_ == blocks_->end()) return;
    gather();
  }
  entry_ = before_.back();
  before_.pop_back();
  valid_ = entry_.id >= end_;
}

void Stream::Walk::gather() {
  const StreamBlock& block = *blocks_->at(place_);
  before_.reserve(block.count());
  for (StreamBlock::Place at = block.begin(); !block.is_end(at);) before_.push_back(block.take(at));
}

// ---- groups ------------------------------------------------------------------------------------

Stream::Groups::const_iterator Stream::group_place(std::string_view name) const {
  return std::lower_bound(
      groups_.begin(), groups_.end(), name,
      [](const auto& group, std::string_view other) { return group->name() < other; });
}

const StreamGroup* Stream::find_group(std::string_view name) const {
  const auto place = group_place(name);
  return place != groups_.end() && (*place)->name() == name ? place->get() : nullptr;
}

StreamGroup* Stream::find_group(std::string_view name) {
  const auto place = groups_.begin() + (group_place(name) - groups_.begin());
  return place != groups_.end() && (*place)->name() == name ? &own(*place) : nullptr;
}

StreamGroup& Stream::add_group(std::string_view name) {
  return own(*groups_.insert(group_place(name), StreamPart(std::make_unique<StreamGroup>(name))));
}

std::unique_ptr<StreamGroup> Stream::take_group(std::string_view name) noexcept {
  const auto place = groups_.begin() + (group_place(name) - groups_.begin());
  std::unique_ptr<StreamGroup> group = place->take();
  groups_.erase(place);
  return group;
}

/// What needs memory when the entry is pending no more.
void Stream::prepare_to_drop(const StreamId& id) {
  for (auto& group : groups_)
    if ((group.is_shared() || group->has_shared()) && group->find(id))
      own(group).prepare_removal(id);
}

bool Stream::is_referenced(const StreamId& id) const {
  return groups_.empty() || std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) {
           return group->last_id < id || group->find(id).has_value();
         });
}

// ---- how far -----------------------------------------------------------------------------------

bool Stream::may_have_gaps_behind(const StreamId& from) const {
  if (length_ == 0 || max_deleted_id.is_zero() || first_entry() > max_deleted_id) return false;
  return from <= max_deleted_id;
}

std::int64_t Stream::entries_up_to(const StreamId& id) const {
  const auto added = static_cast<std::int64_t>(entries_added);
  if (added == 0 || id == last_id || (length_ == 0 && id < last_id)) return added;
  if (id > last_id) return StreamGroup::unknown;
  const StreamId first = first_entry();
  const std::int64_t before_first = added - static_cast<std::int64_t>(length_);
  if (max_deleted_id.is_zero() || max_deleted_id < first) {
    if (id < first) return before_first;
    if (id == first) return before_first + 1;
  }
  return StreamGroup::unknown;
}

std::optional<std::int64_t> Stream::lag(const StreamGroup& group) const {
  if (entries_added == 0) return 0;
  const auto added = static_cast<std::int64_t>(entries_added);
  if (group.entries_read != StreamGroup::unknown && !may_have_gaps_behind(group.last_id))
    return added - group.entries_read;
  const std::int64_t read = entries_up_to(group.last_id);
  if (read == StreamGroup::unknown) return std::nullopt;
  return added - read;
}

void Stream::advance(StreamGroup& group, const StreamId& id) const {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (group.entries_read != StreamGroup::unknown && !may_have_gaps_behind(id))
    group.entries_read += group.entries_read < most ? 1 : 0;
  else if (entries_added > 0)
    group.entries_read = entries_up_to(id);
  group.last_id = id;
}

// ---- checking ----------------------------------------------------------------------------------

Status Stream::check_invariants() const {
  if (!blocks_.holds()) return failure("stream: the directory is wrong");
  std::size_t entries = 0;
  StreamId last;
  for (Place place = blocks_.begin(); place != blocks_.end(); place = blocks_.next(place)) {
    const StreamBlock& block = *blocks_.at(place);
    if (Status status = block.check_invariants(); !status) return status;
    if (block.base() != blocks_.first_key(place)) return failure("stream: a base is another");
    if (entries > 0 && block.base() <= last) return failure("stream: blocks overlap");
    entries += block.count();
    last = block.last_id();
  }
  if (entries != length_ || last != last_entry_ || last > last_id)
    return failure("stream: its figures are wrong");
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (i > 0 && groups_[i - 1]->name() >= groups_[i]->name())
      return failure("stream: groups are out of order");
    if (Status status = groups_[i]->check_invariants(); !status) return status;
  }
  return producers_ ? producers_->check_invariants() : success();
}

}  // namespace respawn::keyspace
