// A tree that is made at once, from its leaves up.
#include <algorithm>
#include <memory>
#include <vector>

#include "base/check.hpp"
#include "keyspace/types/b_tree_nodes.hpp"

namespace respawn::keyspace {

/// Nodes of the same height, in order, and what is below them.
class BTree::Level {
 public:
  Level() = default;
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

  ~Level() {
    for (; done_ < nodes_.size(); ++done_) free_tree(nodes_[done_]);
  }

  /// Nothing of a level may fail behind this.
  void expect(std::size_t nodes) { nodes_.reserve(nodes); }

  void push(Node* node) noexcept { nodes_.push_back(node); }

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  [[nodiscard]] Node* back() const { return nodes_.empty() ? nullptr : nodes_.back(); }

  [[nodiscard]] bool done() const { return done_ == nodes_.size(); }

  /// The next one, which has a place in the tree from now on.
  Node* take() noexcept { return nodes_[done_++]; }

 private:
  std::vector<Node*> nodes_;
  std::size_t done_ = 0;
};

void BTree::fill_leaves(Level& level, std::span<const Scored> elements) {
  level.expect(elements.size() / leaf_capacity + 1);
  while (!elements.empty()) {
    auto* const before = static_cast<Leaf*>(level.back());
    auto* const leaf = new Leaf;
    level.push(leaf);
    leaf->previous = before;
    if (before != nullptr) before->next = leaf;
    const auto here = elements.first(std::min<std::size_t>(elements.size(), leaf_capacity));
    for (const Scored& element : here) {
      leaf->scores[leaf->count] = element.score;
      leaf->members[leaf->count] = element.member;
      ++leaf->count;
    }
    elements = elements.subspan(here.size());
  }
}

void BTree::build(std::span<const Scored> elements) {
  RESPAWN_CHECK(size_ == 0 && root_ == nullptr);
  auto level = std::make_unique<Level>();
  fill_leaves(*level, elements);
  const std::size_t leaves = level->size();
  std::size_t inners = 0;
  while (level->size() > 1) {
    auto above = std::make_unique<Level>();
    above->expect(level->size() / inner_capacity + 1);
    while (!level->done()) {
      auto* const inner = new Inner;
      above->push(inner);
      for (; inner->count < inner_capacity && !level->done(); ++inner->count)
        set_entry(inner, inner->count, level->take());
    }
    inners += above->size();
    level = std::move(above);
  }
  if (level->size() == 1) root_ = level->take();
  size_ = elements.size();
  leaves_ = leaves;
  inners_ = inners;
}

}  // namespace respawn::keyspace
