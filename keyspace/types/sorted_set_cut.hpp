// The members of a large sorted set as they were at one moment, in their order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bring_near.hpp"
#include "keyspace/types/b_tree.hpp"
#include "keyspace/types/element_cut.hpp"
#include "keyspace/types/scored_records.hpp"
#include "keyspace/types/scored_table.hpp"
#include "keyspace/types/sorted_set.hpp"

namespace respawn::keyspace {

/// Goes through the tree; the cursor is a score and a member. What is not behind it has been
/// visited, or was not there. The first change of a member behind the cursor leaves a record of its
/// score at the cut, or that it was not there, and so does the move of one that has been visited to
/// behind the cursor; the records of scores are visited in between, where they belong. Members that
/// have a record are marked, so that the others need not be looked for among them; a mark without a
/// record means nothing.
///
/// Owner: see ElementCut; the table calls what is for it.
/// Complexity: O(log n) per change and at the begin of a step.
class SortedSetCut final : public ElementCut {
 public:
  /// Of a sorted set whose encoding is skiplist; O(1).
  SortedSetCut(const SortedSet& set, Garbage& garbage);
  ~SortedSetCut();

  /// Calls visit(const ScoredText&) for about `elements` more, less where many have changed, in
  /// their order. The views end with the call, which must not change the sorted set. False when
  /// there are no more, or it has failed.
  template <class Visitor>
  bool step(std::size_t elements, Visitor&& visit) {
    if (!reading()) return false;
    try {
      walk(std::max<std::size_t>(elements, 1), visit);
    } catch (...) {
      fail();
      throw;
    }
    return reading();
  }

  /// Bytes of what there are records of, all in all.
  [[nodiscard]] std::size_t held_bytes() const {
    return records_ == nullptr ? 0 : records_->memory_bytes();
  }

  // For the table. Hashes are of the member's bytes.

  void added(ScoredMember& member, std::uint64_t hash) noexcept;

  /// It is about to get this score.
  void rescoring(ScoredMember& member, double score, std::uint64_t hash) noexcept;

  /// It has left the table. Whether the cut needs it: then one of the following is to be called.
  bool erased(const ScoredMember& member, std::uint64_t hash) noexcept;
  bool keep(ScoredMember* member, std::uint64_t hash) noexcept;
  void keep_copy(const ScoredMember& member, std::uint64_t hash) noexcept;

 private:
  /// Members that are fetched side by side.
  static constexpr std::size_t members_at_once = 16;

  SortedSetCut(ScoredTable& table, Garbage& garbage);

  static ScoredTable& checked(const SortedSet& set);

  [[nodiscard]] bool is_ahead(double score, std::string_view text) const {
    return cursor_ == Cursor::begin ||
           (cursor_ == Cursor::within && ordered_before(cursor_score_, cursor_text_, score, text));
  }

  [[nodiscard]] bool has_record(const ScoredMember& member, std::uint64_t hash) const {
    return records_ != nullptr && records_->find(member.text(), hash) != nullptr;
  }

  void record(ScoredMember* member, std::uint64_t hash);
  bool record_new(const ScoredMember& member, bool absent, std::uint64_t hash) noexcept;
  [[nodiscard]] BTree::Place place() const;
  void stop_behind(const ScoredMember* last) noexcept;
  bool pass(const ScoredMember& member);
  void visited(ScoredMember* image, const ScoredMember* next) noexcept;

  static BTree::Run fetch(BTree::Place place, std::size_t most) {
    if (place.leaf == nullptr) return {};
    BTree::Run run = BTree::run_at(place);
    run.count = static_cast<unsigned>(std::min({std::size_t{run.count}, most, members_at_once}));
    for (unsigned i = 0; i < run.count; ++i) bring_near(run.members[i]);
    return run;
  }

  /// Visits images, `most` at most. Whether there are no more that come before `next`, or at all.
  template <class Visitor>
  bool visit_images(const ScoredMember* next, std::size_t& most, Visitor&& visit) {
    for (;; --most) {
      ScoredMember* image = records_->first_image();
      if (image == nullptr) return true;
      if (next != nullptr &&
          !ordered_before(image->score, image->text(), next->score, next->text()))
        return true;
      if (most == 0) return false;
      visit(ScoredText{image->text(), image->score});
      visited(image, next);
    }
  }

  template <class Visitor>
  void walk(std::size_t elements, Visitor&& visit) {
    std::size_t images = elements;
    const ScoredMember* last = nullptr;
    BTree::Place at = place();
    BTree::Run run = fetch(at, elements);
    while (run.count > 0) {
      at = BTree::advance(at, run.count);
      elements -= run.count;
      // The next ones come near meanwhile.
      const BTree::Run ahead = fetch(at, elements);
      for (unsigned i = 0; i < run.count; last = run.members[i], ++i) {
        const ScoredMember& member = *run.members[i];
        if (records_ != nullptr) {
          if (!visit_images(&member, images, visit)) return stop_behind(last);
          if (member.marked() && pass(member)) continue;
        }
        visit(ScoredText{member.text(), run.scores[i]});
      }
      run = ahead;
    }
    if (at.leaf != nullptr) return stop_behind(last);
    cursor_ = Cursor::end;
    if (records_ != nullptr && !visit_images(nullptr, images, visit)) return;
    records_.reset();
    finish();
  }

  enum class Cursor : std::uint8_t { begin, within, end };

  ScoredTable& table_;
  std::unique_ptr<ScoredRecords> records_;
  std::string cursor_text_;  // and score: of the last member that it has come to
  double cursor_score_ = 0;
  Cursor cursor_ = Cursor::begin;
};

}  // namespace respawn::keyspace
