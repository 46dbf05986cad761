// A list of byte strings in packed blocks; the value behind LPUSH, BRPOP, LRANGE and friends.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "keyspace/types/list_block.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

class Garbage;

/// Configuration that lists read at every change.
struct ListLimits {
  /// list-max-listpack-size: positive is elements, -1..-5 is 4, 8, 16, 32, 64 KB.
  int max_listpack_size = -2;
  /// DEBUG QUICKLIST-PACKED-THRESHOLD: an element of this many bytes gets a node of its own.
  std::size_t packed_threshold_bytes = std::size_t{1} << 30;
};

enum class End : std::uint8_t { front, back };

/// Owner: an Entry. Indexes are 0-based from the front and checked. Views live until the next
/// change. Calls that throw std::bad_alloc leave the list as it was; what only removes needs memory
/// when it changes a block that is shared, and else not.
/// Complexity: both ends O(block) worst, O(1) typical; anything in the middle O(chunks + block),
/// a chunk being up to 127 blocks (of about 700 elements of 10 bytes each). The first change of
/// what is shared copies a chunk's slots (2 KB) and the block.
/// Invariants: no block is empty; an element lies in one block; blocks keep to the limit, but for
/// one that holds a single larger element; what is shared does not change.
class List final : public Object {
 private:
  /// One block and what is worth knowing without reading it.
  struct Slot {
    Block* block = nullptr;
    std::uint32_t count = 0;           // elements
    std::uint32_t listpack_bytes = 0;  // what a node of Redis would hold, its own 7 not counted
  };

  /// The place of a slot, and of an element within its block. {} when there is no table.
  struct Place {
    std::uint32_t chunk = 0;
    std::uint32_t slot = 0;
    std::size_t ordinal = 0;
  };

  /// What a node of a quicklist may hold.
  struct NodeRoom {
    /// Whether one more element whose text has so many bytes is too much.
    [[nodiscard]] bool full(const Slot& node, std::size_t text_bytes) const {
      return node.listpack_bytes + text_bytes > bytes || node.count >= elements;
    }

    std::size_t bytes = 0;  // of a listpack of what is there, and of the text to come
    std::size_t elements = 0;
  };

  struct Chunk;

  /// A chunk, and what is in it: known without reading it.
  struct Part {
    Chunk* chunk = nullptr;
    std::size_t elements = 0;
    std::size_t listpack_bytes = 0;  // of all of them
  };

  struct Table;

 public:
  static constexpr Type object_type = Type::list;

  /// Longer ones are refused by a check: the caller looks first. Redis has the same bound.
  static constexpr std::size_t element_max_bytes = (std::size_t{1} << 32) - 1024;

  List() noexcept = default;
  ~List() override;

  [[nodiscard]] Type type() const override { return object_type; }

  /// listpack while everything fits one block within the limit, else quicklist; back to listpack
  /// below half the limit, all as Redis 7.2 says.
  [[nodiscard]] Encoding encoding() const override {
    return table_ != nullptr ? Encoding::quicklist : Encoding::listpack;
  }

  [[nodiscard]] std::size_t size() const override;

  [[nodiscard]] std::size_t memory_bytes() const override;
  std::size_t free_slice(std::size_t budget) noexcept override;

  [[nodiscard]] bool empty() const { return size() == 0; }

  /// Adds one element.
  void push(End end, std::string_view value, const ListLimits& limits);

  /// Adds each of `values` in turn (so at the front the last one ends up first): all or nothing.
  void push_all(End end, std::span<const std::string_view> values, const ListLimits& limits);

  /// The element at an end. Requires !empty().
  [[nodiscard]] std::string_view peek(End end, Scratch& scratch) const;

  /// Requires index < size().
  [[nodiscard]] std::string_view at(std::size_t index, Scratch& scratch) const;

  /// The same elements without a copy of them: both share their blocks from now on, and whoever
  /// changes one copies it first. For cuts and for COPY. O(chunks).
  [[nodiscard]] std::unique_ptr<List> share() const;

  /// Bytes of blocks and chunks that this list holds alone (what a cut costs once the original has
  /// changed). O(chunks + blocks of chunks it holds alone).
  [[nodiscard]] std::size_t unshared_bytes() const;

  /// Makes what drop(end, 1) changes this list's alone: that drop needs no memory then, whatever is
  /// pushed before it. Requires !empty().
  void own(End end);

  /// Removes `count` elements (at most size()) from an end.
  void drop(End end, std::size_t count, const ListLimits& limits);

  /// Puts `value` before the element at `index`; index == size() appends.
  void insert(std::size_t index, std::string_view value, const ListLimits& limits);

  /// Replaces the element at `index`.
  void set(std::size_t index, std::string_view value, const ListLimits& limits);

  /// Removes `count` elements from `index` on; index + count <= size(). Frees their blocks.
  void erase(std::size_t index, std::size_t count, const ListLimits& limits);

  /// LTRIM: keeps `count` elements from `first` on; first + count <= size(). What goes is freed by
  /// `garbage`, unless it is little or there is no memory to hand it over. O(chunks).
  void trim(std::size_t first, std::size_t count, const ListLimits& limits, Garbage& garbage);

  /// LREM: removes elements equal to `value`: the first `count` from the front, the last -count
  /// from the back, or all when 0. Says how many.
  std::size_t remove(std::int64_t count, std::string_view value, const ListLimits& limits);

