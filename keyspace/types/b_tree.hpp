// The members of a large sorted set in order: a B+ tree that knows how many are in each subtree.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.hpp"
#include "keyspace/types/scored_member.hpp"

namespace respawn::keyspace {

/// Ordered by (score, bytes of the member). Owner: a SortedSet, which owns the members. A leaf
/// holds scores beside the pointers, so that only members of equal score are looked at.
/// Complexity: everything O(log n) but for walks, O(1) a step, and erase of a run.
/// Errors: insert throws std::bad_alloc and leaves the tree as it was; nothing else allocates.
/// Invariants: no empty node; an inner node knows size and least element of each child exactly; all
/// leaves have the same depth and are linked in order.
class BTree {
 public:
  struct Leaf;

  /// An element, or (leaf null) the end.
  struct Place {
    Leaf* leaf = nullptr;
    unsigned index = 0;
  };

  BTree() noexcept = default;
  BTree(const BTree&) = delete;
  BTree& operator=(const BTree&) = delete;

  /// Frees the nodes.
  ~BTree();

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::size_t memory_bytes() const;

  struct Scored {
    double score = 0;
    ScoredMember* member = nullptr;
  };

  /// Takes elements in order, none of them twice, into full nodes. Requires that the tree is empty,
  /// which it stays when std::bad_alloc is thrown. O(n).
  void build(std::span<const Scored> elements);

  /// Under this score, whatever member->score says. Requires that the pair is not there.
  void insert(double score, ScoredMember* member);

  /// Requires that the pair is there.
  void erase(double score, const ScoredMember* member) noexcept;

  /// Changes the score of a member without moving it, if its neighbours permit: says whether.
  bool rescore(double old_score, double score, const ScoredMember* member) noexcept;

  /// Removes `count` elements from rank `first` on, which are there, calling visit(ScoredMember*)
  /// for each behind its removal.
  template <class Visitor>
  void erase_run(std::size_t first, std::size_t count, Visitor&& visit) noexcept {
    while (count > 0) {
      std::array<ScoredMember*, leaf_capacity> gone;
      const std::size_t here = take_from_leaf(first, count, gone.data());
      for (std::size_t i = 0; i < here; ++i) visit(gone[i]);
      count -= here;
    }
  }

  /// How many elements come first for which before(score, const ScoredMember&) holds; it must hold
  /// for a beginning of the order and for nothing behind it.
  template <class Before>
  [[nodiscard]] std::size_t count_while(Before&& before) const {
    std::size_t rank = 0;
    find_gap(before, rank);
    return rank;
  }

  [[nodiscard]] std::size_t rank(double score, const ScoredMember& member) const {
    return count_while(Precedes{score, member.text()});
  }

  /// Requires rank < size().
  [[nodiscard]] Place at(std::size_t rank) const;

  /// The first element behind this score and text, which need not be there.
  [[nodiscard]] Place behind(double score, std::string_view text) const;

  /// The elements of a leaf from a place on.
  struct Run {
    const double* scores = nullptr;
    ScoredMember* const* members = nullptr;
    unsigned count = 0;
  };

  /// Requires that the place is not the end, as advance() does.
  static Run run_at(Place place);

  /// The place so many elements further on; of the run, or behind it.
  static Place advance(Place place, unsigned elements);

  static double score_at(Place place);
  static ScoredMember& member_at(Place place);
  static Place next(Place place);
  static Place previous(Place place);

  /// Takes out about a leaf of members, in no order, calling visit(ScoredMember*): what garbage
  /// collection does. Afterwards only this, size() and destruction are allowed.
  template <class Visitor>
  void drain_leaf(Visitor&& visit) noexcept {
    if (size_ > 0) erase_run(0, first_leaf_count(), visit);
  }

  [[nodiscard]] Status check_invariants() const;

 private:
  struct Node;
  struct Inner;
  struct Spares;

  static constexpr unsigned leaf_capacity = 62;
  static constexpr unsigned inner_capacity = 31;

  struct Precedes {
    bool operator()(double other_score, const ScoredMember& other) const {
      return other_score < score || (other_score == score && other.text() < text);
    }

    double score;
    std::string_view text;
  };

  struct Head {
    const double* scores;
    ScoredMember* const* members;
    unsigned count;
  };

  template <class Before>
  static unsigned partition(const Head& head, Before&& before) {
    unsigned low = 0;
    unsigned high = head.count;
    while (low < high) {
      const unsigned middle = (low + high) / 2;
      if (before(head.scores[middle], *head.members[middle]))
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

  /// The first element for which before() does not hold (index may be past the leaf's last), and
  /// how many there are in front of it.
  template <class Before>
  Place find_gap(Before&& before, std::size_t& rank) const {
    Node* node = root_;
    while (node != nullptr && !is_leaf(node)) {
      const unsigned behind = partition(head_of(node), before);
      node = descend(node, behind == 0 ? 0 : behind - 1, rank);
    }
    if (node == nullptr) return {};
    const unsigned index = partition(head_of(node), before);
    rank += index;
    return {as_leaf(node), index};
  }

  class Level;

  static bool is_leaf(const Node* node);
  static Leaf* as_leaf(Node* node);
  static Head head_of(const Node* node);
  static Node* descend(Node* node, unsigned child, std::size_t& rank);
  static Place normalized(Place place);
  [[nodiscard]] std::size_t first_leaf_count() const;

  [[nodiscard]] Place find(double score, const ScoredMember& member) const;
  void insert_full(Place gap, double score, ScoredMember* member);
  static unsigned index_in_parent(const Node* node) noexcept;
  static void set_entry(Inner* parent, unsigned at, Node* child) noexcept;
  static void grown(Node* node, std::ptrdiff_t elements) noexcept;
  static void refresh(Node* node) noexcept;
  static Leaf* sibling(const Leaf* leaf, bool behind) noexcept;
  static bool share(Leaf* leaf) noexcept;
  void add_sibling(Node* node, Node* sibling, Spares& spares) noexcept;
  static Inner* split_inner(Inner* inner, Spares& spares) noexcept;
  std::size_t take_from_leaf(std::size_t rank, std::size_t most, ScoredMember** gone) noexcept;
  void remove_from(Place place, unsigned count) noexcept;
  void merge_leaves(Leaf* left, Leaf* right) noexcept;
  void remove_leaf(Leaf* leaf) noexcept;
  void remove_entry(Node* node) noexcept;
  void merge_inner(Inner* inner) noexcept;
  void merge_inners(Inner* left, Inner* right) noexcept;
  void lower_root() noexcept;
  static void fill_leaves(Level& level, std::span<const Scored> elements);
  static void free_tree(Node* node) noexcept;
  struct Audit;
  static Status check_node(const Node* node, unsigned depth, Audit& audit);
  static Status check_leaf(const Leaf* leaf, Audit& audit);

  Node* root_ = nullptr;
  std::size_t size_ = 0;
  std::size_t leaves_ = 0;
  std::size_t inners_ = 0;
};

}  // namespace respawn::keyspace
