// Reading lists; what changes them is in list.cpp.
#include "keyspace/types/list.hpp"

#include "base/allocation.hpp"
#include "keyspace/types/list_table.hpp"

namespace respawn::keyspace {

std::string_view List::peek(End end, Scratch& scratch) const {
  RESPAWN_CHECK(!empty());
  if (end == End::front) return block_text(slot(0).block->first(), scratch);
  return block_text(Block::previous(slot(slot_count() - 1).block->end()), scratch);
}

std::string_view List::at(std::size_t index, Scratch& scratch) const {
  const Place place = locate(index);
  return block_text(slot(place.slot).block->first() + offset_of(place), scratch);
}

List::Walk List::walk(std::size_t index, End towards) const {
  Walk walk;
  walk.list_ = this;
  walk.forward_ = towards == End::back;
  if (index >= size()) return walk;
  const Place place = locate(index);
  walk.slot_ = place.slot;
  walk.element_ = slot(place.slot).block->first() + offset_of(place);
  return walk;
}

void List::Walk::next() {
  const Block* block = list_->slot(slot_).block;
  if (forward_) {
    element_ = Block::next(element_);
    if (element_ != block->end()) return;
    element_ = ++slot_ < list_->slot_count() ? list_->slot(slot_).block->first() : nullptr;
  } else if (element_ != block->first()) {
    element_ = Block::previous(element_);
  } else {
    element_ = slot_ > 0 ? Block::previous(list_->slot(--slot_).block->end()) : nullptr;
  }
}

std::size_t List::memory_bytes() const {
  std::size_t bytes = allocated_bytes(sizeof(List));
  if (table_ != nullptr)
    bytes += allocated_bytes(sizeof(Table)) + allocated_bytes(table_->capacity * sizeof(Slot));
  for (std::size_t i = 0; i < slot_count(); ++i) bytes += slot(i).block->memory_bytes();
  return bytes;
}

Status List::check_invariants() const {
  std::size_t elements = 0;
  std::size_t listpack = 0;
  for (std::size_t i = 0; i < slot_count(); ++i) {
    const Slot& in = slot(i);
    std::size_t count = 0;
    std::size_t bytes = 0;
    const char* at = in.block->first();
    for (; at < in.block->end(); at = Block::next(at)) {
      ++count;
      bytes += Block::listpack_bytes(at);
      const char* next = Block::next(at);
      if (next > in.block->end() || Block::previous(next) != at)
        return failure("list: an element's lengths disagree");
    }
    if (count == 0) return failure("list: an empty block");
    if (count != in.count || bytes != in.listpack_bytes)
      return failure("list: a block's figures are wrong");
    elements += count;
    listpack += bytes;
  }
  if (elements != size() || listpack != listpack_bytes())
    return failure("list: its figures are wrong");
  return success();
}

}  // namespace respawn::keyspace
