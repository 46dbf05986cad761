// A list of byte strings in packed blocks; the value behind LPUSH, BRPOP, LRANGE and friends.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "keyspace/types/list_block.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

/// Configuration that lists read at every change.
struct ListLimits {
  /// list-max-listpack-size: positive is elements, -1..-5 is 4, 8, 16, 32, 64 KB.
  int max_listpack_size = -2;
  /// DEBUG QUICKLIST-PACKED-THRESHOLD: an element of this many bytes gets a node of its own.
  std::size_t packed_threshold_bytes = std::size_t{1} << 30;
};

enum class End : std::uint8_t { front, back };

/// Owner: an Entry. Indexes are 0-based from the front and checked. Views live until the next
/// change. Calls that throw std::bad_alloc leave the list as it was.
/// Complexity: both ends O(block) worst, O(1) typical; anything in the middle O(blocks + block),
/// where the walk over blocks reads 16 bytes for each (about 700 elements of 10 bytes).
/// Invariants: no block is empty; an element lies in one block; blocks keep to the limit, but for
/// one that holds a single larger element.
class List final : public Object {
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

  /// Removes `count` elements (at most size()) from an end.
  void drop(End end, std::size_t count, const ListLimits& limits);

  /// Puts `value` before the element at `index`; index == size() appends.
  void insert(std::size_t index, std::string_view value, const ListLimits& limits);

  /// Replaces the element at `index`.
  void set(std::size_t index, std::string_view value, const ListLimits& limits);

  /// Removes `count` elements from `index` on; index + count <= size(). Two of these are LTRIM.
  void erase(std::size_t index, std::size_t count, const ListLimits& limits);

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

    /// Valid until the next change of the list.
    [[nodiscard]] StoredElement stored() const { return stored_element(element_); }

    void next();

   private:
    friend class List;

    const List* list_ = nullptr;
    const char* element_ = nullptr;
    std::size_t slot_ = 0;
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
  /// near it; a limit by size counts it).
  [[nodiscard]] std::size_t listpack_bytes() const;

  /// Nodes a quicklist has (DEBUG OBJECT's ql_nodes); 1 for a listpack.
  [[nodiscard]] std::size_t node_count() const { return slot_count(); }

  /// Elements of one of them. Requires node < node_count().
  [[nodiscard]] std::size_t node_size(std::size_t node) const { return slot(node).count; }

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] Status check_invariants() const override;

 private:
  /// One block and what is worth knowing without reading it.
  struct Slot {
    Block* block = nullptr;
    std::uint32_t count = 0;           // elements
    std::uint32_t listpack_bytes = 0;  // what a node of Redis would hold, its own 7 not counted
  };

  struct Table;

  struct Place {
    std::size_t slot = 0;
    std::size_t ordinal = 0;  // of the element within its block
  };

  [[nodiscard]] std::size_t slot_count() const;
  [[nodiscard]] Slot& slot(std::size_t index);
  [[nodiscard]] const Slot& slot(std::size_t index) const;
  [[nodiscard]] Place locate(std::size_t index) const;
  [[nodiscard]] std::size_t offset_of(Place place) const;
  [[nodiscard]] bool accepts(std::size_t at, std::size_t bytes, const ListLimits& limits) const;

  void put(End end, const ElementForm& form, const ListLimits& limits);
  void put_at(Place place, const ElementForm& form, const ListLimits& limits);
  void add_block(std::size_t at, const ElementForm& form);
  void add_element(Place place, const ElementForm& form, const ListLimits& limits);
  void split(Place place);
  void merge(std::size_t at, const ListLimits& limits) noexcept;
  void rejoin(std::size_t at) noexcept;
  void take_next(std::size_t at, char* gap) noexcept;
  void cut(Place place, std::size_t count) noexcept;
  void take_out(std::size_t index, std::size_t count) noexcept;
  std::size_t remove_in(std::size_t at, const ElementForm& form, std::size_t most, bool forward);
  void account(Slot& slot, std::ptrdiff_t count, std::ptrdiff_t listpack_bytes) noexcept;
  void drop_slot(std::size_t at) noexcept;
  static void tighten(Slot& loose) noexcept;

  [[nodiscard]] bool outgrows(std::size_t elements, std::size_t bytes,
                              const ListLimits& limits) const;
  void to_quicklist();
  void to_listpack() noexcept;
  void shrink(const ListLimits& limits) noexcept;

  Slot single_;             // the only block, when there is no table
  Table* table_ = nullptr;  // there is one exactly when the encoding is quicklist
};

}  // namespace respawn::keyspace
