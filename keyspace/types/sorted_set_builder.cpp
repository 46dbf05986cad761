#include "keyspace/types/sorted_set_builder.hpp"

#include <algorithm>
#include <utility>

namespace respawn::keyspace {
namespace {

bool before(const BTree::Scored& a, const BTree::Scored& b) {
  if (a.score != b.score) return a.score < b.score;
  return a.member->text() < b.member->text();
}

bool behind(const BTree::Scored& a, const BTree::Scored& b) {
  return before(b, a);
}

}  // namespace

SortedSetBuilder::~SortedSetBuilder() {
  for (const Queued& left : std::span(queue_).first(queued_))
    if (left.member != nullptr) ScoredMember::destroy(left.member);
  if (table_ == nullptr) return;
  while (ScoredMember* member = table_->dict.drain()) ScoredMember::destroy(member);
}

/// One that is not there. It leaves the queue with its entry into the dict.
void SortedSetBuilder::insert(Queued& fresh) {
  constexpr std::size_t members_at_first = 16;
  if (members_.empty()) members_.reserve(members_at_first);
  table_->dict.insert(fresh.member, fresh.hash);
  ScoredMember* const member = std::exchange(fresh.member, nullptr);
  longest_ = std::max(longest_, member->text().size());
  members_.push_back(member);
}

void SortedSetBuilder::insert_queued() {
  for (Queued& next : std::span(queue_).first(queued_)) {
    if (table_->find(next.member->text(), next.hash) == nullptr) {
      insert(next);
    } else {
      distinct_ = false;
      ScoredMember::destroy(std::exchange(next.member, nullptr));
    }
  }
  queued_ = 0;
}

std::span<const BTree::Scored> SortedSetBuilder::sorted() {
  insert_queued();
  in_order_.clear();
  in_order_.reserve(members_.size());
  for (ScoredMember* member : members_) in_order_.push_back({member->score, member});
  if (std::is_sorted(in_order_.begin(), in_order_.end(), behind))
    std::reverse(in_order_.begin(), in_order_.end());
  else if (!std::is_sorted(in_order_.begin(), in_order_.end(), before))
    std::sort(in_order_.begin(), in_order_.end(), before);
  return in_order_;
}

std::unique_ptr<SortedSet> SortedSetBuilder::build(const SortedSetLimits& limits) {
  insert_queued();
  if (members_.size() > limits.max_listpack_entries || longest_ > limits.max_listpack_value_bytes)
    return build_large();
  auto set = std::make_unique<SortedSet>();
  for (const BTree::Scored& element : sorted())
    set->set(element.member->text(), element.score, limits);
  return set;
}

std::unique_ptr<SortedSet> SortedSetBuilder::build_large() {
  auto set = std::make_unique<SortedSet>();
  table_->tree.build(sorted());
  for (const ScoredMember* member : members_) table_->member_bytes += member->memory_bytes();
  set->large_ = table_.release();
  return set;
}

}  // namespace respawn::keyspace
