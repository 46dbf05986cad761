// Blocks of elements in the order of their keys: the index above the blocks of a stream and above
// those of its pending lists.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/allocation.hpp"
#include "keyspace/types/copied_bytes.hpp"

namespace respawn::keyspace {

/// Two levels: chunks of up to 127 blocks with their first keys, and a table of chunks that knows
/// how many elements and bytes are in each, so that whole beginnings are counted and taken away
/// without a look at their blocks. Owns both, perhaps with others: share() makes a directory that
/// holds the same chunks. Chunks and blocks count who holds them; one that others hold, too, is
/// copied before it changes, a chunk with what it says of its blocks (3 KB).
///
/// A Block has count(), its elements; memory_bytes(); copy(), which throws std::bad_alloc;
/// is_shared(), retain() and release(block), which frees it when nobody holds it any more.
///
/// Complexity: find O(log n); adding and removing at an end O(1) amortized, elsewhere a move of a
/// chunk's slots (3 KB) and, once for 64 blocks, of the table (24 bytes for 127 blocks).
/// Errors: what is not noexcept throws std::bad_alloc and leaves everything as it was. What is said
/// to require own() or own_chunk() does not throw behind it.
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

  BlockDirectory() noexcept = default;

  BlockDirectory(BlockDirectory&& other) noexcept : table_(std::exchange(other.table_, {})) {}

  BlockDirectory& operator=(BlockDirectory&& other) noexcept {
    table_.swap(other.table_);
    return *this;
  }

  ~BlockDirectory() {
    for (const Row& row : table_) release(row.chunk);
  }

  /// Another one with the same blocks. O(chunks).
  [[nodiscard]] BlockDirectory share() const {
    BlockDirectory same;
    same.table_ = table_;
    for (const Row& row : table_) ++row.chunk->holders;
    return same;
  }

  [[nodiscard]] bool empty() const { return table_.empty(); }

  /// Blocks. O(chunks).
  [[nodiscard]] std::size_t size() const {
    std::size_t blocks = 0;
    for (const Row& row : table_) blocks += row.chunk->count;
    return blocks;
  }

  /// Bytes of the directory alone. O(chunks).
  [[nodiscard]] std::size_t memory_bytes() const {
    std::size_t bytes = table_bytes();
    for (const Row& row : table_) bytes += Chunk::bytes_for(row.chunk->capacity);
    return bytes;
  }

  /// Bytes of the blocks. O(chunks).
  [[nodiscard]] std::size_t block_bytes() const {
    std::size_t bytes = 0;
    for (const Row& row : table_) bytes += row.bytes;
    return bytes;
  }

  /// Bytes of directory and blocks that nobody else holds. O(chunks + blocks of those that nobody
  /// else holds).
  [[nodiscard]] std::size_t unshared_bytes() const {
    std::size_t bytes = table_bytes();
    for (const Row& row : table_) {
      if (row.chunk->is_shared()) continue;
      bytes += Chunk::bytes_for(row.chunk->capacity);
      for (const Slot& each : *row.chunk)
        if (!each.block->is_shared()) bytes += each.block->memory_bytes();
    }
    return bytes;
  }

  [[nodiscard]] Place begin() const { return {}; }

  [[nodiscard]] Place end() const { return {table_.size(), 0}; }

  /// Requires !empty().
  [[nodiscard]] Place last() const { return {table_.size() - 1, table_.back().chunk->count - 1U}; }

  [[nodiscard]] const Block* at(Place place) const { return slot(place).block; }

  [[nodiscard]] const Key& first_key(Place place) const { return slot(place).first; }

  /// end() behind the last.
  [[nodiscard]] Place next(Place place) const {
    if (++place.index < table_[place.chunk].chunk->count) return place;
    return {place.chunk + 1, 0};
  }

  /// end() before the first. Also of end().
  [[nodiscard]] Place previous(Place place) const {
    if (place.index > 0) return {place.chunk, place.index - 1};
    if (place.chunk == 0) return end();
    return {place.chunk - 1, table_[place.chunk - 1].chunk->count - 1U};
  }

  /// The last block whose first key is not above `key`; the first one if all are; end() when empty.
  [[nodiscard, gnu::always_inline]] Place find(const Key& key) const {
    if (table_.empty()) return end();
    const Place place = last();
    return key < first_key(place) ? search(key) : place;
  }

