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
class List final : public Object {
 public:
  static constexpr Type object_type = Type::list;

  List() noexcept;
  ~List() override;

  [[nodiscard]] Type type() const override { return object_type; }

  /// listpack while everything fits one block within the limit, else quicklist; back to listpack
  /// below half the limit, all as Redis 7.2 says.
  [[nodiscard]] Encoding encoding() const override { return encoding_; }

  [[nodiscard]] std::size_t size() const override { return size_; }

  [[nodiscard]] std::size_t memory_bytes() const override;
  std::size_t free_slice(std::size_t budget) noexcept override;

  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// Adds one element.
  void push(End end, std::string_view value, const ListLimits& limits);

  /// Adds each of `values` in turn (so at the front the last one ends up first): all or nothing.
  void push_all(End end, std::span<const std::string_view> values, const ListLimits& limits);

  /// The element at an end. Requires !empty().
  [[nodiscard]] std::string_view peek(End end, Scratch& scratch) const;

  /// Requires index < size().
  [[nodiscard]] std::string_view at(std::size_t index, Scratch& scratch) const;

  /// Removes `count` elements (at most size()) from an end.
  void drop(End end, std::size_t count, const ListLimits& limits) noexcept;

  /// Puts `value` before the element at `index`; index == size() appends.
  void insert(std::size_t index, std::string_view value, const ListLimits& limits);

  /// Replaces the element at `index`.
  void set(std::size_t index, std::string_view value, const ListLimits& limits);

  /// Removes `count` elements from `index` on; index + count <= size(). Two of these are LTRIM.
  void erase(std::size_t index, std::size_t count, const ListLimits& limits) noexcept;

  /// LREM: removes elements equal to `value`: the first `count` from the front, the last -count
  /// from the back, or all when 0. Says how many.
  std::size_t remove(std::int64_t count, std::string_view value, const ListLimits& limits) noexcept;

  /// Walks in one direction from any index. Ends with the next change of the list.
  ///   for (auto walk = list.walk(start, End::back); walk.valid(); walk.next()) use(walk.value());
  class Walk {
   public:
    [[nodiscard]] bool valid() const { return element_ != nullptr; }

    /// Valid until next().
    [[nodiscard]] std::string_view value() { return block_text(element_, scratch_); }

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
  [[nodiscard]] std::size_t listpack_bytes() const { return listpack_bytes_; }

  /// Nodes a quicklist has (DEBUG OBJECT's ql_nodes); 1 for a listpack.
  [[nodiscard]] std::size_t node_count() const { return block_count_; }

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] Status check_invariants() const;

 private:
  struct Slot {
    Block* block = nullptr;
    std::uint32_t count = 0;           // elements, so that finding an index reads no block
    std::uint32_t listpack_bytes = 0;  // what a node of Redis would count, without its own 7
  };

  Slot* slots_ = nullptr;  // [first_, first_ + block_count_) are in use
  std::uint32_t first_ = 0;
  std::uint32_t block_count_ = 0;
  std::uint32_t slot_capacity_ = 0;
  Encoding encoding_ = Encoding::listpack;
  std::size_t size_ = 0;
  std::size_t listpack_bytes_ = 0;
};

}  // namespace respawn::keyspace
