#include "keyspace/expiry_index.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "base/allocation.hpp"

namespace respawn::keyspace {

namespace {

constexpr std::size_t node_bytes = 1024;
constexpr unsigned height_max = 12;  // an inner node has at least 2 children, mostly 25 to 50

std::uint64_t clamp_time(std::int64_t at_ms) {
  constexpr std::int64_t last = (std::int64_t{1} << 48) - 1;
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(at_ms, 0, last));
}

}  // namespace

struct ExpiryIndex::Pair {
  std::uint32_t time_low = 0;
  std::uint16_t time_high = 0;
  std::uint16_t entry_high = 0;
  std::uint32_t entry_low = 0;

  Pair() = default;

  Pair(std::int64_t at_ms, const Entry* entry) {
    const std::uint64_t time = clamp_time(at_ms);
    const auto address = reinterpret_cast<std::uint64_t>(entry);
    time_low = static_cast<std::uint32_t>(time);
    time_high = static_cast<std::uint16_t>(time >> 32);
    entry_low = static_cast<std::uint32_t>(address);
    entry_high = static_cast<std::uint16_t>(address >> 32);
  }

  [[nodiscard]] std::uint64_t time() const { return std::uint64_t{time_high} << 32 | time_low; }

  [[nodiscard]] std::uint64_t address() const {
    return std::uint64_t{entry_high} << 32 | entry_low;
  }

  friend bool operator==(const Pair& a, const Pair& b) {
    return a.time() == b.time() && a.address() == b.address();
  }

  friend bool operator<(const Pair& a, const Pair& b) {
    return a.time() != b.time() ? a.time() < b.time() : a.address() < b.address();
  }
};

struct ExpiryIndex::Node {
  std::size_t count = 0;  // pairs of a leaf, children of an inner node
};

struct ExpiryIndex::Leaf : Node {
  static constexpr std::size_t capacity = (node_bytes - sizeof(Node)) / sizeof(Pair);

  std::array<Pair, capacity> pairs;

  [[nodiscard]] std::size_t lower_bound(const Pair& pair) const {
    const auto* end = pairs.data() + count;
    return static_cast<std::size_t>(std::lower_bound(pairs.data(), end, pair) - pairs.data());
  }

  void insert(std::size_t at, const Pair& pair) {
    std::copy_backward(pairs.data() + at, pairs.data() + count, pairs.data() + count + 1);
    pairs[at] = pair;
    ++count;
  }

  void erase(std::size_t at) {
    std::copy(pairs.data() + at + 1, pairs.data() + count, pairs.data() + at);
    --count;
  }
};

/// separators[i] is above everything in children[i] and not above anything in children[i + 1].
struct ExpiryIndex::Inner : Node {
  static constexpr std::size_t capacity =
      (node_bytes - sizeof(Node) + sizeof(Pair)) / (sizeof(Pair) + sizeof(Node*));

  std::array<Node*, capacity> children;
  std::array<Pair, capacity - 1> separators;

  [[nodiscard]] std::size_t child_of(const Pair& pair) const {
    const auto* end = separators.data() + count - 1;
    return static_cast<std::size_t>(std::upper_bound(separators.data(), end, pair) -
                                    separators.data());
  }

  /// Puts `child` behind children[at].
  void insert_behind(std::size_t at, const Pair& separator, Node* child) {
    std::copy_backward(children.data() + at + 1, children.data() + count,
                       children.data() + count + 1);
    std::copy_backward(separators.data() + at, separators.data() + count - 1,
                       separators.data() + count);
    children[at + 1] = child;
    separators[at] = separator;
    ++count;
  }

  /// Takes children[at] and the separator at its side out.
  void erase(std::size_t at) {
    std::copy(children.data() + at + 1, children.data() + count, children.data() + at);
    if (count > 1) {
      const std::size_t side = at == 0 ? 0 : at - 1;
      std::copy(separators.data() + side + 1, separators.data() + count - 1,
                separators.data() + side);
    }
    --count;
  }
};

struct ExpiryIndex::Step {
  Inner* node = nullptr;
  std::size_t child = 0;
};

struct ExpiryIndex::Path {
  std::array<Step, height_max> steps;
  unsigned depth = 0;

