#include "keyspace/types/b_tree.hpp"

#include "keyspace/types/b_tree_nodes.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.hpp"

namespace respawn::keyspace {

// ---- small things ------------------------------------------------------------------------------

bool BTree::is_leaf(const Node* node) {
  return node->leaf;
}

BTree::Leaf* BTree::as_leaf(Node* node) {
  return static_cast<Leaf*>(node);
}

BTree::Head BTree::head_of(const Node* node) {
  if (node->leaf) {
    const auto* leaf = static_cast<const Leaf*>(node);
    return {leaf->scores, leaf->members, leaf->count};
  }
  const auto* inner = static_cast<const Inner*>(node);
  return {inner->scores, inner->members, inner->count};
}

BTree::Node* BTree::descend(Node* node, unsigned child, std::size_t& rank) {
  const auto* inner = static_cast<const Inner*>(node);
  rank = std::accumulate(inner->sizes, inner->sizes + child, rank);
  return inner->children[child];
}

BTree::Place BTree::normalized(Place place) {
  if (place.leaf != nullptr && place.index >= place.leaf->count) return {place.leaf->next, 0};
  return place;
}

BTree::Place BTree::find(double score, const ScoredMember& member) const {
  std::size_t rank = 0;
  const Place place = normalized(find_gap(Precedes{score, member.text()}, rank));
  RESPAWN_CHECK(place.leaf != nullptr && place.leaf->members[place.index] == &member);
  return place;
}

unsigned BTree::index_in_parent(const Node* node) noexcept {
  const Inner* parent = node->parent;
  unsigned at = 0;
  while (parent->children[at] != node) ++at;
  return at;
}

/// What a parent knows of a child.
void BTree::set_entry(Inner* parent, unsigned at, Node* child) noexcept {
  const Head head = head_of(child);
  parent->children[at] = child;
  parent->scores[at] = head.scores[0];
  parent->members[at] = head.members[0];
  parent->sizes[at] = child->leaf ? child->count : static_cast<Inner*>(child)->elements();
  child->parent = parent;
}

/// The node's size, and perhaps its least element, changed: tells its ancestors.
void BTree::grown(Node* node, std::ptrdiff_t elements) noexcept {
  for (Inner* parent = node->parent; parent != nullptr; node = parent, parent = node->parent) {
    const unsigned at = index_in_parent(node);
    const Head head = head_of(node);
    parent->sizes[at] += static_cast<std::size_t>(elements);
    parent->scores[at] = head.scores[0];
    parent->members[at] = head.members[0];
  }
}

void BTree::refresh(Node* node) noexcept {
  for (Inner* parent = node->parent; parent != nullptr; node = parent, parent = node->parent)
    set_entry(parent, index_in_parent(node), node);
}

/// The neighbour under the same parent; null when there is none.
BTree::Leaf* BTree::sibling(const Leaf* leaf, bool behind) noexcept {
  Leaf* other = behind ? leaf->next : leaf->previous;
  return other != nullptr && other->parent == leaf->parent ? other : nullptr;
}

BTree::~BTree() {
  if (root_ != nullptr) free_tree(root_);
}

void BTree::free_tree(Node* node) noexcept {
  if (node->leaf) {
    delete static_cast<Leaf*>(node);
    return;
  }
  auto* inner = static_cast<Inner*>(node);
  for (unsigned i = 0; i < inner->count; ++i) free_tree(inner->children[i]);
  delete inner;
}

std::size_t BTree::memory_bytes() const {
  return leaves_ * allocated_bytes(sizeof(Leaf)) + inners_ * allocated_bytes(sizeof(Inner));
}

// ---- adding ------------------------------------------------------------------------------------

void BTree::insert(double score, ScoredMember* member) {
  const Precedes before{score, member->text()};
  if (root_ == nullptr) {
    root_ = new Leaf;
    ++leaves_;
  }
  std::size_t rank = 0;
  Place gap = find_gap(before, rank);
  const bool at_an_end = rank == 0 || rank == size_;
  if (gap.leaf->count == leaf_capacity && !at_an_end && share(gap.leaf)) {
    rank = 0;
    gap = find_gap(before, rank);
  }
  if (gap.leaf->count == leaf_capacity) {
    insert_full(gap, score, member);
  } else {
    gap.leaf->put(gap.index, score, member);
    grown(gap.leaf, 1);
  }
  ++size_;
}

/// Splits the leaf: in the middle, but what grows at an end of the order leaves full leaves behind.
void BTree::insert_full(Place gap, double score, ScoredMember* member) {
  Spares spares(gap.leaf);
  Leaf* const left = gap.leaf;
  Leaf* const right = spares.take_leaf();
  ++leaves_;
  unsigned from = left->count / 2U;
  if (gap.index == left->count && left->next == nullptr) from = left->count;
  if (gap.index == 0 && left->previous == nullptr) from = 0;
  const bool to_right = gap.index > from || from == left->count;
  left->move_tail(*right, left->count - from);
  right->previous = left;
  right->next = left->next;
  if (right->next != nullptr) right->next->previous = right;
  left->next = right;
  if (to_right)
    right->put(gap.index - from, score, member);
  else
    left->put(gap.index, score, member);
  add_sibling(left, right, spares);
}

/// Gives elements of a full leaf to a neighbour that has room, if there is one.
bool BTree::share(Leaf* leaf) noexcept {
  constexpr unsigned room_min = 8;
  for (const bool behind : {true, false}) {
    Leaf* other = sibling(leaf, behind);
    if (other == nullptr || other->count + room_min > leaf_capacity) continue;
    const unsigned moved = (leaf_capacity - other->count + 1U) / 2;
    if (behind)
      leaf->move_tail(*other, moved);
    else
      leaf->move_front(*other, moved);
    set_entry(leaf->parent, index_in_parent(leaf), leaf);
    set_entry(other->parent, index_in_parent(other), other);
    return true;
  }
  return false;
}

/// Enters a node that was split off `node` behind it.
void BTree::add_sibling(Node* node, Node* sibling, Spares& spares) noexcept {
  Inner* parent = node->parent;
  if (parent == nullptr) {
    Inner* root = spares.take_inner();
    ++inners_;
    root->count = 2;
    set_entry(root, 0, node);
    set_entry(root, 1, sibling);
    root_ = root;
    return;
  }
  Inner* right = nullptr;
  if (parent->count == inner_capacity) {
    right = split_inner(parent, spares);
    ++inners_;
  }
  Inner* const home = node->parent;  // either half
  const unsigned at = index_in_parent(node);
  set_entry(home, at, node);
  home->open(at + 1);
  set_entry(home, at + 1, sibling);
  if (right != nullptr)
    add_sibling(parent, right, spares);
  else
    refresh(home);
}

BTree::Inner* BTree::split_inner(Inner* inner, Spares& spares) noexcept {
  Inner* right = spares.take_inner();
  inner->move_tail(*right, inner->count / 2U);
  return right;
}

// ---- removing ----------------------------------------------------------------------------------

void BTree::erase(double score, const ScoredMember* member) noexcept {
  remove_from(find(score, *member), 1);
}

std::size_t BTree::take_from_leaf(std::size_t rank, std::size_t most,
                                  ScoredMember** gone) noexcept {
  const Place place = at(rank);
  const std::size_t here = std::min<std::size_t>(most, place.leaf->count - place.index);
  std::copy_n(place.leaf->members + place.index, here, gone);
  remove_from(place, static_cast<unsigned>(here));
  return here;
}

/// Removes elements of one leaf.
void BTree::remove_from(Place place, unsigned count) noexcept {
  Leaf* leaf = place.leaf;
  leaf->cut(place.index, count);
  size_ -= count;
  if (leaf->count == 0) return remove_leaf(leaf);
  grown(leaf, -static_cast<std::ptrdiff_t>(count));
  if (leaf->count >= leaf_capacity / 4) return;
  for (const bool behind : {true, false}) {
    Leaf* other = sibling(leaf, behind);
    if (other == nullptr || other->count + leaf->count > leaf_capacity * 3U / 4) continue;
    return behind ? merge_leaves(leaf, other) : merge_leaves(other, leaf);
  }
}

void BTree::merge_leaves(Leaf* left, Leaf* right) noexcept {
  right->move_front(*left, right->count);
  set_entry(left->parent, index_in_parent(left), left);
  remove_leaf(right);
}

/// Takes an empty leaf out.
void BTree::remove_leaf(Leaf* leaf) noexcept {
  if (leaf->previous != nullptr) leaf->previous->next = leaf->next;
  if (leaf->next != nullptr) leaf->next->previous = leaf->previous;
  remove_entry(leaf);
  delete leaf;
  --leaves_;
  lower_root();
}

/// Takes a node that is empty out of its parent, and that out of its own if it becomes empty.
void BTree::remove_entry(Node* node) noexcept {
  Inner* parent = node->parent;
  if (parent == nullptr) {
    root_ = nullptr;
    return;
  }
  parent->cut(index_in_parent(node));
  if (parent->count == 0) {
    remove_entry(parent);
    delete parent;
    --inners_;
    return;
  }
  refresh(parent);
  if (parent->count < inner_capacity / 4) merge_inner(parent);
}

void BTree::merge_inner(Inner* inner) noexcept {
  Inner* parent = inner->parent;
  if (parent == nullptr) return;
  const unsigned at = index_in_parent(inner);
  const auto fits = [&](const Node* other) {
    return other->count + inner->count <= inner_capacity * 3U / 4;
  };
  if (at + 1U < parent->count && fits(parent->children[at + 1]))
    merge_inners(inner, static_cast<Inner*>(parent->children[at + 1]));
  else if (at > 0 && fits(parent->children[at - 1]))
    merge_inners(static_cast<Inner*>(parent->children[at - 1]), inner);
}

void BTree::merge_inners(Inner* left, Inner* right) noexcept {
  right->move_tail(*left, 0);
  set_entry(left->parent, index_in_parent(left), left);
  remove_entry(right);
  delete right;
  --inners_;
}

void BTree::lower_root() noexcept {
  while (root_ != nullptr && !root_->leaf && root_->count == 1) {
    auto* old = static_cast<Inner*>(root_);
    root_ = old->children[0];
    root_->parent = nullptr;
    delete old;
    --inners_;
  }
}

bool BTree::rescore(double old_score, double score, const ScoredMember* member) noexcept {
  const Place place = find(old_score, *member);
  const Place before = previous(place);
  const Place after = next(place);
  if (before.leaf != nullptr &&
      !ordered_before(score_at(before), member_at(before).text(), score, member->text()))
    return false;
  if (after.leaf != nullptr &&
      !ordered_before(score, member->text(), score_at(after), member_at(after).text()))
    return false;
  place.leaf->scores[place.index] = score;
  if (place.index == 0) grown(place.leaf, 0);
  return true;
}

// ---- reading -----------------------------------------------------------------------------------

BTree::Place BTree::at(std::size_t rank) const {
  RESPAWN_CHECK(rank < size_);
  Node* node = root_;
  while (!node->leaf) {
    const auto* inner = static_cast<const Inner*>(node);
    unsigned child = 0;
    for (; rank >= inner->sizes[child]; ++child) rank -= inner->sizes[child];
    node = inner->children[child];
  }
  return {static_cast<Leaf*>(node), static_cast<unsigned>(rank)};
}

BTree::Place BTree::behind(double score, std::string_view text) const {
  std::size_t rank = 0;
  const auto not_behind = [&](double other, const ScoredMember& member) {
    return !ordered_before(score, text, other, member.text());
  };
  return normalized(find_gap(not_behind, rank));
}

BTree::Run BTree::run_at(Place place) {
  return {place.leaf->scores + place.index, place.leaf->members + place.index,
          place.leaf->count - place.index};
}

BTree::Place BTree::advance(Place place, unsigned elements) {
  return normalized({place.leaf, place.index + elements});
}

double BTree::score_at(Place place) {
  return place.leaf->scores[place.index];
}

ScoredMember& BTree::member_at(Place place) {
  return *place.leaf->members[place.index];
}

BTree::Place BTree::next(Place place) {
  return normalized({place.leaf, place.index + 1});
}

BTree::Place BTree::previous(Place place) {
  if (place.index > 0) return {place.leaf, place.index - 1};
  Leaf* leaf = place.leaf->previous;
  return leaf != nullptr ? Place{leaf, leaf->count - 1U} : Place{};
}

std::size_t BTree::first_leaf_count() const {
  return at(0).leaf->count;
}

// ---- checking ----------------------------------------------------------------------------------

struct BTree::Audit {
  std::optional<unsigned> leaf_depth;
  const Leaf* last = nullptr;
  std::size_t elements = 0;
  std::size_t leaves = 0;
  std::size_t inners = 0;
};

Status BTree::check_leaf(const Leaf* leaf, Audit& audit) {
  ++audit.leaves;
  audit.elements += leaf->count;
  if (leaf->previous != audit.last) return failure("tree: leaves are not linked in order");
  const Leaf* before = audit.last;
  audit.last = leaf;
  for (unsigned i = 0; i < leaf->count; ++i) {
    if (leaf->scores[i] != leaf->members[i]->score) return failure("tree: a score is another");
    if (i == 0 && before == nullptr) continue;
    const double score = i > 0 ? leaf->scores[i - 1] : before->scores[before->count - 1];
    const ScoredMember* member = i > 0 ? leaf->members[i - 1] : before->members[before->count - 1];
    if (!ordered_before(score, member->text(), leaf->scores[i], leaf->members[i]->text()))
      return failure("tree: elements are out of order");
  }
  return success();
}

Status BTree::check_node(const Node* node, unsigned depth, Audit& audit) {
  if (node->count == 0) return failure("tree: an empty node");
  if (node->leaf) {
    if (audit.leaf_depth.value_or(depth) != depth) return failure("tree: leaves differ in depth");
    audit.leaf_depth = depth;
    return check_leaf(static_cast<const Leaf*>(node), audit);
  }
  const auto* inner = static_cast<const Inner*>(node);
  ++audit.inners;
  for (unsigned i = 0; i < inner->count; ++i) {
    const Node* child = inner->children[i];
    if (child->parent != inner) return failure("tree: a child has another parent");
    const std::size_t before = audit.elements;
    if (Status status = check_node(child, depth + 1, audit); !status) return status;
    if (audit.elements - before != inner->sizes[i]) return failure("tree: a size is wrong");
    const Head head = head_of(child);
    if (head.members[0] != inner->members[i] || head.scores[0] != inner->scores[i])
      return failure("tree: a least element is another");
  }
  return success();
}

Status BTree::check_invariants() const {
  Audit audit;
  if (root_ != nullptr) {
    if (root_->parent != nullptr) return failure("tree: the root has a parent");
    if (Status status = check_node(root_, 0, audit); !status) return status;
    if (audit.last->next != nullptr) return failure("tree: something behind the last leaf");
  }
  if (audit.elements != size_) return failure("tree: its size is wrong");
  if (audit.leaves != leaves_ || audit.inners != inners_)
    return failure("tree: its number of nodes is wrong");
  return success();
}

}  // namespace respawn::keyspace
