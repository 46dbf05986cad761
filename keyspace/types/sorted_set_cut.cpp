#include "keyspace/types/sorted_set_cut.hpp"

#include <new>
#include <utility>

#include "base/check.hpp"
#include "keyspace/garbage.hpp"

namespace respawn::keyspace {

SortedSetCut::SortedSetCut(const SortedSet& set, Garbage& garbage)
    : SortedSetCut(checked(set), garbage) {}

SortedSetCut::SortedSetCut(ScoredTable& table, Garbage& garbage)
    : ElementCut(table.cuts, table.dict.size(), garbage), table_(table) {}

SortedSetCut::~SortedSetCut() {
  if (records_ != nullptr) garbage().take(std::move(records_), 0);
}

ScoredTable& SortedSetCut::checked(const SortedSet& set) {
  RESPAWN_CHECK(set.large_ != nullptr);
  return *set.large_;
}

// ---- changes -----------------------------------------------------------------------------------

/// Takes the member when it returns.
void SortedSetCut::record(ScoredMember* member, std::uint64_t hash) {
  if (records_ == nullptr) records_ = std::make_unique<ScoredRecords>();
  records_->add(member, hash);
}

/// Whether there was memory for it; if not, the cut has failed.
bool SortedSetCut::record_new(const ScoredMember& member, bool absent,
                              std::uint64_t hash) noexcept {
  ScoredMember* fresh = nullptr;
  try {
    fresh = ScoredMember::create(member.text(), member.score);
    fresh->set_marked(absent);
    record(fresh, hash);
    return true;
  } catch (const std::bad_alloc&) {
    if (fresh != nullptr) ScoredMember::destroy(fresh);
    fail();
    return false;
  }
}

void SortedSetCut::added(ScoredMember& member, std::uint64_t hash) noexcept {
  if (has_record(member, hash) ||
      (is_ahead(member.score, member.text()) && record_new(member, true, hash)))
    member.set_marked(true);
}

void SortedSetCut::rescoring(ScoredMember& member, double score, std::uint64_t hash) noexcept {
  if (has_record(member, hash)) return member.set_marked(true);
  const bool visited = !is_ahead(member.score, member.text());
  if (visited && !is_ahead(score, member.text())) return;
  if (record_new(member, visited, hash)) member.set_marked(true);
}

bool SortedSetCut::erased(const ScoredMember& member, std::uint64_t hash) noexcept {
  ScoredMember* known = records_ == nullptr ? nullptr : records_->find(member.text(), hash);
  if (known == nullptr) return is_ahead(member.score, member.text());
  if (known->marked()) records_->drop(known, hash);
  return false;
}

/// Whether it has taken the member; if not, the cut has failed.
bool SortedSetCut::keep(ScoredMember* member, std::uint64_t hash) noexcept {
  member->set_marked(false);
  try {
    record(member, hash);
    return true;
  } catch (const std::bad_alloc&) {
    fail();
    return false;
  }
}

void SortedSetCut::keep_copy(const ScoredMember& member, std::uint64_t hash) noexcept {
  record_new(member, false, hash);
}

// ---- the walk ----------------------------------------------------------------------------------

/// Where it goes on.
BTree::Place SortedSetCut::place() const {
  const BTree& tree = table_.tree;
  if (cursor_ == Cursor::within) return tree.behind(cursor_score_, cursor_text_);
  return cursor_ == Cursor::begin && tree.size() > 0 ? tree.at(0) : BTree::Place{};
}

/// Null: it has not come to any member.
void SortedSetCut::stop_behind(const ScoredMember* last) noexcept {
  if (last == nullptr) return;
  try {
    cursor_text_.assign(last->text());
    cursor_score_ = last->score;
    cursor_ = Cursor::within;
  } catch (const std::bad_alloc&) {
    fail();
  }
}

/// Whether a marked member is not to be visited.
bool SortedSetCut::pass(const ScoredMember& member) {
  const std::uint64_t hash = hash_bytes(member.text());
  ScoredMember* known = records_->find(member.text(), hash);
  if (known == nullptr) return false;
  if (known->marked()) records_->drop(known, hash);
  return true;
}

/// The record goes, unless the walk, which comes to `next`, has the member still ahead of it.
void SortedSetCut::visited(ScoredMember* image, const ScoredMember* next) noexcept {
  const std::uint64_t hash = hash_bytes(image->text());
  const ScoredMember* now = next == nullptr ? nullptr : table_.find(image->text(), hash);
  if (now != nullptr && !ordered_before(now->score, now->text(), next->score, next->text()))
    records_->mark(image);
  else
    records_->drop(image, hash);
}

}  // namespace respawn::keyspace
