// A key and its value in one allocation.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>

#include "base/check.hpp"
#include "base/shared_block.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

/// An expiry that never comes: entry.expire_at_ms() of a key without one.
inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// The text of a string up to this length is said to be "embstr" unless it was changed in place.
inline constexpr std::size_t embstr_max_bytes = 44;

/// Owner: a Database (keyspace actor). Handlers read it, and change it through a Change, which may
/// have to move it: every call that changes a key ends the life of pointers to its entry. No bytes
/// are copied out: views live until the next call that changes this key.
///
/// Layout (byte 0 is the shape, 1..3 the access clock, little endian):
///   compact:  shape = 0x80 | bytes in all; key length (1 byte); key; value up to the end.
///             A string without expiry of at most 127 bytes in all: 5 bytes more than its contents.
///   general:  shape = form << 4 | expiry << 3 | type; [expiry 8]; [integer or pointer 8];
///             key length (varint); key; [value length (varint); value] when inline.
/// Invariants: a value has one form only; `object` owns what it points to; a `block` is held, and
/// may be held by replies and batches too: it is changed in place only while it is held by nobody
/// else.
class Entry {
 public:
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  [[nodiscard]] Type type() const {
    return is_compact() ? Type::string : static_cast<Type>(shape_ & 7);
  }

  [[nodiscard]] Encoding encoding() const;

  [[nodiscard]] std::string_view key() const {
    const Text text = key_text();
    return {base() + text.offset, text.length};
  }

  /// Unix milliseconds, or `never`.
  [[nodiscard]] std::int64_t expire_at_ms() const {
    return has_expiry() ? load<std::int64_t>(expiry_offset) : never;
  }

  [[nodiscard]] bool has_expiry() const { return !is_compact() && (shape_ & expiry_bit) != 0; }

  /// A key lives through the millisecond of its expiry, as in Redis.
  [[nodiscard]] bool expired(std::int64_t now_ms) const { return now_ms > expire_at_ms(); }

  /// 24 bits for the eviction policy: seconds (LRU) or minutes and a counter (LFU).
  [[nodiscard]] std::uint32_t access_clock() const {
    return static_cast<std::uint32_t>(clock_[0] | clock_[1] << 8 | clock_[2] << 16);
  }

  /// Not part of the data: also for who only reads.
  void set_access_clock(std::uint32_t clock) const {
    clock_[0] = static_cast<std::uint8_t>(clock);
    clock_[1] = static_cast<std::uint8_t>(clock >> 8);
    clock_[2] = static_cast<std::uint8_t>(clock >> 16);
  }

  /// A string that is stored as a 64-bit integer.
  [[nodiscard]] bool is_integer() const { return form() == Form::integer; }

  /// Requires is_integer().
  [[nodiscard]] std::int64_t integer() const;

  /// A long string, which is stored as a block of its own.
  [[nodiscard]] bool is_block() const { return form() == Form::block; }

  /// The text of a string; of an integer it is written into `scratch`. Requires Type::string.
  [[nodiscard]] std::string_view bytes(Scratch& scratch) const;

  /// The text of a long string as a block to be held beyond the life of the entry; null when it is
  /// not stored as one. Requires Type::string.
  [[nodiscard]] BlockPtr shared_block() const {
    return is_block() ? BlockPtr::share(block()) : BlockPtr();
  }

  /// Length of that text, without writing it. Requires Type::string.
  [[nodiscard]] std::size_t length() const;

  /// The container, as what it is: entry.object<List>(). Checks the type.
  template <class T>
  [[nodiscard]] const T& object() const {
    RESPAWN_CHECK(type() == T::object_type);
    return static_cast<const T&>(*object_pointer());
  }

  /// Any container. Requires a type other than string.
  [[nodiscard]] const Object& container() const { return *object_pointer(); }

  /// Bytes of this entry and its value, the allocator's rounding included; not its dict slot.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  friend class Change;
  friend class Database;
  friend class EntryBuilder;

  enum class Form : std::uint8_t { embedded, embedded_raw, integer, block, object };

  static constexpr std::uint8_t compact_bit = 0x80;
  static constexpr std::uint8_t expiry_bit = 0x08;
  static constexpr std::size_t expiry_offset = 4;

  struct Text {
    std::size_t offset = 0;
    std::size_t length = 0;
  };

  [[nodiscard]] bool is_compact() const { return (shape_ & compact_bit) != 0; }

  [[nodiscard]] Form form() const {
    return is_compact() ? Form::embedded : static_cast<Form>(shape_ >> 4);
  }

  [[nodiscard]] const char* base() const { return reinterpret_cast<const char*>(this); }

  [[nodiscard]] char* base() { return reinterpret_cast<char*>(this); }

  template <class T>
  [[nodiscard]] T load(std::size_t offset) const {
    T value;
    std::memcpy(&value, base() + offset, sizeof value);
    return value;
  }

  [[nodiscard]] std::size_t payload_offset() const {
    return expiry_offset + (has_expiry() ? 8 : 0);
  }

  [[nodiscard]] Text read_length(std::size_t offset) const {
    const auto first = load<std::uint8_t>(offset);
    return first < 0x80 ? Text{offset + 1, first} : read_long_length(offset);
  }

  [[nodiscard]] Text read_long_length(std::size_t offset) const;

  [[nodiscard]] Text key_text() const {
    if (is_compact()) return {5, load<std::uint8_t>(4)};
    return read_length(payload_offset() + (form() >= Form::integer ? 8 : 0));
  }

  /// Requires an embedded form.
  [[nodiscard]] Text embedded_text() const {
    const Text key = key_text();
    const std::size_t end = key.offset + key.length;
    if (is_compact()) return {end, (shape_ & 0x7fU) - end};
    return read_length(end);
  }

  [[nodiscard]] Object& container() { return *object_pointer(); }

  [[nodiscard]] SharedBlock& block() const;
  [[nodiscard]] Object* object_pointer() const;

  Entry() = default;

  std::uint8_t shape_ = 0;
  mutable std::uint8_t clock_[3] = {};
};

static_assert(sizeof(Entry) == 4);

}  // namespace respawn::keyspace