  /// Whether every step takes the last child: the leaf is the rightmost.
  [[nodiscard]] bool rightmost() const {
    return std::all_of(steps.begin(), steps.begin() + depth,
                       [](const Step& step) { return step.child + 1 == step.node->count; });
  }
};

/// Nodes allocated before a split changes anything.
struct ExpiryIndex::Split {
  std::array<std::unique_ptr<Inner>, height_max + 1> inner;
  std::size_t count = 0;
};

ExpiryIndex::ExpiryIndex(ExpiryIndex&& other) noexcept {
  *this = std::move(other);
}

ExpiryIndex& ExpiryIndex::operator=(ExpiryIndex&& other) noexcept {
  std::swap(root_, other.root_);
  std::swap(size_, other.size_);
  std::swap(nodes_, other.nodes_);
  std::swap(times_, other.times_);
  std::swap(height_, other.height_);
  return *this;
}

ExpiryIndex::~ExpiryIndex() {
  free_slice(std::numeric_limits<std::size_t>::max());
}

ExpiryIndex::Leaf* ExpiryIndex::descend(const Pair& pair, Path& path) const {
  Node* node = root_;
  for (path.depth = 0; path.depth < height_; ++path.depth) {
    auto* inner = static_cast<Inner*>(node);
    const std::size_t child = inner->child_of(pair);
    path.steps[path.depth] = {inner, child};
    node = inner->children[child];
  }
  return static_cast<Leaf*>(node);
}

void ExpiryIndex::insert(std::int64_t at_ms, Entry* entry) {
  const Pair pair(at_ms, entry);
  if (root_ == nullptr) {
    root_ = new Leaf;
    nodes_ = 1;
  }
  Path path;
  Leaf* leaf = descend(pair, path);
  if (leaf->count == Leaf::capacity && share(*leaf, path)) leaf = descend(pair, path);
  const std::size_t at = leaf->lower_bound(pair);
  RESPAWN_CHECK(at == leaf->count || !(leaf->pairs[at] == pair));
  if (leaf->count < Leaf::capacity)
    leaf->insert(at, pair);
  else
    split_leaf(leaf, pair, at, path);
  ++size_;
  times_ += pair.time();
}

/// Moves pairs of a full leaf to a neighbour that has room, so that leaves are fuller than splits
/// alone would leave them. Whether there was one.
bool ExpiryIndex::share(Leaf& leaf, const Path& path) noexcept {
  if (path.depth == 0) return false;
  constexpr std::size_t most = Leaf::capacity / 8 * 7;
  const Step& step = path.steps[path.depth - 1];
  Inner& above = *step.node;
  if (step.child + 1 < above.count) {
    auto& right = *static_cast<Leaf*>(above.children[step.child + 1]);
    if (right.count <= most) {
      const std::size_t moved = (leaf.count - right.count) / 2;
      std::copy_backward(right.pairs.data(), right.pairs.data() + right.count,
                         right.pairs.data() + right.count + moved);
      std::copy(leaf.pairs.data() + leaf.count - moved, leaf.pairs.data() + leaf.count,
                right.pairs.data());
      right.count += moved;
      leaf.count -= moved;
      above.separators[step.child] = right.pairs[0];
      return true;
    }
  }
  if (step.child == 0) return false;
  auto& left = *static_cast<Leaf*>(above.children[step.child - 1]);
  if (left.count > most) return false;
  const std::size_t moved = (leaf.count - left.count) / 2;
  std::copy(leaf.pairs.data(), leaf.pairs.data() + moved, left.pairs.data() + left.count);
  std::copy(leaf.pairs.data() + moved, leaf.pairs.data() + leaf.count, leaf.pairs.data());
  left.count += moved;
  leaf.count -= moved;
  above.separators[step.child - 1] = leaf.pairs[0];
  return true;
}

