// The packed blocks a list is made of: elements back to back, readable in both directions.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "base/allocation.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

/// An element is: head, payload, back length.
///   head 0x00..0x7f          text of that many bytes
///   head 0x80..0xef          the integer head - 0x80, no payload
///   head 0xf0..0xf5          integer of 1, 2, 3, 4, 6, 8 bytes, little endian, signed
///   head 0xf8, 0xf9          text whose length is in the next 2, 4 bytes
/// The back length is the size of head and payload, 7 bits per byte; its last byte (the one met
/// first from behind) has the low bits, and the top bit set when another precedes it.
/// A text is stored as an integer exactly when it is the canonical form of one, so equal elements
/// have equal bytes.
struct ElementForm {
  explicit ElementForm(std::string_view text);

  std::string_view text;
  std::optional<std::int64_t> integer;
  std::uint32_t body_bytes = 0;      // head and payload
  std::uint32_t packed_bytes = 0;    // what it takes in a block
  std::uint32_t listpack_bytes = 0;  // what it would take in a listpack of Redis
};

/// Whether a text can be that of an integer: only what has its length and its first character is
/// worth parsing.
inline bool may_be_integer(std::string_view text) {
  if (text.empty() || text.size() > 20) return false;
  const char first = text.front();
  return first == '-' || (first >= '0' && first <= '9');
}

/// The text of the element at `element`; an integer's is written into `scratch`.
std::string_view block_text(const char* element, Scratch& scratch);

/// The integer an element is stored as, if it is.
std::optional<std::int64_t> block_integer(const char* element);

/// An element as it is stored: the integer, or the text where it lies.
struct StoredElement {
  std::string_view text;
  std::optional<std::int64_t> integer;
};

StoredElement stored_element(const char* element);

/// Bytes of head and payload.
std::size_t element_body_bytes(const char* element);

/// Writes head and payload, form.body_bytes; returns the end.
char* write_element_body(char* at, const ElementForm& form);

/// Owner: the chunks of lists that refer to it, or a list whose only block it is. One allocation:
/// this header and `capacity` bytes, of which [begin, end) hold the elements; free bytes lie at
/// both sides, so pushing at either end moves nothing as a rule. The allocation is always of a size
/// class, and the header has the class's number instead of the size: so the count of references
/// takes no room.
/// Invariant: the bytes of a block that is shared do not change.
class Block {
 public:
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  /// Of at least this capacity, with one reference. Throws std::bad_alloc.
  static Block* create(std::size_t capacity);

  /// Another block of at least this capacity with the same elements. Throws std::bad_alloc.
  [[nodiscard]] Block* copy(std::size_t capacity) const;

  /// Counts one more reference; false, and nothing done, when there are 2^24 - 1.
  [[nodiscard]] bool retain() noexcept;

  /// Lets go of one reference; the last one's owner destroys the block.
  static void release(Block* block) noexcept;

  /// Whether somebody else refers to it too.
  [[nodiscard]] bool shared() const { return references_ > 1; }

  [[nodiscard]] std::size_t used() const { return end_ - begin_; }

  [[nodiscard]] std::size_t capacity() const { return capacities[size_class_]; }

  [[nodiscard]] const char* first() const { return data() + begin_; }

  [[nodiscard]] char* first() { return data() + begin_; }

  [[nodiscard]] const char* end() const { return data() + end_; }

  /// The element behind / before `element`; end() and first() are the bounds.
  static const char* next(const char* element);
  static const char* previous(const char* element);

  /// Bytes the element takes in all / would take in a listpack of Redis.
  static std::size_t packed_bytes(const char* element);
  static std::size_t listpack_bytes(const char* element);

  /// Whether the element is this one; compares bytes, builds no text.
  static bool equals(const char* element, const ElementForm& form);

  /// Opens a gap of `bytes` at `offset` (0..used()) by moving the shorter side. Returns where, or
  /// null when the capacity does not suffice.
  char* open(std::size_t offset, std::size_t bytes) noexcept;

  /// Closes the gap [offset, offset + bytes).
  void close(std::size_t offset, std::size_t bytes) noexcept;

  /// Writes an element of form.packed_bytes.
  static void write(char* at, const ElementForm& form);

  static constexpr std::size_t short_text_max_bytes = 63;

  /// Writes a text of up to so many bytes that is no integer's: one byte in front of it and one
  /// behind it, as many as in a listpack of Redis.
  static void write_short(char* at, std::string_view text) {
    *at = static_cast<char>(text.size());
    std::memcpy(at + 1, text.data(), text.size());
    at[1 + text.size()] = static_cast<char>(1 + text.size());
  }

  /// Replaces the contents. Requires the capacity.
  void assign(const char* elements, std::size_t bytes) noexcept;

  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  static constexpr std::size_t header_bytes = 12;
  static constexpr std::size_t size_classes = 108;  // up to 4 GB
  static constexpr unsigned references_max = 0xffffff;

  /// As allocated_bytes() has them.
  static constexpr std::array<std::uint32_t, size_classes> capacities = [] {
    std::array<std::uint32_t, size_classes> of{};
    std::size_t bytes = 0;
    for (std::uint32_t& capacity : of) {
      bytes = allocated_bytes(std::max<std::size_t>(bytes + 1, header_bytes));
      capacity = static_cast<std::uint32_t>(bytes - header_bytes);
    }
    return of;
  }();

  explicit Block(unsigned size_class) : size_class_(size_class & 0xff), references_(1) {}

  static unsigned size_class_of(std::size_t bytes);

  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }

  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }

  std::uint32_t size_class_ : 8;
  std::uint32_t references_ : 24;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

struct ReleaseBlock {
  void operator()(Block* block) const noexcept { Block::release(block); }
};

/// One reference.
using OwnBlock = std::unique_ptr<Block, ReleaseBlock>;

}  // namespace respawn::keyspace
