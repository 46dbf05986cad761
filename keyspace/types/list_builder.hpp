// Lists that are made of many elements at once: by loaders, and by commands that store a new one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "keyspace/types/list.hpp"

namespace respawn::keyspace {

/// Makes the list that as many pushes at the back would make, node by node, for less: what goes
/// into one node is gathered and becomes a block at once, as large as it has to be.
/// Owner: who builds the list. Errors: add() and build() throw std::bad_alloc; only destruction is
/// allowed then.
/// Invariant: what is gathered is one node, or nothing.
class ListBuilder {
 public:
  /// Borrows the limits.
  explicit ListBuilder(const ListLimits& limits)
      : list_(std::make_unique<List>()),
        limits_(limits),
        room_(List::node_room(limits)),
        short_end_bytes_(std::min(Block::short_text_max_bytes + 1, limits.packed_threshold_bytes)) {
  }

  /// Puts an element at the end. O(bytes).
  void add(std::string_view element) {
    if (element.size() >= short_end_bytes_ || may_be_integer(element) || gathered_.count == 0 ||
        room_.full(gathered_, element.size()) || bytes_.size() - used_ < 2 + element.size())
      return add_any(element);
    Block::write_short(bytes_.data() + used_, element);
    account(2 + element.size(), 2 + element.size());
  }

  /// The list, empty when nothing was added. To be called once.
  [[nodiscard]] std::unique_ptr<List> build();

 private:
  /// One more has been written behind the last one.
  void account(std::size_t packed_bytes, std::size_t listpack_bytes) {
    used_ += packed_bytes;
    ++gathered_.count;
    gathered_.listpack_bytes += static_cast<std::uint32_t>(listpack_bytes);
  }

  void add_any(std::string_view element);
  [[nodiscard]] bool begins_node(std::size_t bytes) const;
  void gather(const ElementForm& form);
  void end_node();

  std::unique_ptr<List> list_;
  const ListLimits& limits_;
  const List::NodeRoom room_;
  const std::size_t short_end_bytes_;
  List::Slot gathered_;      // its figures; the block is yet to come
  std::vector<char> bytes_;  // of gathered_, packed; used_ of them
  std::size_t used_ = 0;
};

}  // namespace respawn::keyspace
