// A small collection as one flat string of elements: hashes, sets and sorted sets while they are
// small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "keyspace/types/list_block.hpp"

namespace respawn::keyspace {

/// Elements have the form of list_block.hpp without its back length: nobody walks backwards often
/// enough to pay a byte per element for it. An element is named by its address, end() being behind
/// the last one; every change ends the life of all addresses but the one it returns.
///
/// Owner: a container. One pointer; nothing is allocated while it is empty. The allocation is
/// always of the size class its contents need, so no capacity is stored.
/// Complexity: O(bytes) for all but count(), begin(), end(), next() and append().
/// The texts of what is added must not lie in this collection.
/// Errors: what adds throws std::bad_alloc and leaves it as it was; nothing else throws.
class Packed {
 public:
  Packed() noexcept = default;

  Packed(Packed&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}

  Packed& operator=(Packed&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  ~Packed();

  /// Elements.
  [[nodiscard]] std::size_t count() const { return block_ == nullptr ? 0 : block_->count; }

  [[nodiscard]] bool empty() const { return count() == 0; }

  /// Bytes of all elements.
  [[nodiscard]] std::size_t used() const { return block_ == nullptr ? 0 : block_->used; }

  /// Of the allocation.
  [[nodiscard]] std::size_t memory_bytes() const;

  [[nodiscard]] const char* begin() const { return data(); }

  [[nodiscard]] const char* end() const { return data() + used(); }

  /// The element behind this one.
  static const char* next(const char* element) { return element + element_body_bytes(element); }

  /// The element `steps` behind this one.
  static const char* skip(const char* element, std::size_t steps) {
    for (; steps > 0; --steps) element = next(element);
    return element;
  }

  /// The element in front of this one (which may be end()), by looking from the beginning. Who
  /// walks backwards over many collects their addresses on a walk forwards.
  [[nodiscard]] const char* previous(const char* element) const;

  /// Requires index <= count(). O(index).
  [[nodiscard]] const char* at(std::size_t index) const { return skip(begin(), index); }

  /// An integer's text is written into `scratch`.
  static std::string_view text(const char* element, Scratch& scratch) {
    return block_text(element, scratch);
  }

  /// The integer an element is stored as: every text that is the canonical form of one is.
  static std::optional<std::int64_t> integer(const char* element) { return block_integer(element); }

  static bool equals(const char* element, const ElementForm& form) {
    return Block::equals(element, form);
  }

  /// The first of the elements 0, stride, 2 * stride... that equals; null when none does.
  [[nodiscard]] const char* find(const ElementForm& form, std::size_t stride = 1) const;

  /// Adds elements at the end: all or nothing.
  void append(std::initializer_list<ElementForm> forms) { insert(end(), forms); }

  void append(const ElementForm& form) { insert(end(), {form}); }

  /// Puts elements before `place` (end() to append), all or nothing; returns where the first one
  /// is.
  const char* insert(const char* place, std::initializer_list<ElementForm> forms) {
    return splice(place, 0, forms);
  }

  const char* insert(const char* place, const ElementForm& form) {
    return splice(place, 0, {form});
  }

  /// Removes `count` elements from `element` on; returns where the next one is now.
  const char* erase(const char* element, std::size_t count = 1) noexcept;

  /// Puts another element in the place of this one; returns where it is.
  const char* replace(const char* element, const ElementForm& form) {
    return splice(element, 1, {form});
  }

  /// The same for several elements in a row; as many, more or less may take their place.
  const char* replace(const char* element, std::size_t count,
                      std::initializer_list<ElementForm> forms) {
    return splice(element, count, forms);
  }

  void clear() noexcept;

  /// A copy of its own. Throws std::bad_alloc.
  [[nodiscard]] Packed clone() const;

  /// Bytes a listpack of Redis with these elements has (DEBUG OBJECT's serializedlength).
  [[nodiscard]] std::size_t listpack_bytes() const;

  /// For owners that keep the pointer with a mark in its lowest bit: the allocation, which is now
  /// theirs; null when empty.
  [[nodiscard]] void* release() noexcept { return std::exchange(block_, nullptr); }

  /// Takes back what release() gave.
  static Packed adopt(void* released) noexcept {
    Packed packed;
    packed.block_ = static_cast<Header*>(released);
    return packed;
  }

  [[nodiscard]] Status check_invariants() const;

 private:
  struct Header {
    std::uint32_t used = 0;
    std::uint32_t count = 0;
  };

  [[nodiscard]] const char* data() const {
    return block_ == nullptr ? nullptr : reinterpret_cast<const char*>(block_ + 1);
  }

  const char* splice(const char* place, std::size_t removed,
                     std::initializer_list<ElementForm> forms);

  Header* block_ = nullptr;
};

}  // namespace respawn::keyspace