  /// The block there, which nobody else holds from now on, nor what the directory says of it.
  Block* own(Place place) {
    const Chunk& chunk = *table_[place.chunk].chunk;
    Block* const block = chunk.begin()[place.index].block;
    return chunk.is_shared() || block->is_shared() ? copy(place) : block;
  }

  /// The same behind own().
  Block* owned(Place place) noexcept { return slot(place).block; }

  /// Nobody else holds what the directory says of the block there, whose bytes stay as they are.
  void own_chunk(Place place) {
    if (table_[place.chunk].chunk->is_shared()) [[unlikely]]
      remake(place.chunk, table_[place.chunk].chunk->capacity);
  }

  /// Whether others hold the block there.
  [[nodiscard]] bool is_shared(Place place) const {
    return table_[place.chunk].chunk->is_shared() || at(place)->is_shared();
  }

  /// Puts a block, which is the directory's from now on, before `place`, and says where it is.
  Place insert(Place place, const Key& first, Block* block) {
    if (place == end()) return append(first, block);
    if (table_[place.chunk].chunk->count == chunk_capacity) {
      split(place.chunk);
      if (place.index > chunk_capacity / 2)
        place = {place.chunk + 1, place.index - chunk_capacity / 2};
    }
    make_room(place.chunk);
    Row& row = table_[place.chunk];
    Slot* const gap = row.chunk->begin() + place.index;
    std::memmove(static_cast<void*>(gap + 1), gap,
                 static_cast<std::size_t>(row.chunk->end() - gap) * sizeof(Slot));
    *gap = {first, block};
    ++row.chunk->count;
    row.enter(*block);
    return place;
  }

  /// Another block with as many elements takes the place of the one there, which goes. Returns it.
  /// Requires own_chunk().
  Block* replace(Place place, Block* block) noexcept {
    Block* const old = std::exchange(slot(place).block, block);
    table_[place.chunk].bytes += block->memory_bytes() - old->memory_bytes();
    Block::release(old);
    return block;
  }

  /// Requires own_chunk().
  void set_first(Place place, const Key& first) noexcept { slot(place).first = first; }

  /// Elements were added to the block, or taken out of it.
  void count(Place place, std::ptrdiff_t elements) noexcept {
    table_[place.chunk].elements += static_cast<std::size_t>(elements);
  }

  /// Takes out the block there, which counted `elements`. Behind own_chunk() it does not throw.
  void erase(Place place, std::size_t elements) {
    own_chunk(place);
    Row& row = table_[place.chunk];
    Slot* const gap = row.chunk->begin() + place.index;
    row.elements -= elements;
    row.bytes -= gap->block->memory_bytes();
    Block::release(gap->block);
    row.chunk->drop_slots(place.index, 1);
    if (row.chunk->count == 0) {
      Chunk::free(row.chunk);
      table_.erase(table_.begin() + signed_of(place.chunk));
    } else if (row.chunk->count < chunk_capacity / 4) {
      join(place.chunk);
    }
  }

  /// Lets go of the last block, or of a whole chunk that others hold, and says how many elements
  /// were in it; 0 when empty.
  std::size_t drop_last() noexcept {
    if (table_.empty()) return 0;
    Row& row = table_.back();
    if (row.chunk->is_shared()) {
      const std::size_t elements = row.elements;
      --row.chunk->holders;
      table_.pop_back();
      return elements;
    }
    Block* const block = std::prev(row.chunk->end())->block;
    const std::size_t elements = block->count();
    row.elements -= elements;
    row.bytes -= block->memory_bytes();
    Block::release(block);
    if (--row.chunk->count == 0) {
      Chunk::free(row.chunk);
      table_.pop_back();
    }
    return elements;
  }

  // Chunks, for who counts from the front.

  [[nodiscard]] std::size_t chunk_count() const { return table_.size(); }

  [[nodiscard]] std::size_t chunk_elements(std::size_t chunk) const {
    return table_[chunk].elements;
  }

