// Blocks of elements in the order of their keys: the index above the blocks of a stream and above
// those of its pending lists.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <new>
#include <utility>
#include <vector>

#include "base/allocation.hpp"
#include "base/check.hpp"

namespace respawn::keyspace {

/// Two levels: chunks of up to 128 blocks with their first keys, and a table of chunks that knows
/// how many elements and bytes are in each, so that whole beginnings are counted and taken away
/// without a look at their blocks. Owns the chunks, not the blocks; the owner of the directory
/// does. A Block has count(), its elements, and memory_bytes().
///
/// Complexity: find O(log n); adding and removing at an end O(1) amortized, elsewhere a move of a
/// chunk's slots (3 KB) and, once for 64 blocks, of the table (40 bytes for 128 blocks).
/// Errors: insert and split_front throw std::bad_alloc and leave everything as it was.
/// Invariants: no empty chunk; first keys ascend strictly.
template <class Key, class Block>
class BlockDirectory {
 public:
  /// A block's, or end().
  struct Place {
    std::size_t chunk = 0;
    std::size_t index = 0;

    friend bool operator==(const Place&, const Place&) = default;
  };

  [[nodiscard]] bool empty() const { return chunks_.empty(); }

  /// Blocks. O(chunks).
  [[nodiscard]] std::size_t size() const {
    std::size_t blocks = 0;
    for (const Chunk& chunk : chunks_) blocks += chunk.slots.size();
    return blocks;
  }

  /// Bytes of the directory alone. O(chunks).
  [[nodiscard]] std::size_t memory_bytes() const {
    std::size_t bytes = bytes_of(chunks_);
    for (const Chunk& chunk : chunks_) bytes += bytes_of(chunk.slots);
    return bytes;
  }

  /// Bytes of the blocks. O(chunks).
  [[nodiscard]] std::size_t block_bytes() const {
    std::size_t bytes = 0;
    for (const Chunk& chunk : chunks_) bytes += chunk.bytes;
    return bytes;
  }

  [[nodiscard]] Place begin() const { return {}; }

  [[nodiscard]] Place end() const { return {chunks_.size(), 0}; }

  /// Requires !empty().
  [[nodiscard]] Place last() const { return {chunks_.size() - 1, chunks_.back().slots.size() - 1}; }

  [[nodiscard]] Block* at(Place place) const { return slot(place).block; }

  [[nodiscard]] const Key& first_key(Place place) const { return slot(place).first; }

  /// end() behind the last.
  [[nodiscard]] Place next(Place place) const {
    if (++place.index < chunks_[place.chunk].slots.size()) return place;
    return {place.chunk + 1, 0};
  }

  /// end() before the first. Also of end().
  [[nodiscard]] Place previous(Place place) const {
    if (place.index > 0) return {place.chunk, place.index - 1};
    if (place.chunk == 0) return end();
    return {place.chunk - 1, chunks_[place.chunk - 1].slots.size() - 1};
  }

  /// The last block whose first key is not above `key`; the first one if all are; end() when empty.
  [[nodiscard]] Place find(const Key& key) const {
    if (chunks_.empty()) return end();
    if (!(key < chunks_.back().slots.back().first)) return last();
    const auto above = std::upper_bound(
        chunks_.begin(), chunks_.end(), key,
        [](const Key& k, const Chunk& chunk) { return k < chunk.slots.front().first; });
    if (above == chunks_.begin()) return begin();
    const auto chunk = std::prev(above);
    const auto behind =
        std::upper_bound(chunk->slots.begin(), chunk->slots.end(), key,
                         [](const Key& k, const Slot& each) { return k < each.first; });
    return {static_cast<std::size_t>(chunk - chunks_.begin()),
            static_cast<std::size_t>(behind - chunk->slots.begin()) - 1};
  }

  /// Puts a block before `place`, and says where it is.
  Place insert(Place place, const Key& first, Block* block) {
    if (place == end()) return append(first, block);
    Chunk* chunk = &chunks_[place.chunk];
    if (chunk->slots.size() == chunk_capacity) {
      split(place.chunk);
      if (place.index > chunk_capacity / 2)
        place = {place.chunk + 1, place.index - chunk_capacity / 2};
      chunk = &chunks_[place.chunk];
    }
    chunk->slots.insert(chunk->slots.begin() + signed_of(place.index), Slot{first, block});
    chunk->enter(*block);
    return place;
  }

  /// Another block with as many elements takes its place. Returns the old one.
  Block* replace(Place place, Block* block) {
    Block* const old = std::exchange(slot(place).block, block);
    chunks_[place.chunk].bytes += block->memory_bytes() - old->memory_bytes();
    return old;
  }

  void set_first(Place place, const Key& first) { slot(place).first = first; }

  /// Elements were added to the block, or taken out of it.
  void count(Place place, std::ptrdiff_t elements) {
    chunks_[place.chunk].elements += static_cast<std::size_t>(elements);
  }

