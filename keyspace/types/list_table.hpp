// The blocks of a long list, in order: chunks of slots, and a table of chunks. Part of List's
// implementation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>

#include "base/allocation.hpp"
#include "keyspace/types/list.hpp"

namespace respawn::keyspace {

/// An array with room at both ends, in one allocation: the Owner, which derives from this, and
/// behind it `capacity` Elements of which [first, first + count) are in use. Only create() and
/// grown() throw.
template <class Owner, class Element>
struct ListRow {
  static Owner* create(std::uint32_t capacity) {
    auto* row = new (::operator new(bytes_for(capacity))) Owner();
    row->capacity = capacity;
    return row;
  }

  static void destroy(Owner* row) noexcept { ::operator delete(row, bytes_for(row->capacity)); }

  struct Destroy {
    void operator()(Owner* row) const noexcept { destroy(row); }
  };

  using Pointer = std::unique_ptr<Owner, Destroy>;

  [[nodiscard]] std::size_t memory_bytes() const { return allocated_bytes(bytes_for(capacity)); }

  [[nodiscard]] Element* begin() { return storage() + first; }

  [[nodiscard]] Element* end() { return storage() + first + count; }

  [[nodiscard]] Element& at(std::size_t index) { return storage()[first + index]; }

  [[nodiscard]] Element& at(End at_end) { return at_end == End::front ? *begin() : end()[-1]; }

  /// A copy of another capacity, which suffices.
  [[nodiscard]] Owner* grown(std::uint32_t larger) {
    Owner* row = create(larger);
    const std::uint32_t start = (larger - count) / 2;
    std::copy(begin(), end(), row->storage() + start);
    const auto& self = static_cast<const Owner&>(*this);
    row->inherit(self);
    row->first = start;
    row->count = count;
    return row;
  }

  /// Requires count < capacity. Moves the shorter side.
  void insert(std::size_t index, const Element& element) noexcept {
    const bool to_front = count < 2 ? index == 0 && first > 0 : index < count / 2;
    if (to_front ? first == 0 : first + count == capacity)
      move_to((capacity - count + (to_front ? 1 : 0)) / 2);
    if (to_front) {
      std::copy(begin(), begin() + index, begin() - 1);
      --first;
    } else {
      std::copy_backward(begin() + index, end(), end() + 1);
    }
    ++count;
    at(index) = element;
  }

  void erase(std::size_t index, std::uint32_t number) noexcept {
    if (index < count - index - number) {
      std::copy_backward(begin(), begin() + index, begin() + index + number);
      first += number;
    } else {
      std::copy(begin() + index + number, end(), begin() + index);
    }
    count -= number;
  }

  /// Puts `number` elements behind the last one. Requires that the capacity suffices.
  void append(const Element* elements, std::uint32_t number) noexcept {
    if (number > capacity - first - count) move_to(0);
    std::copy(elements, elements + number, end());
    count += number;
  }

  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t capacity = 0;

 private:
  static std::size_t bytes_for(std::uint32_t capacity) {
    return sizeof(Owner) + capacity * sizeof(Element);
  }

  [[nodiscard]] Element* storage() {
    return reinterpret_cast<Element*>(static_cast<Owner*>(this) + 1);
  }

  void move_to(std::uint32_t start) noexcept {
    if (start < first)
      std::copy(begin(), end(), storage() + start);
    else
      std::copy_backward(begin(), end(), storage() + start + count);
    first = start;
  }
};

/// Never empty but for moments. What is shared between lists does not change.
struct List::Chunk : ListRow<List::Chunk, List::Slot> {
  static constexpr std::uint32_t slots_min = 3;    // 64 bytes with the header; then doubling
  static constexpr std::uint32_t slots_max = 127;  // 2 KB

  [[nodiscard]] bool shared() const { return references > 1; }

  void inherit(const Chunk&) {}

  /// Lets go of one reference; with the last one go the references to blocks.
  static void release(Chunk* chunk) noexcept {
    if (--chunk->references > 0) return;
    for (const Slot& each : *chunk) Block::release(each.block);
    destroy(chunk);
  }

  std::uint32_t references = 1;
};

/// What chunks are in use, in order; the figures of all of them.
struct List::Table : ListRow<List::Table, List::Part> {
  void inherit(const Table& other) {
    shares = other.shares;
    blocks = other.blocks;
    elements = other.elements;
  }

  std::uint32_t blocks = 0;
  std::size_t elements = 0;
  bool shares = false;  // whether any chunk or block may be shared
};

inline const List::Slot& List::slot(Place place) const {
  return table_ != nullptr ? table_->at(place.chunk).chunk->at(place.slot) : single_;
}

inline List::Slot& List::slot(Place place) {
  return table_ != nullptr ? table_->at(place.chunk).chunk->at(place.slot) : single_;
}

/// The first or last block. Requires that there is one.
inline List::Place List::end_place(End end) const {
  if (table_ == nullptr || end == End::front) return {};
  const std::uint32_t last = table_->count - 1;
  return {last, table_->at(last).chunk->count - 1, 0};
}

/// Elements were added to a block of the part, or taken out of it; null when there is no table.
inline void List::account(Part* part, Slot& in, std::ptrdiff_t count,
                          std::ptrdiff_t bytes) noexcept {
  in.count += static_cast<std::uint32_t>(count);
  in.listpack_bytes += static_cast<std::uint32_t>(bytes);
  if (part == nullptr) return;
  part->elements += static_cast<std::size_t>(count);
  part->listpack_bytes += static_cast<std::size_t>(bytes);
  table_->elements += static_cast<std::size_t>(count);
}

inline List::Part* List::part_of(Place place) {
  return table_ != nullptr ? &table_->at(place.chunk) : nullptr;
}

/// Whether a change has to look for what is shared. Requires that there is a block or a table.
inline bool List::shares() const {
  return table_ != nullptr ? table_->shares : single_.block->shared();
}

/// The slot, whose chunk and block are this list's alone from now on. Throws std::bad_alloc; the
/// elements are the same in any case.
inline List::Slot& List::writable(Place place) {
  if (shares()) [[unlikely]]
    return own_block(place);
  return slot(place);
}

/// Small blocks grow by what is needed alone, and do not shrink.
inline constexpr std::size_t tight_block_max_bytes = 256;

}  // namespace respawn::keyspace
