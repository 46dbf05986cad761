// Which key expires next: every key with an expiry, ordered by time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/random.hpp"
#include "base/result.hpp"
#include "keyspace/entry.hpp"

namespace respawn::keyspace {

/// A B+ tree of (time, entry) pairs of 12 bytes, 48 bits each. Times are milliseconds, clamped to
/// [0, 2^48), which only affects the order among keys that expire after the year 10889.
/// Owner: a Database. All operations O(log n); insert has the strong guarantee, the others never
/// fail. Invariants: no duplicates, no empty node. Times that come in order fill leaves whole.
class ExpiryIndex {
 public:
  ExpiryIndex() = default;
  ExpiryIndex(ExpiryIndex&& other) noexcept;
  ExpiryIndex& operator=(ExpiryIndex&& other) noexcept;
  ~ExpiryIndex();

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Requires that the pair is not there.
  void insert(std::int64_t at_ms, Entry* entry);

  /// Whether the pair was there.
  bool erase(std::int64_t at_ms, Entry* entry) noexcept;

  [[nodiscard]] bool contains(std::int64_t at_ms, const Entry* entry) const;

  /// The entry with the earliest time; null when empty.
  [[nodiscard]] Entry* first() const;

  /// Each entry with about the same probability; null when empty. Expected O(log n).
  [[nodiscard]] Entry* random(Random& random) const;

  /// Mean of all times, in milliseconds; 0 when empty.
  [[nodiscard]] std::int64_t mean_ms() const;

  [[nodiscard]] std::size_t memory_bytes() const;

  /// Frees up to about `budget` pairs without keeping order; 0 when nothing is left.
  std::size_t free_slice(std::size_t budget) noexcept;

  [[nodiscard]] Status check_invariants() const;

 private:
  struct Pair;
  struct Node;
  struct Leaf;
  struct Inner;
  struct Step;
  struct Path;
  struct Split;

  __extension__ using Sum = unsigned __int128;

  Leaf* descend(const Pair& pair, Path& path) const;
  static bool share(Leaf& leaf, const Path& path) noexcept;
  void split_leaf(Leaf* leaf, const Pair& pair, std::size_t at, Path& path);
  void insert_child(Path& path, Pair separator, Node* child, Split& spare) noexcept;
  void remove_leaf(Leaf* leaf, Path& path) noexcept;
  void merge_leaf(Leaf* leaf, Path& path) noexcept;

  Node* root_ = nullptr;
  std::size_t size_ = 0;
  std::size_t nodes_ = 0;
  Sum times_ = 0;        // of all pairs
  unsigned height_ = 0;  // levels of inner nodes
};

}  // namespace respawn::keyspace
