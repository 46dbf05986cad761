// Reading lists; what changes them is in list.cpp.
#include "keyspace/types/list.hpp"

#include "base/allocation.hpp"
#include "keyspace/types/list_table.hpp"

namespace respawn::keyspace {

std::size_t List::size() const {
  return table_ != nullptr ? table_->elements : single_.count;
}

std::size_t List::listpack_bytes() const {
  if (table_ == nullptr) return single_.listpack_bytes;
  std::size_t bytes = 0;
  for (const Part& part : *table_) bytes += part.listpack_bytes;
  return bytes;
}

std::size_t List::node_count() const {
  if (table_ != nullptr) return table_->blocks;
  return single_.block != nullptr ? 1 : 0;
}

std::size_t List::node_size(std::size_t node) const {
  RESPAWN_CHECK(node < node_count());
  if (table_ == nullptr) return single_.count;
  const Part* part = table_->begin();
  for (; node >= part->chunk->count; ++part) node -= part->chunk->count;
  return part->chunk->at(node).count;
}

/// Offset of an element in its block; `ordinal` may be one past the last.
std::size_t List::offset_of(const Slot& in, std::size_t ordinal) {
  const char* element;
  if (ordinal <= in.count / 2) {
    element = in.block->first();
    for (std::size_t i = 0; i < ordinal; ++i) element = Block::next(element);
  } else {
    element = in.block->end();
    for (std::size_t i = in.count; i > ordinal; --i) element = Block::previous(element);
  }
  return static_cast<std::size_t>(element - in.block->first());
}

std::string_view List::peek(End end, Scratch& scratch) const {
  RESPAWN_CHECK(!empty());
  const Block& block = *slot(end_place(end)).block;
  return block_text(end == End::front ? block.first() : Block::previous(block.end()), scratch);
}

std::string_view List::at(std::size_t index, Scratch& scratch) const {
  const Place place = locate(index);
  const Slot& in = slot(place);
  return block_text(in.block->first() + offset_of(in, place.ordinal), scratch);
}

List::Walk List::walk(std::size_t index, End towards) const {
  Walk walk;
  walk.list_ = this;
  walk.forward_ = towards == End::back;
  if (index >= size()) return walk;
  walk.place_ = locate(index);
  const Slot& in = slot(walk.place_);
  walk.element_ = in.block->first() + offset_of(in, walk.place_.ordinal);
  return walk;
}

void List::Walk::next() {
  const Block* block = list_->slot(place_).block;
  if (forward_) {
    element_ = Block::next(element_);
    if (element_ != block->end()) return;
    element_ = list_->advance(place_) ? list_->slot(place_).block->first() : nullptr;
  } else if (element_ != block->first()) {
    element_ = Block::previous(element_);
  } else {
    element_ = list_->retreat(place_) ? Block::previous(list_->slot(place_).block->end()) : nullptr;
  }
}

std::size_t List::Walk::node_size() const {
  return list_->slot(place_).count;
}

std::size_t List::memory_bytes() const {
  std::size_t bytes = allocated_bytes(sizeof(List));
  if (table_ == nullptr) return bytes + (single_.block ? single_.block->memory_bytes() : 0);
  bytes += table_->memory_bytes();
  for (const Part& part : *table_) {
    bytes += part.chunk->memory_bytes();
    for (const Slot& in : *part.chunk) bytes += in.block->memory_bytes();
  }
  return bytes;
}

Status List::check_slot(const Slot& in) {
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
  return success();
}

Status List::check_invariants() const {
  if (table_ == nullptr) return single_.block != nullptr ? check_slot(single_) : success();
  std::size_t elements = 0;
  std::size_t blocks = 0;
  for (const Part& part : *table_) {
    Chunk& chunk = *part.chunk;
    if (chunk.count == 0 || chunk.count > chunk.capacity - chunk.first || chunk.references == 0)
      return failure("list: a chunk is not as it should be");
    Part sums;
    for (const Slot& in : chunk) {
      if (Status status = check_slot(in); !status.ok()) return status;
      if (in.block->shared() && !table_->shares) return failure("list: a block is shared unseen");
      sums.elements += in.count;
      sums.listpack_bytes += in.listpack_bytes;
    }
    if (chunk.shared() && !table_->shares) return failure("list: a chunk is shared unseen");
    if (sums.elements != part.elements || sums.listpack_bytes != part.listpack_bytes)
      return failure("list: a chunk's figures are wrong");
    elements += part.elements;
    blocks += chunk.count;
  }
  if (elements != table_->elements || blocks != table_->blocks)
    return failure("list: its figures are wrong");
  return success();
}

}  // namespace respawn::keyspace
