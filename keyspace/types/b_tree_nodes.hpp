// What a B+ tree is made of; for b_tree.cpp only.
#pragma once

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include "base/check.hpp"
#include "keyspace/types/b_tree.hpp"

namespace respawn::keyspace {

struct BTree::Node {
  explicit Node(bool is_leaf) : leaf(is_leaf) {}

  Inner* parent = nullptr;
  std::uint16_t count = 0;
  const bool leaf;
};

struct BTree::Leaf : Node {
  Leaf() : Node(true) {}

  /// Opens a gap and fills it.
  void put(unsigned at, double score, ScoredMember* member) {
    std::copy_backward(scores + at, scores + count, scores + count + 1);
    std::copy_backward(members + at, members + count, members + count + 1);
    scores[at] = score;
    members[at] = member;
    ++count;
  }

  void cut(unsigned at, unsigned elements) {
    std::copy(scores + at + elements, scores + count, scores + at);
    std::copy(members + at + elements, members + count, members + at);
    count = static_cast<std::uint16_t>(count - elements);
  }

  /// Moves the last `elements` to the front of `to`.
  void move_tail(Leaf& to, unsigned elements) {
    std::copy_backward(to.scores, to.scores + to.count, to.scores + to.count + elements);
    std::copy_backward(to.members, to.members + to.count, to.members + to.count + elements);
    std::copy(scores + count - elements, scores + count, to.scores);
    std::copy(members + count - elements, members + count, to.members);
    to.count = static_cast<std::uint16_t>(to.count + elements);
    count = static_cast<std::uint16_t>(count - elements);
  }

  /// Moves the first `elements` to the end of `to`.
  void move_front(Leaf& to, unsigned elements) {
    std::copy(scores, scores + elements, to.scores + to.count);
    std::copy(members, members + elements, to.members + to.count);
    to.count = static_cast<std::uint16_t>(to.count + elements);
    cut(0, elements);
  }

  Leaf* previous = nullptr;
  Leaf* next = nullptr;
  double scores[leaf_capacity];
  ScoredMember* members[leaf_capacity];
};

struct BTree::Inner : Node {
  Inner() : Node(false) {}

  /// The entry behind the last is not set.
  void open(unsigned at) {
    std::copy_backward(children + at, children + count, children + count + 1);
    std::copy_backward(scores + at, scores + count, scores + count + 1);
    std::copy_backward(members + at, members + count, members + count + 1);
    std::copy_backward(sizes + at, sizes + count, sizes + count + 1);
    ++count;
  }

  void cut(unsigned at) {
    std::copy(children + at + 1, children + count, children + at);
    std::copy(scores + at + 1, scores + count, scores + at);
    std::copy(members + at + 1, members + count, members + at);
    std::copy(sizes + at + 1, sizes + count, sizes + at);
    --count;
  }

  /// Adds the entries from `from` on to the end of `to`.
  void move_tail(Inner& to, unsigned from) {
    std::copy(children + from, children + count, to.children + to.count);
    std::copy(scores + from, scores + count, to.scores + to.count);
    std::copy(members + from, members + count, to.members + to.count);
    std::copy(sizes + from, sizes + count, to.sizes + to.count);
    for (unsigned i = from; i < count; ++i) children[i]->parent = &to;
    to.count = static_cast<std::uint16_t>(to.count + count - from);
    count = static_cast<std::uint16_t>(from);
  }

  [[nodiscard]] std::size_t elements() const {
    return std::accumulate(sizes, sizes + count, std::size_t{0});
  }

  Node* children[inner_capacity];
  double scores[inner_capacity];          // of the least element of each child
  ScoredMember* members[inner_capacity];  // the least element of each child
  std::size_t sizes[inner_capacity];      // elements of each child
};

/// Nodes made before a split begins, so that it cannot fail half-way.
struct BTree::Spares {
  static constexpr unsigned height_max = 16;  // 8^16 elements at the least

  explicit Spares(const Node* full) : leaf(new Leaf) {
    try {
      const Inner* above = full->parent;
      for (; above != nullptr && above->count == inner_capacity; above = above->parent) add();
      if (above == nullptr) add();
    } catch (...) {
      release();
      throw;
    }
  }

  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;

  ~Spares() { release(); }

  void add() {
    RESPAWN_CHECK(count < height_max);
    inners[count] = new Inner;
    ++count;
  }

  void release() noexcept {
    delete std::exchange(leaf, nullptr);
    while (count > 0) delete inners[--count];
  }

  Inner* take_inner() noexcept { return inners[--count]; }

  Leaf* take_leaf() noexcept { return std::exchange(leaf, nullptr); }

  Leaf* leaf;
  std::array<Inner*, height_max> inners{};
  unsigned count = 0;
};

}  // namespace respawn::keyspace
