// Sorted distinct integers of 2, 4 or 8 bytes each: a set of a few hundred numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/result.hpp"

namespace respawn::keyspace {

/// All integers have the width that the widest one ever added needs. Owner: a Set. One pointer;
/// nothing is allocated while it is empty; as with Packed the allocation is always of the size
/// class the contents need.
/// Complexity: contains O(log n), the others O(n).
/// Errors: add throws std::bad_alloc and leaves it as it was.
class IntArray {
 public:
  IntArray() noexcept = default;

  IntArray(IntArray&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}

  IntArray& operator=(IntArray&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  ~IntArray();

  [[nodiscard]] std::size_t size() const { return block_ == nullptr ? 0 : block_->count; }

  /// Requires index < size(). The smallest is at 0.
  [[nodiscard]] std::int64_t at(std::size_t index) const;

  [[nodiscard]] bool contains(std::int64_t value) const;

  /// Whether it was not there before.
  bool add(std::int64_t value);

  /// Whether it was there.
  bool erase(std::int64_t value) noexcept;

  void clear() noexcept;

  [[nodiscard]] IntArray clone() const;

  [[nodiscard]] std::size_t memory_bytes() const;

  /// Bytes per integer.
  [[nodiscard]] std::size_t width() const { return block_ == nullptr ? 2 : block_->width; }

  /// See Packed::release() and adopt().
  [[nodiscard]] void* release() noexcept { return std::exchange(block_, nullptr); }

  static IntArray adopt(void* released) noexcept {
    IntArray array;
    array.block_ = static_cast<Header*>(released);
    return array;
  }

  [[nodiscard]] Status check_invariants() const;

 private:
  struct Header {
    std::uint32_t count = 0;
    std::uint32_t width = 2;
  };

  [[nodiscard]] char* data() const { return reinterpret_cast<char*>(block_ + 1); }

  [[nodiscard]] std::size_t lower_bound(std::int64_t value) const;
  void put(std::size_t index, std::int64_t value) noexcept;

  Header* block_ = nullptr;
};

}  // namespace respawn::keyspace
