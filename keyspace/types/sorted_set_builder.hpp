// Sorted sets that are made of many elements at once: by loaders, copies, and commands that store a
// new one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "keyspace/types/b_tree.hpp"
#include "keyspace/types/scored_table.hpp"
#include "keyspace/types/sorted_set.hpp"

namespace respawn::keyspace {

/// Takes elements in any order and brings them into order once, at the end: a sort and a tree of
/// full nodes instead of as many descents through a tree.
/// Owner: who builds the set. Complexity: O(1) an element, O(n log n) at the end, O(n) where they
/// came in order, or in the opposite one. Errors: everything throws std::bad_alloc; only
/// destruction is allowed then.
class SortedSetBuilder {
 public:
  SortedSetBuilder() : table_(std::make_unique<ScoredTable>()) {}

  SortedSetBuilder(const SortedSetBuilder&) = delete;
  SortedSetBuilder& operator=(const SortedSetBuilder&) = delete;
  ~SortedSetBuilder();

  /// Adds a member, which is not looked for at once: see distinct().
  void add(std::string_view member, double score) {
    const std::uint64_t hash = hash_bytes(member);
    table_->dict.prefetch(hash);
    if (queued_ == queue_.size()) insert_queued();
    queue_[queued_] = {ScoredMember::create(member, score), hash};
    ++queued_;
  }

  /// Adds a member; one that is there gets the score that combine(old score) says.
  template <class Combine>
  void merge(std::string_view member, double score, Combine&& combine) {
    if (queued_ > 0) insert_queued();
    const std::uint64_t hash = hash_bytes(member);
    if (ScoredMember* existing = table_->find(member, hash)) {
      existing->score = combine(existing->score);
      return;
    }
    queue_.front() = {ScoredMember::create(member, score), hash};
    queued_ = 1;
    insert(queue_.front());
    queued_ = 0;
  }

  /// Whether no member was added twice. Of one that was, the first score counts.
  [[nodiscard]] bool distinct() {
    insert_queued();
    return distinct_;
  }

  /// All elements in order, until the next call.
  [[nodiscard]] std::span<const BTree::Scored> sorted();

  /// The set in the encoding that its final size and longest member ask for. Only destruction is
  /// allowed behind it.
  [[nodiscard]] std::unique_ptr<SortedSet> build(const SortedSetLimits& limits);

  /// The same as a skiplist.
  [[nodiscard]] std::unique_ptr<SortedSet> build_large();

 private:
  struct Queued {
    ScoredMember* member = nullptr;
    std::uint64_t hash = 0;
  };

  void insert(Queued& fresh);
  void insert_queued();

  std::unique_ptr<ScoredTable> table_;  // its tree is empty; null once it was given away
  std::array<Queued, 16> queue_;        // queued_ members whose buckets are on their way; null:
                                        // in the dict by now
  std::size_t queued_ = 0;
  std::vector<ScoredMember*> members_;   // of the dict, as they came
  std::vector<BTree::Scored> in_order_;  // see sorted()
  std::size_t longest_ = 0;              // member, bytes
  bool distinct_ = true;
};

}  // namespace respawn::keyspace
