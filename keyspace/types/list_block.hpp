// The packed blocks a list is made of: elements back to back, readable in both directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

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

/// Owner: a List. One allocation: this header and `capacity` bytes, of which [begin, end) hold the
/// elements; free bytes lie at both sides, so pushing at either end moves nothing as a rule.
class Block {
 public:
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  /// Throws std::bad_alloc.
  static Block* create(std::size_t capacity);
  static void destroy(Block* block) noexcept;

  [[nodiscard]] std::size_t used() const { return end_ - begin_; }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }

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

  /// Replaces the contents. Requires the capacity.
  void assign(const char* elements, std::size_t bytes) noexcept;

  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  explicit Block(std::uint32_t capacity) : capacity_(capacity) {}

  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }

  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }

  std::uint32_t capacity_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace respawn::keyspace