  /// Walks in one direction from any index. Ends with the next change of the list.
  ///   for (auto walk = list.walk(start, End::back); walk.valid(); walk.next()) use(walk.value());
  class Walk {
   public:
    [[nodiscard]] bool valid() const { return element_ != nullptr; }

    /// Valid until next().
    [[nodiscard]] std::string_view value() { return block_text(element_, scratch_); }

    /// Elements of the node it is in, all of them. Requires valid().
    [[nodiscard]] std::size_t node_size() const;

    /// Valid until the next change of the list.
    [[nodiscard]] StoredElement stored() const { return stored_element(element_); }

    void next();

   private:
    friend class List;

    const List* list_ = nullptr;
    const char* element_ = nullptr;
    Place place_;
    bool forward_ = true;
    Scratch scratch_;
  };

  /// Starts at `index` and goes towards `towards`; not valid() at once when index >= size().
  [[nodiscard]] Walk walk(std::size_t index = 0, End towards = End::back) const;

  /// Calls visit(std::string_view) for `count` elements from `index` on.
  template <class Visitor>
  void for_range(std::size_t index, std::size_t count, Visitor&& visit) const {
    for (Walk it = walk(index); count > 0 && it.valid(); --count, it.next()) visit(it.value());
  }

  /// Bytes these elements would take in a listpack of Redis (DEBUG OBJECT's serializedlength is
  /// near it; a limit by size counts it). O(chunks).
  [[nodiscard]] std::size_t listpack_bytes() const;

  /// Nodes a quicklist has (DEBUG OBJECT's ql_nodes); 1 for a listpack.
  [[nodiscard]] std::size_t node_count() const;

  /// Elements of one of them. Requires node < node_count(). O(chunks).
  [[nodiscard]] std::size_t node_size(std::size_t node) const;

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] Status check_invariants() const override;

 private:
  friend class ListBuilder;

  [[nodiscard]] const Slot& slot(Place place) const;
  [[nodiscard]] Slot& slot(Place place);
  [[nodiscard]] Place end_place(End end) const;
  bool advance(Place& place) const;
  bool retreat(Place& place) const;
  [[nodiscard]] Place locate(std::size_t index) const;
  [[nodiscard]] static std::size_t offset_of(const Slot& in, std::size_t ordinal);
  [[nodiscard]] static NodeRoom node_room(const ListLimits& limits);
  [[nodiscard]] bool accepts(const Slot& node, std::size_t bytes, const ListLimits& limits) const;
  [[nodiscard]] static Status check_slot(const Slot& in);
  void account(Part* part, Slot& in, std::ptrdiff_t count, std::ptrdiff_t bytes) noexcept;
  [[nodiscard]] Part* part_of(Place place);

  void put(End end, const ElementForm& form, const ListLimits& limits);
  void put_at(Place place, const ElementForm& form, const ListLimits& limits);
  static void write_in(Slot& to, std::size_t offset, const ElementForm& form,
                       const ListLimits& limits);
  void add_at_end(End end, const ElementForm& form);
  Place add_block(Place place, const ElementForm& form);
  void add_element(Place place, const ElementForm& form, const ListLimits& limits);
  Place split(Place place);
  void merge(Place place, const ListLimits& limits) noexcept;
  void take_next(Place place, Place next, char* gap) noexcept;
  void cut(Part* part, Slot& from, std::size_t ordinal, std::size_t count) noexcept;
  void drop_block(End end, const ListLimits& limits);
  void take_out(std::size_t index, std::size_t count) noexcept;
  std::size_t take_chunks(std::uint32_t first, std::size_t most) noexcept;
  std::size_t take_slots(Place first, std::size_t most) noexcept;
  [[nodiscard]] std::unique_ptr<List> set_apart(std::size_t& first, std::size_t& behind);
  bool drop_empty(Place& place, bool forward) noexcept;
  std::size_t remove_in(Place place, const ElementForm& form, std::size_t most, bool forward);
  static void tighten(Slot& loose) noexcept;

  // Chunks: list_table.cpp.
  Place insert_slot(Place place, const Slot& fresh);
  Place make_room(Place place);
  void add_chunk(std::uint32_t at, std::uint32_t capacity);
  void reserve_part();
  void split_chunk(std::uint32_t chunk, std::uint32_t slots);
  void join_chunks(std::uint32_t chunk) noexcept;
  void drop_slots(Place place, std::uint32_t count) noexcept;
  void drop_chunks(std::uint32_t chunk, std::uint32_t count) noexcept;
  void move_chunks(List& to, std::uint32_t chunk, std::uint32_t count) noexcept;
  void forget_figures(std::uint32_t chunk, std::uint32_t count) noexcept;

  // Sharing: list_sharing.cpp.
  [[nodiscard]] bool shares() const;
  Slot& writable(Place place);
  Slot& own_block(Place place);
  void own_chunk(std::uint32_t chunk);
  void own_edges(std::size_t index, std::size_t count);
  void own_matches(const ElementForm& form, std::size_t most, bool forward);

  [[nodiscard]] bool outgrows(std::size_t elements, std::size_t bytes,
                              const ListLimits& limits) const;
  void to_quicklist();
  void to_listpack() noexcept;
  void shrink(const ListLimits& limits) noexcept;

  Slot single_;             // the only block, when there is no table
  Table* table_ = nullptr;  // there is one exactly when the encoding is quicklist
};

}  // namespace respawn::keyspace