  /// Takes out all blocks before `place`.
  BlockDirectory split_front(Place place) {
    BlockDirectory front;
    front.table_.reserve(place.chunk + 1);
    Row part;
    if (place.index > 0) {
      own_chunk(place);
      part.chunk = Chunk::create(place.index);
    }
    const auto whole = table_.begin() + signed_of(place.chunk);
    front.table_.insert(front.table_.begin(), table_.begin(), whole);
    if (place.index > 0) {
      part.chunk->add_slots(*whole->chunk, 0, place.index);
      part.enter_all();
      whole->leave(part);
      whole->chunk->drop_slots(0, place.index);
      front.table_.push_back(part);
    }
    table_.erase(table_.begin(), whole);
    return front;
  }

  /// Whether chunks are as they should be; what is in the blocks is the owner's business.
  [[nodiscard]] bool holds() const {
    const Key* before = nullptr;
    for (const Row& row : table_) {
      const Chunk& chunk = *row.chunk;
      if (chunk.holders == 0 || chunk.count == 0 || chunk.count > chunk.capacity) return false;
      Row found;
      for (const Slot& each : chunk) {
        if (before != nullptr && !(*before < each.first)) return false;
        before = &each.first;
        found.enter(*each.block);
      }
      if (found.elements != row.elements || found.bytes != row.bytes) return false;
    }
    return table_.capacity() >= table_.size();
  }

 private:
  /// With it a chunk of the smaller slots is 3,064 bytes, one of the larger ones less than a page.
  static constexpr std::size_t chunk_capacity = 127;

  struct Slot {
    Key first;
    Block* block;
  };

  static_assert(std::is_trivially_copyable_v<Slot>);

  /// One allocation: this and its slots. Holds each of its blocks.
  struct Chunk {
    static std::size_t bytes_for(std::size_t slots) {
      return allocated_bytes(sizeof(Chunk) + slots * sizeof(Slot));
    }

    static Chunk* create(std::size_t slots) {
      const std::size_t bytes = bytes_for(slots);
      const std::size_t room = (bytes - sizeof(Chunk)) / sizeof(Slot);
      auto* const chunk = new (::operator new(bytes)) Chunk;
      chunk->capacity = static_cast<std::uint16_t>(std::min(room, chunk_capacity));
      return chunk;
    }

    /// Its blocks are somebody else's.
    static void free(Chunk* chunk) noexcept {
      ::operator delete(chunk, bytes_for(chunk->capacity));
    }

    [[nodiscard]] bool is_shared() const { return holders != 1; }

    [[nodiscard]] Slot* begin() { return reinterpret_cast<Slot*>(this + 1); }

    [[nodiscard]] Slot* end() { return begin() + count; }

    [[nodiscard]] const Slot* begin() const { return reinterpret_cast<const Slot*>(this + 1); }

    [[nodiscard]] const Slot* end() const { return begin() + count; }

    /// Some of another chunk's, behind its own. Requires room.
    void add_slots(const Chunk& from, std::size_t first, std::size_t slots) noexcept {
      std::memcpy(static_cast<void*>(end()), from.begin() + first, slots * sizeof(Slot));
      count = static_cast<std::uint16_t>(count + slots);
    }

    /// All of another chunk's, which goes, or stays with those who hold it, too.
    void take_over(Chunk* from) noexcept {
      add_slots(*from, 0, from->count);
      if (!from->is_shared()) return free(from);
      --from->holders;
      for (const Slot& each : *from) each.block->retain();
    }

    void drop_slots(std::size_t first, std::size_t slots) noexcept {
      Slot* const gap = begin() + first;
      std::memmove(static_cast<void*>(gap), gap + slots, (count - first - slots) * sizeof(Slot));
      count = static_cast<std::uint16_t>(count - slots);
    }

    std::uint32_t holders = 1;
    std::uint16_t count = 0;
    std::uint16_t capacity = 0;
  };

  struct Row {
    void enter(const Block& block) {
      elements += block.count();
      bytes += block.memory_bytes();
    }

    void enter_all() {
      for (const Slot& each : *chunk) enter(*each.block);
    }

    void leave(const Row& part) {
      elements -= part.elements;
      bytes -= part.bytes;
    }

    Chunk* chunk = nullptr;
    std::size_t elements = 0;
    std::size_t bytes = 0;
  };

