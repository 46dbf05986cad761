// What lists share, and the end of sharing: by a change, or by being freed.
#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "base/allocation.hpp"
#include "keyspace/types/copied_bytes.hpp"
#include "keyspace/types/list_table.hpp"

namespace respawn::keyspace {

List::~List() {
  free_slice(std::numeric_limits<std::size_t>::max());
}

/// Lets go of a chunk that is shared whole, and of others block by block.
std::size_t List::free_slice(std::size_t budget) noexcept {
  std::size_t freed = 0;
  if (table_ == nullptr && single_.block != nullptr && budget > 0) {
    freed = single_.count;
    drop_slots({}, 1);
  }
  if (table_ == nullptr) return freed;
  while (freed < budget && table_->count > 0) {
    const std::uint32_t last = table_->count - 1;
    const Part& part = table_->at(last);
    const std::size_t before = table_->elements;
    if (part.chunk->shared())
      drop_chunks(last, 1);
    else
      drop_slots({last, part.chunk->count - 1, 0}, 1);
    freed += before - table_->elements;
  }
  if (table_->count == 0) Table::destroy(std::exchange(table_, nullptr));
  return freed;
}

std::unique_ptr<List> List::share() const {
  auto other = std::make_unique<List>();
  if (table_ != nullptr) {
    other->table_ = table_->grown(table_->count);
    for (const Part& part : *table_) ++part.chunk->references;
    table_->shares = other->table_->shares = true;
  } else if (single_.block != nullptr) {
    Block* block = single_.block;
    if (!block->retain()) block = block->copy(block->used());
    other->single_ = {block, single_.count, single_.listpack_bytes};
  }
  return other;
}

std::size_t List::unshared_bytes() const {
  const auto alone = [](const Slot& in) {
    return in.block == nullptr || in.block->shared() ? 0 : in.block->memory_bytes();
  };
  if (table_ == nullptr) return alone(single_);
  std::size_t bytes = 0;
  for (const Part& part : *table_) {
    if (part.chunk->shared()) continue;
    bytes += part.chunk->memory_bytes();
    for (const Slot& in : *part.chunk) bytes += alone(in);
  }
  return bytes;
}

void List::own(End end) {
  RESPAWN_CHECK(!empty());
  writable(end_place(end));
}

List::Slot& List::own_block(Place place) {
  if (table_ != nullptr) own_chunk(place.chunk);
  Slot& in = slot(place);
  if (in.block->shared()) {
    Block* copy = in.block->copy(in.block->capacity());
    CopiedBytes::add(in.block->memory_bytes());
    Block::release(std::exchange(in.block, copy));
  }
  return in;
}

/// Makes the chunk this list's alone, not its blocks. Throws std::bad_alloc; the elements are the
/// same in any case.
void List::own_chunk(std::uint32_t at) {
  struct Release {
    void operator()(Chunk* chunk) const noexcept { Chunk::release(chunk); }
  };

  Chunk*& chunk = table_->at(at).chunk;
  if (!chunk->shared()) return;
  std::unique_ptr<Chunk, Release> copy(chunk->grown(chunk->capacity));
  for (const std::uint32_t slots = std::exchange(copy->count, 0); copy->count < slots;) {
    Block*& block = copy->end()->block;
    if (!block->retain()) block = block->copy(block->used());
    ++copy->count;  // what has been counted so far is let go of when there is no memory
  }
  CopiedBytes::add(copy->memory_bytes());
  Chunk::release(std::exchange(chunk, copy.release()));
}

/// Makes what changes in a removal of these elements this list's alone: the blocks of which not all
/// goes, and the chunks.
void List::own_edges(std::size_t index, std::size_t count) {
  if (count == 0 || !shares()) return;
  const Place first = locate(index);
  const Place last = locate(index + count - 1);
  if (table_ == nullptr) {
    if (count < size()) own_block({});
    return;
  }
  const auto own = [&](Place edge, bool chunk_edge, bool block_edge) {
    if (chunk_edge && table_->at(edge.chunk).elements <= count) return;
    if (block_edge && slot(edge).count <= count) return own_chunk(edge.chunk);
    own_block(edge);
  };
  own(first, first.slot == 0 && first.ordinal == 0, first.ordinal == 0);
  const bool last_of_block = last.ordinal + 1 == slot(last).count;
  own(last, last_of_block && last.slot + 1 == table_->at(last.chunk).chunk->count, last_of_block);
}

/// The same for the removal of up to `most` elements equal to this one.
void List::own_matches(const ElementForm& form, std::size_t most, bool forward) {
  if (!shares()) return;
  bool any_shared = false;
  std::size_t found = 0;
  Place place = end_place(forward ? End::front : End::back);
  do {
    const Block& block = *slot(place).block;
    const std::size_t before = found;
    for (const char* at = block.first(); at != block.end(); at = Block::next(at))
      found += Block::equals(at, form) ? 1 : 0;
    any_shared = any_shared || block.shared() ||
                 (table_ != nullptr && table_->at(place.chunk).chunk->shared());
    if (found > before) own_block(place);
    if (found >= most) return;
  } while (forward ? advance(place) : retreat(place));
  if (table_ != nullptr) table_->shares = any_shared;
}

}  // namespace respawn::keyspace
