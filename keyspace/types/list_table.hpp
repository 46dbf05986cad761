// The blocks of a long list, in order. Part of List's implementation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "keyspace/types/list.hpp"

namespace respawn::keyspace {

/// An array with room at both ends. Only reserve_one() throws.
struct List::Table {
  [[nodiscard]] Slot& at(std::size_t index) { return slots[first + index]; }

  /// Makes room for one more slot at either end: capacity doubles when three quarters are in use,
  /// else the slots move to the middle, so that each move is paid for by many insertions.
  void reserve_one() {
    if (first > 0 && first + count < capacity) return;
    const bool grow = count + count / 3 + 2 > capacity;
    const std::uint32_t larger = grow ? std::max<std::uint32_t>(4, capacity * 2) : capacity;
    const std::uint32_t start = (larger - count) / 2;
    Slot* from = slots.get() + first;
    if (grow) {
      auto fresh = std::make_unique<Slot[]>(larger);
      std::copy(from, from + count, fresh.get() + start);
      slots = std::move(fresh);
    } else if (start < first) {
      std::copy(from, from + count, slots.get() + start);
    } else {
      std::copy_backward(from, from + count, slots.get() + start + count);
    }
    capacity = larger;
    first = start;
  }

  /// Requires reserve_one(). Moves the shorter side.
  void insert(std::size_t index, const Slot& slot) noexcept {
    Slot* begin = slots.get() + first;
    if (index < count / 2 || (index == 0 && count < 2)) {
      std::copy(begin, begin + index, begin - 1);
      --first;
    } else {
      std::copy_backward(begin + index, begin + count, begin + count + 1);
    }
    slots[first + index] = slot;
    ++count;
  }

  void erase(std::size_t index) noexcept {
    Slot* begin = slots.get() + first;
    if (index < count / 2) {
      std::copy_backward(begin, begin + index, begin + index + 1);
      ++first;
    } else {
      std::copy(begin + index + 1, begin + count, begin + index);
    }
    --count;
  }

  std::unique_ptr<Slot[]> slots;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t capacity = 0;
  std::size_t elements = 0;        // of all blocks
  std::size_t listpack_bytes = 0;  // of all blocks
};

}  // namespace respawn::keyspace
