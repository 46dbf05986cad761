// The packed blocks a stream is made of: entries back to back, in the order of their IDs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "keyspace/types/list_block.hpp"
#include "keyspace/types/stream_id.hpp"

namespace respawn::keyspace {

class StreamBlock;

/// An element of a block: head and payload, without the back length that lists have. Returns the
/// one behind it.
inline const char* skip_element(const char* element) {
  const auto head = static_cast<unsigned char>(*element);
  if (head < 0x80) return element + 1 + head;
  return head < 0xf0 ? element + 1 : element + element_body_bytes(element);
}

/// The text of an element; an integer's is written into `scratch`.
inline std::string_view element_text(const char* element, Scratch& scratch) {
  const auto head = static_cast<unsigned char>(*element);
  if (head < 0x80) return {element + 1, head};
  return block_text(element, scratch);
}

/// An entry where it lies in its block. Ends with the next change of the stream.
struct StreamEntry {
  StreamId id;
  const char* names = nullptr;   // of the block, or null: names and values lie in turn
  const char* values = nullptr;  // the first value, or the first name
  std::size_t field_count = 0;

  /// Calls visit(name, value) for each field; both live until the next.
  template <class Visitor>
  void for_each_field(Visitor&& visit) const {
    Scratch name_scratch;
    Scratch value_scratch;
    const char* name = names;
    const char* at = values;
    for (std::size_t left = field_count; left > 0; --left) {
      const char* const name_at = names != nullptr ? name : at;
      if (names != nullptr)
        name = skip_element(name);
      else
        at = skip_element(at);
      visit(element_text(name_at, name_scratch), element_text(at, value_scratch));
      at = skip_element(at);
    }
  }
};

/// Owner: a Stream, or its garbage; perhaps several of them. One allocation: this header and
/// `capacity` bytes.
///   names of the first entry's fields, an element each; entries back to back. An entry is
///   head     bit 0: its fields have those names; bit 1: its sequence number is written; bits 2..7:
///            how many ms behind the entry before it (the first: behind the block's base), 63: more
///   [ms]     varint, what is beyond 63
///   [seq]    varint. Within the same ms: what is beyond the number before it and 1; else itself.
///            Where it is not written it is 0
///   [count]  varint, the fields of an entry with names of its own
///   elements: the values; or a name and a value for each field
/// An entry that is erased is gone; that it was there is remembered as a number, for a block takes
/// as many entries as a node of Redis, which keeps them. Of more than 65,535 names none are kept
/// apart, and no more than 65,535 erased entries are remembered.
/// Complexity: finding an entry O(bytes in front of it).
class StreamBlock {
 public:
  StreamBlock(const StreamBlock&) = delete;
  StreamBlock& operator=(const StreamBlock&) = delete;

  using Fields = std::span<const std::string_view>;  // name, value, name, ...

  /// An empty block whose entries, none below `base`, probably have these names. Throws
  /// std::bad_alloc.
  static StreamBlock* create(const StreamId& base, Fields fields);

  /// The same in a block of its own, with as much room. Throws std::bad_alloc.
  [[nodiscard]] StreamBlock* copy() const;

  // Directories that hold it are counted: see BlockDirectory.

  [[nodiscard]] bool is_shared() const { return holders_ != 1; }

  void retain() noexcept { ++holders_; }

  static void release(StreamBlock* block) noexcept {
    if (--block->holders_ == 0) destroy(block);
  }

  /// At least 1, but in a block that is just being filled.
  [[nodiscard]] std::size_t count() const { return count_; }

  /// Entries that a node of Redis would have: those that were erased count.
  [[nodiscard]] std::size_t node_entries() const { return std::size_t{count_} + erased_; }

  /// An entry that is to be added behind `previous`, the last one (of no meaning in an empty
  /// block).
  struct Addition {
    StreamId id;
    StreamId previous;
    Fields fields;
    bool same_names = false;
    std::size_t bytes = 0;  // that it takes at most; that many as a rule
  };