/// Makes two leaves of a full one and the new pair: halves, or, at the right edge, the full one and
/// one that has room for what comes in order.
void ExpiryIndex::split_leaf(Leaf* leaf, const Pair& pair, std::size_t at, Path& path) {
  auto fresh = std::make_unique<Leaf>();
  Split spare;
  unsigned level = path.depth;
  while (level > 0 && path.steps[level - 1].node->count == Inner::capacity) {
    spare.inner[spare.count++] = std::make_unique<Inner>();
    --level;
  }
  if (level == 0) {
    RESPAWN_CHECK(height_ < height_max);
    spare.inner[spare.count++] = std::make_unique<Inner>();
  }

  const bool in_order = at == leaf->count && path.rightmost();
  const std::size_t keep = in_order ? leaf->count : leaf->count / 2;
  std::copy(leaf->pairs.data() + keep, leaf->pairs.data() + leaf->count, fresh->pairs.data());
  fresh->count = leaf->count - keep;
  leaf->count = keep;
  if (at <= keep && !in_order)
    leaf->insert(at, pair);
  else
    fresh->insert(at - keep, pair);
  ++nodes_;
  const Pair separator = fresh->pairs[0];
  insert_child(path, separator, fresh.release(), spare);
}

/// Puts `child` behind the one that the path leads to, splitting what is full on the way up.
void ExpiryIndex::insert_child(Path& path, Pair separator, Node* child, Split& spare) noexcept {
  nodes_ += spare.count;
  std::size_t used = 0;
  while (path.depth > 0) {
    const Step step = path.steps[--path.depth];
    if (step.node->count < Inner::capacity) {
      step.node->insert_behind(step.child, separator, child);
      return;
    }
    Inner* left = step.node;
    Inner* right = spare.inner[used++].release();
    const std::size_t keep = step.child + 1 == left->count ? left->count - 1 : left->count / 2;
    std::copy(left->children.data() + keep, left->children.data() + left->count,
              right->children.data());
    std::copy(left->separators.data() + keep, left->separators.data() + left->count - 1,
              right->separators.data());
    right->count = left->count - keep;
    left->count = keep;
    const Pair middle = left->separators[keep - 1];
    if (step.child < keep)
      left->insert_behind(step.child, separator, child);
    else
      right->insert_behind(step.child - keep, separator, child);
    separator = middle;
    child = right;
  }
  Inner* top = spare.inner[used].release();
  top->children[0] = root_;
  top->count = 1;
  top->insert_behind(0, separator, child);
  root_ = top;
  ++height_;
}

bool ExpiryIndex::erase(std::int64_t at_ms, Entry* entry) noexcept {
  if (root_ == nullptr) return false;
  const Pair pair(at_ms, entry);
  Path path;
  Leaf* leaf = descend(pair, path);
  const std::size_t at = leaf->lower_bound(pair);
  if (at == leaf->count || !(leaf->pairs[at] == pair)) return false;
  leaf->erase(at);
  --size_;
  times_ -= pair.time();
  if (leaf->count == 0)
    remove_leaf(leaf, path);
  else if (leaf->count < Leaf::capacity / 4 && path.depth > 0)
    merge_leaf(leaf, path);
  return true;
}

/// Frees an empty leaf and what becomes empty above it, and a root with a single child.
void ExpiryIndex::remove_leaf(Leaf* leaf, Path& path) noexcept {
  delete leaf;
  --nodes_;
  while (path.depth > 0) {
    const Step step = path.steps[--path.depth];
    step.node->erase(step.child);
    if (step.node->count > 0) break;
    delete step.node;
    --nodes_;
  }
  if (size_ == 0) {
    root_ = nullptr;
    height_ = 0;
    return;
  }
  while (height_ > 0 && root_->count == 1) {
    auto* top = static_cast<Inner*>(root_);
    root_ = top->children[0];
    delete top;
    --nodes_;
    --height_;
  }
}

/// Moves a sparse leaf's pairs into a neighbour that has room for them.
void ExpiryIndex::merge_leaf(Leaf* leaf, Path& path) noexcept {
  const Step& step = path.steps[path.depth - 1];
  constexpr std::size_t most = Leaf::capacity / 4 * 3;
  if (step.child + 1 < step.node->count) {
    auto* right = static_cast<Leaf*>(step.node->children[step.child + 1]);
    if (leaf->count + right->count > most) return;
    std::copy(right->pairs.data(), right->pairs.data() + right->count,
              leaf->pairs.data() + leaf->count);
    leaf->count += right->count;
    ++path.steps[path.depth - 1].child;
    remove_leaf(right, path);
  } else if (step.child > 0) {
    auto* left = static_cast<Leaf*>(step.node->children[step.child - 1]);
    if (leaf->count + left->count > most) return;
    std::copy(leaf->pairs.data(), leaf->pairs.data() + leaf->count,
              left->pairs.data() + left->count);
    left->count += leaf->count;
    remove_leaf(leaf, path);
  }
}