  /// Takes the slot of a block out, which still is; it counted `elements`.
  void erase(Place place, std::size_t elements) noexcept {
    Chunk& chunk = chunks_[place.chunk];
    chunk.elements -= elements;
    chunk.bytes -= chunk.slots[place.index].block->memory_bytes();
    chunk.slots.erase(chunk.slots.begin() + signed_of(place.index));
    if (chunk.slots.empty())
      chunks_.erase(chunks_.begin() + signed_of(place.chunk));
    else if (chunk.slots.size() < chunk_capacity / 4)
      join(place.chunk);
  }

  // Chunks, for who counts from the front.

  [[nodiscard]] std::size_t chunk_count() const { return chunks_.size(); }

  [[nodiscard]] std::size_t chunk_elements(std::size_t chunk) const {
    return chunks_[chunk].elements;
  }

  [[nodiscard]] std::size_t chunk_blocks(std::size_t chunk) const {
    return chunks_[chunk].slots.size();
  }

  /// Takes out all blocks before `place`.
  BlockDirectory split_front(Place place) {
    BlockDirectory front;
    front.chunks_.reserve(place.chunk + 1);
    if (place.index > 0) {
      Chunk part;
      Chunk& from = chunks_[place.chunk];
      part.slots.assign(from.slots.begin(), from.slots.begin() + signed_of(place.index));
      part.enter_all();
      from.elements -= part.elements;
      from.bytes -= part.bytes;
      from.slots.erase(from.slots.begin(), from.slots.begin() + signed_of(place.index));
      front.chunks_.push_back(std::move(part));
    }
    const auto whole = chunks_.begin() + signed_of(place.chunk);
    front.chunks_.insert(front.chunks_.begin(), std::make_move_iterator(chunks_.begin()),
                         std::make_move_iterator(whole));
    chunks_.erase(chunks_.begin(), whole);
    return front;
  }

  /// Whether chunks are as they should be; what is in the blocks is the owner's business.
  [[nodiscard]] bool holds() const {
    const Key* before = nullptr;
    for (const Chunk& chunk : chunks_) {
      if (chunk.slots.empty() || chunk.slots.size() > chunk_capacity) return false;
      std::size_t elements = 0;
      std::size_t bytes = 0;
      for (const Slot& each : chunk.slots) {
        if (before != nullptr && !(*before < each.first)) return false;
        before = &each.first;
        elements += each.block->count();
        bytes += each.block->memory_bytes();
      }
      if (elements != chunk.elements || bytes != chunk.bytes) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t chunk_capacity = 128;

  struct Slot {
    Key first;
    Block* block;
  };

  struct Chunk {
    void enter(const Block& block) {
      elements += block.count();
      bytes += block.memory_bytes();
    }

    void enter_all() {
      for (const Slot& each : slots) enter(*each.block);
    }

    std::vector<Slot> slots;
    std::size_t elements = 0;
    std::size_t bytes = 0;
  };

  static std::ptrdiff_t signed_of(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

  template <class T>
  static std::size_t bytes_of(const std::vector<T>& table) {
    return table.capacity() > 0 ? allocated_bytes(table.capacity() * sizeof(T)) : 0;
  }

  [[nodiscard]] const Slot& slot(Place place) const {
    return chunks_[place.chunk].slots[place.index];
  }

  [[nodiscard]] Slot& slot(Place place) { return chunks_[place.chunk].slots[place.index]; }

  Place append(const Key& first, Block* block) {
    if (chunks_.empty() || chunks_.back().slots.size() == chunk_capacity) {
      Chunk fresh;
      fresh.slots.reserve(chunks_.empty() ? 1 : chunk_capacity);
      chunks_.push_back(std::move(fresh));
    }
    Chunk& chunk = chunks_.back();
    chunk.slots.push_back({first, block});
    chunk.enter(*block);
    return last();
  }

  /// The second half of a full chunk becomes one by itself.
  void split(std::size_t at) {
    Chunk right;
    right.slots.reserve(chunk_capacity);
    chunks_.reserve(chunks_.size() + 1);
    Chunk& left = chunks_[at];
    right.slots.assign(left.slots.begin() + chunk_capacity / 2, left.slots.end());
    right.enter_all();
    left.slots.erase(left.slots.begin() + chunk_capacity / 2, left.slots.end());
    left.elements -= right.elements;
    left.bytes -= right.bytes;
    chunks_.insert(chunks_.begin() + signed_of(at) + 1, std::move(right));
  }

  /// Puts a small chunk to the one behind it, if there is room and memory.
  void join(std::size_t at) noexcept {
    if (at + 1 == chunks_.size()) {
      if (at == 0) return;
      --at;
    }
    Chunk& left = chunks_[at];
    Chunk& right = chunks_[at + 1];
    if (left.slots.size() + right.slots.size() > chunk_capacity / 2) return;
    try {
      left.slots.reserve(left.slots.size() + right.slots.size());
    } catch (const std::bad_alloc&) {
      return;
    }
    left.slots.insert(left.slots.end(), right.slots.begin(), right.slots.end());
    left.elements += right.elements;
    left.bytes += right.bytes;
    chunks_.erase(chunks_.begin() + signed_of(at) + 1);
  }

  std::vector<Chunk> chunks_;
};

}  // namespace respawn::keyspace
