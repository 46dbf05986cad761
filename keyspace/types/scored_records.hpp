// What a cut of a sorted set has to remember of the changes ahead of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "keyspace/dict.hpp"
#include "keyspace/types/b_tree.hpp"
#include "keyspace/types/object.hpp"
#include "keyspace/types/scored_member.hpp"
#include "keyspace/types/scored_table.hpp"

namespace respawn::keyspace {

/// A record for each member that changed: with the score it had (an image), or marked, which says
/// that nothing is to be visited (any more) when the walk comes to the member. Owner: a
/// SortedSetCut, then Garbage. Hashes are of the member's bytes.
/// Complexity: O(log n), about 30 bytes per record besides the member and its score.
class ScoredRecords final : public Disposable {
 public:
  ScoredRecords() = default;
  ~ScoredRecords() override;

  /// Counts the tree as well.
  [[nodiscard]] std::size_t size() const override { return records_.size() + images_.size(); }

  std::size_t free_slice(std::size_t budget) noexcept override;

  [[nodiscard]] std::size_t memory_bytes() const {
    return bytes_ + records_.memory_bytes() + images_.memory_bytes();
  }

  [[nodiscard]] ScoredMember* find(std::string_view text, std::uint64_t hash) const {
    return records_.find(text, hash);
  }

  /// Requires that there is none of this member. It is the record's when this returns; throws
  /// std::bad_alloc and leaves all as it was.
  void add(ScoredMember* record, std::uint64_t hash);

  void drop(ScoredMember* record, std::uint64_t hash) noexcept;

  /// The least image; null when there is none.
  [[nodiscard]] ScoredMember* first_image() const { return first_image_; }

  /// Marks an image.
  void mark(ScoredMember* image) noexcept;

 private:
  void leave_images(const ScoredMember* image) noexcept;

  Dict<ScoredMemberTraits> records_;
  BTree images_;
  ScoredMember* first_image_ = nullptr;
  std::size_t bytes_ = 0;  // of the records' allocations
};

}  // namespace respawn::keyspace