bool ExpiryIndex::contains(std::int64_t at_ms, const Entry* entry) const {
  if (root_ == nullptr) return false;
  const Pair pair(at_ms, entry);
  Path path;
  const Leaf* leaf = descend(pair, path);
  const std::size_t at = leaf->lower_bound(pair);
  return at < leaf->count && leaf->pairs[at] == pair;
}

Entry* ExpiryIndex::first() const {
  if (root_ == nullptr) return nullptr;
  const Node* node = root_;
  for (unsigned level = 0; level < height_; ++level)
    node = static_cast<const Inner*>(node)->children[0];
  return reinterpret_cast<Entry*>(static_cast<const Leaf*>(node)->pairs[0].address());
}

Entry* ExpiryIndex::random(Random& random) const {
  if (root_ == nullptr) return nullptr;
  // A place in a node that is not in use means a new start, so that keys in full nodes are not
  // drawn less often. Where hardly any place is in use, fairness has to wait.
  constexpr int starts_max = 64;
  for (int start = 0;; ++start) {
    const bool fair = start < starts_max;
    const Node* node = root_;
    unsigned level = 0;
    for (; level < height_; ++level) {
      const auto* inner = static_cast<const Inner*>(node);
      const std::size_t child = random.below(fair && level > 0 ? Inner::capacity : inner->count);
      if (child >= inner->count) break;
      node = inner->children[child];
    }
    if (level < height_) continue;
    const auto* leaf = static_cast<const Leaf*>(node);
    const std::size_t at = random.below(fair && level > 0 ? Leaf::capacity : leaf->count);
    if (at < leaf->count) return reinterpret_cast<Entry*>(leaf->pairs[at].address());
  }
}

std::int64_t ExpiryIndex::mean_ms() const {
  return size_ == 0 ? 0 : static_cast<std::int64_t>(times_ / size_);
}

std::size_t ExpiryIndex::memory_bytes() const {
  return nodes_ * allocated_bytes(node_bytes);
}

std::size_t ExpiryIndex::free_slice(std::size_t budget) noexcept {
  std::size_t freed = 0;
  while (root_ != nullptr && freed < budget) {
    Path path;
    Node* node = root_;
    for (path.depth = 0; path.depth < height_; ++path.depth) {
      auto* inner = static_cast<Inner*>(node);
      path.steps[path.depth] = {inner, inner->count - 1};
      node = inner->children[inner->count - 1];
    }
    freed += node->count;
    size_ -= node->count;
    remove_leaf(static_cast<Leaf*>(node), path);
  }
  if (root_ == nullptr) times_ = 0;
  return freed;
}

Status ExpiryIndex::check_invariants() const {
  struct Checker {
    std::size_t pairs = 0;
    std::size_t nodes = 0;
    Sum times = 0;
    Pair last;
    Pair bound;

    bool visit(const Node* node, unsigned level) {
      ++nodes;
      if (node->count == 0) return false;
      if (level > 0) return visit_inner(static_cast<const Inner*>(node), level);
      const auto* leaf = static_cast<const Leaf*>(node);
      if (leaf->pairs[0] < bound) return false;
      for (std::size_t i = 0; i < leaf->count; ++i) {
        if (pairs + i > 0 && !(last < leaf->pairs[i])) return false;
        last = leaf->pairs[i];
        times += last.time();
      }
      pairs += leaf->count;
      return true;
    }

    bool visit_inner(const Inner* inner, unsigned level) {
      for (std::size_t i = 0; i < inner->count; ++i) {
        if (!visit(inner->children[i], level - 1)) return false;
        if (i + 1 == inner->count) break;
        if (!(last < inner->separators[i])) return false;
        bound = inner->separators[i];
      }
      return true;
    }
  } checker;

  if (root_ != nullptr && !checker.visit(root_, height_))
    return failure("expiry index: out of order or an empty node");
  if (checker.pairs != size_ || checker.times != times_ || checker.nodes != nodes_)
    return failure("expiry index: its totals are wrong");
  return success();
}

}  // namespace respawn::keyspace