  [[nodiscard]] Addition plan(const StreamId& id, const StreamId& previous, Fields fields) const;

  [[nodiscard]] bool has_room(std::size_t bytes) const { return capacity_ - used_ >= bytes; }

  /// Of the whole allocation, when so many more are in use.
  [[nodiscard]] std::size_t bytes_with(std::size_t more) const {
    return sizeof(StreamBlock) + used_ + more;
  }

  /// The same in a block with room for `more` bytes, and for further ones as long as the allocation
  /// takes no more than `most`. Throws std::bad_alloc.
  [[nodiscard]] StreamBlock* resized(std::size_t more, std::size_t most) const;

  /// Requires room.
  void append(const Addition& addition) noexcept;

  [[nodiscard]] const StreamId& base() const { return base_; }

  /// What was read of the node it was made of: entries that are marked as erased.
  void set_erased(std::size_t entries) {
    erased_ = static_cast<std::uint16_t>(std::min(entries, most_told));
  }

  /// Those of its first entry.
  [[nodiscard]] std::size_t name_count() const { return name_count_; }

  /// Calls visit(std::string_view) for each.
  template <class Visitor>
  void for_each_name(Visitor&& visit) const {
    Scratch scratch;
    const char* name = data();
    for (std::size_t left = name_count_; left > 0; --left, name = skip_element(name))
      visit(element_text(name, scratch));
  }

  [[nodiscard]] std::size_t used_bytes() const { return used_; }

  [[nodiscard]] bool is_loose() const { return used_ < capacity_ / 2; }

  [[nodiscard]] bool has_names_of(const StreamBlock& other) const;

  /// What it takes at most to add the entries of another block with the same names.
  [[nodiscard]] std::size_t bytes_for_all_of(const StreamBlock& other) const;

  /// Adds them. Requires room. O(both).
  void append_all(const StreamBlock& other) noexcept;

  [[nodiscard]] std::size_t memory_bytes() const;

  /// Where an entry begins; and the ID in front of it (of the first entry: what makes the base the
  /// least that can follow).
  struct Place {
    const char* at = nullptr;
    StreamId previous;
  };

  [[nodiscard]] Place begin() const { return {data() + entries_at_, in_front()}; }

  [[nodiscard]] bool is_end(const Place& place) const { return place.at == data() + used_; }

  /// The entry there, which is not the end. `place` steps over it.
  StreamEntry take(Place& place) const;

  /// The first place whose entry is not below `id`; perhaps the end.
  [[nodiscard]] Place find(const StreamId& id) const;

  /// Like take(), but the ID only.
  [[nodiscard]] StreamId id_at(const Place& place) const;

  /// The last entry's.
  [[nodiscard]] StreamId last_id() const;

  /// Takes `entries` entries out, which end at `to`.
  void erase(const Place& from, const Place& to, std::size_t entries) noexcept;

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] Status check_invariants() const;

 private:
  struct Head;

  /// Of names and of erased entries.
  static constexpr std::size_t most_told = 0xffff;

  StreamBlock(const StreamId& base, std::size_t capacity)
      : base_(base), capacity_(static_cast<std::uint32_t>(capacity)) {}

  [[nodiscard]] StreamId in_front() const { return {base_.ms, base_.seq - 1}; }

  static StreamBlock* allocate(const StreamId& base, std::size_t bytes);
  static void destroy(StreamBlock* block) noexcept;
  [[nodiscard]] StreamBlock* in_allocation_of(std::size_t bytes) const;
  [[nodiscard]] bool has_names(Fields fields) const;

  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }

  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }

  StreamId base_;
  std::uint32_t capacity_;
  std::uint32_t used_ = 0;
  std::uint32_t entries_at_ = 0;  // bytes of the names
  std::uint32_t count_ = 0;
  std::uint32_t holders_ = 1;
  std::uint16_t name_count_ = 0;
  std::uint16_t erased_ = 0;
};

}  // namespace respawn::keyspace