  static std::ptrdiff_t signed_of(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

  static void release(Chunk* chunk) noexcept {
    if (--chunk->holders > 0) return;
    for (const Slot& each : *chunk) Block::release(each.block);
    Chunk::free(chunk);
  }

  [[nodiscard]] std::size_t table_bytes() const {
    return table_.capacity() > 0 ? allocated_bytes(table_.capacity() * sizeof(Row)) : 0;
  }

  /// find() before the last.
  [[nodiscard, gnu::noinline]] Place search(const Key& key) const {
    const auto above = std::upper_bound(
        table_.begin(), table_.end(), key,
        [](const Key& k, const Row& row) { return k < row.chunk->begin()->first; });
    if (above == table_.begin()) return begin();
    const auto row = std::prev(above);
    const Slot* const behind =
        std::upper_bound(row->chunk->begin(), row->chunk->end(), key,
                         [](const Key& k, const Slot& each) { return k < each.first; });
    return {static_cast<std::size_t>(row - table_.begin()),
            static_cast<std::size_t>(behind - row->chunk->begin()) - 1};
  }

  [[nodiscard]] const Slot& slot(Place place) const {
    return table_[place.chunk].chunk->begin()[place.index];
  }

  [[nodiscard]] Slot& slot(Place place) { return table_[place.chunk].chunk->begin()[place.index]; }

  [[gnu::noinline]] Block* copy(Place place) {
    own_chunk(place);
    return at(place)->is_shared() ? replace(place, at(place)->copy()) : owned(place);
  }

  /// The chunk has room for so many slots from now on, and nobody else holds it.
  [[gnu::noinline]] void remake(std::size_t at, std::size_t slots) {
    Chunk* const fresh = Chunk::create(slots);
    if (table_[at].chunk->is_shared()) CopiedBytes::add(Chunk::bytes_for(fresh->capacity));
    fresh->take_over(std::exchange(table_[at].chunk, fresh));
  }

  /// For one more slot in a chunk that is not full and that nobody else holds from now on.
  void make_room(std::size_t at) {
    const Chunk& chunk = *table_[at].chunk;
    if (chunk.count == chunk.capacity)
      remake(at, std::min(chunk.count * std::size_t{2}, chunk_capacity));
    else if (chunk.is_shared())
      remake(at, chunk.capacity);
  }

  /// For one more row, so that adding it cannot fail.
  void make_row_room() {
    if (table_.size() == table_.capacity())
      table_.reserve(std::max(table_.size() * 2, std::size_t{1}));
  }

  Place append(const Key& first, Block* block) {
    if (table_.empty() || table_.back().chunk->count == chunk_capacity) {
      make_row_room();
      table_.push_back({Chunk::create(table_.empty() ? 1 : chunk_capacity)});
    } else {
      make_room(table_.size() - 1);
    }
    Row& row = table_.back();
    *row.chunk->end() = {first, block};
    ++row.chunk->count;
    row.enter(*block);
    return last();
  }

  /// The second half of a full chunk becomes one by itself.
  void split(std::size_t at) {
    make_row_room();
    own_chunk({at, 0});
    constexpr std::size_t half = chunk_capacity / 2;
    Row right{Chunk::create(chunk_capacity)};
    Row& left = table_[at];
    right.chunk->add_slots(*left.chunk, half, chunk_capacity - half);
    right.enter_all();
    left.leave(right);
    left.chunk->count = half;
    table_.insert(table_.begin() + signed_of(at) + 1, right);
  }

  /// Puts a small chunk to the one behind it, if there is room and memory.
  void join(std::size_t at) noexcept {
    if (at + 1 == table_.size()) {
      if (at == 0) return;
      --at;
    }
    Row& left = table_[at];
    const Row right = table_[at + 1];
    const std::size_t slots = std::size_t{left.chunk->count} + right.chunk->count;
    if (slots > chunk_capacity / 2) return;
    try {
      if (left.chunk->is_shared() || left.chunk->capacity < slots) remake(at, slots);
    } catch (const std::bad_alloc&) {
      return;
    }
    left.chunk->take_over(right.chunk);
    left.elements += right.elements;
    left.bytes += right.bytes;
    table_.erase(table_.begin() + signed_of(at) + 1);
  }

  std::vector<Row> table_;
};

}  // namespace respawn::keyspace
