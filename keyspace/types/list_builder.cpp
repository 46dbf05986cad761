#include "keyspace/types/list_builder.hpp"

#include <algorithm>
#include <utility>

#include "keyspace/types/list_table.hpp"

namespace respawn::keyspace {

void ListBuilder::add_any(std::string_view element) {
  const bool alone = element.size() >= limits_.packed_threshold_bytes;
  if (alone || room_.full(gathered_, element.size())) end_node();
  if (gathered_.count == 0 && (alone || !begins_node(element.size())))
    return list_->push(End::back, element, limits_);
  gather(ElementForm(element));
}

/// Whether a push would make a block for an element of so many bytes, behind others.
bool ListBuilder::begins_node(std::size_t bytes) const {
  return list_->table_ != nullptr && list_->table_->blocks > 0 &&
         !list_->accepts(list_->slot(list_->end_place(End::back)), bytes, limits_);
}

void ListBuilder::gather(const ElementForm& form) {
  if (bytes_.size() - used_ < form.packed_bytes)
    bytes_.resize(std::max(2 * bytes_.size(), used_ + form.packed_bytes));
  Block::write(bytes_.data() + used_, form);
  account(form.packed_bytes, form.listpack_bytes);
}

void ListBuilder::end_node() {
  if (gathered_.count == 0) return;
  OwnBlock block(Block::create(used_));
  block->assign(bytes_.data(), std::exchange(used_, 0));
  List::Slot fresh = std::exchange(gathered_, {});
  fresh.block = block.get();
  List::Place behind = list_->end_place(End::back);
  ++behind.slot;
  list_->insert_slot(behind, fresh);
  static_cast<void>(block.release());
}

std::unique_ptr<List> ListBuilder::build() {
  end_node();
  return std::move(list_);
}

}  // namespace respawn::keyspace
