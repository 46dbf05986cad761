// Chunks of lists: where a block is, and how chunks come and go.
#include "keyspace/types/list_table.hpp"

#include <utility>

namespace respawn::keyspace {
namespace {

std::uint32_t next_row_capacity(std::uint32_t capacity) {
  return capacity * 2 + 1;
}

}  // namespace

// ---- places ------------------------------------------------------------------------------------

/// To the next block, if there is one.
bool List::advance(Place& place) const {
  if (table_ == nullptr) return false;
  if (place.slot + 1 < table_->at(place.chunk).chunk->count) {
    ++place.slot;
    return true;
  }
  if (place.chunk + 1 == table_->count) return false;
  place = {place.chunk + 1, 0, 0};
  return true;
}

/// To the block before, if there is one.
bool List::retreat(Place& place) const {
  if (place.slot > 0) {
    --place.slot;
    return true;
  }
  if (place.chunk == 0) return false;
  place = {place.chunk - 1, table_->at(place.chunk - 1).chunk->count - 1, 0};
  return true;
}

/// Walks over chunks, and over the slots of one, each from the nearer end.
List::Place List::locate(std::size_t index) const {
  RESPAWN_CHECK(index < size());
  if (table_ == nullptr) return {0, 0, index};
  std::uint32_t at = 0;
  if (index < table_->elements / 2) {
    for (; index >= table_->at(at).elements; ++at) index -= table_->at(at).elements;
  } else {
    std::size_t from_end = table_->elements - index;  // 1 is the last element
    for (at = table_->count - 1; from_end > table_->at(at).elements; --at)
      from_end -= table_->at(at).elements;
    index = table_->at(at).elements - from_end;
  }
  const Part& part = table_->at(at);
  Chunk& chunk = *part.chunk;
  if (index < part.elements / 2) {
    std::uint32_t slot = 0;
    for (; index >= chunk.at(slot).count; ++slot) index -= chunk.at(slot).count;
    return {at, slot, index};
  }
  std::size_t from_end = part.elements - index;
  std::uint32_t slot = chunk.count - 1;
  for (; from_end > chunk.at(slot).count; --slot) from_end -= chunk.at(slot).count;
  return {at, slot, chunk.at(slot).count - from_end};
}

// ---- adding ------------------------------------------------------------------------------------

/// Puts a block before `place`, whose slot may be one past the last of its chunk ({} when there is
/// no chunk); says where it is. Throws std::bad_alloc, and nothing has changed then.
List::Place List::insert_slot(Place place, const Slot& fresh) {
  place = make_room(place);
  Part& part = table_->at(place.chunk);
  part.chunk->insert(place.slot, fresh);
  part.elements += fresh.count;
  part.listpack_bytes += fresh.listpack_bytes;
  table_->elements += fresh.count;
  ++table_->blocks;
  return place;
}

/// Where the slot that is to come before `place` fits; its chunk may be empty until it comes.
List::Place List::make_room(Place place) {
  if (table_->count == 0) {
    add_chunk(0, Chunk::slots_min);
    return {};
  }
  const Chunk& full = *table_->at(place.chunk).chunk;
  if (full.count == Chunk::slots_max) {
    if (place.slot == full.count && place.chunk + 1 == table_->count) {
      add_chunk(place.chunk + 1, Chunk::slots_min);
      return {place.chunk + 1, 0, 0};
    }
    if (place.slot == 0 && place.chunk == 0) {
      add_chunk(0, Chunk::slots_min);
      return {};
    }
  }
  own_chunk(place.chunk);
  Chunk*& chunk = table_->at(place.chunk).chunk;
  if (chunk->count < chunk->capacity) return place;
  if (chunk->capacity < Chunk::slots_max) {
    Chunk* larger = chunk->grown(std::min(next_row_capacity(chunk->capacity), Chunk::slots_max));
    Chunk::destroy(std::exchange(chunk, larger));
    return place;
  }
  constexpr std::uint32_t half = Chunk::slots_max / 2;
  split_chunk(place.chunk, half);
  if (place.slot > half) place = {place.chunk + 1, place.slot - half, 0};
  return place;
}

/// An empty one.
void List::add_chunk(std::uint32_t at, std::uint32_t capacity) {
  reserve_part();
  table_->insert(at, {Chunk::create(capacity), 0, 0});
}

void List::reserve_part() {
  if (table_->count < table_->capacity) return;
  Table* larger = table_->grown(next_row_capacity(table_->capacity));
  Table::destroy(std::exchange(table_, larger));
}

/// Leaves the first `slots` of a chunk in it, and moves the others to one of their own behind it.
/// Throws std::bad_alloc; the elements are the same in any case.
void List::split_chunk(std::uint32_t at, std::uint32_t slots) {
  own_chunk(at);
  reserve_part();
  Part& left = table_->at(at);
  Part right;
  right.chunk = Chunk::create(left.chunk->capacity);
  right.chunk->append(left.chunk->begin() + slots, left.chunk->count - slots);
  left.chunk->count = slots;
  for (const Slot& each : *right.chunk) {
    right.elements += each.count;
    right.listpack_bytes += each.listpack_bytes;
  }
  left.elements -= right.elements;
  left.listpack_bytes -= right.listpack_bytes;
  table_->insert(at + 1, right);
}

// ---- removing ----------------------------------------------------------------------------------

/// Makes one chunk of a small one and the one behind it, where that needs no memory.
void List::join_chunks(std::uint32_t at) noexcept {
  if (table_ == nullptr || at + 1 >= table_->count) return;
  Part& left = table_->at(at);
  const Part right = table_->at(at + 1);
  const std::uint32_t slots = left.chunk->count + right.chunk->count;
  if (slots > std::min(left.chunk->capacity, Chunk::slots_max / 2)) return;
  if (left.chunk->shared() || right.chunk->shared()) return;
  left.chunk->append(right.chunk->begin(), right.chunk->count);
  left.elements += right.elements;
  left.listpack_bytes += right.listpack_bytes;
  Chunk::destroy(right.chunk);
  table_->erase(at + 1, 1);
}

/// Lets go of `count` blocks of a chunk that is this list's alone, from `place` on; and of the
/// chunk when nothing is left in it.
void List::drop_slots(Place place, std::uint32_t count) noexcept {
  if (table_ == nullptr) return Block::release(std::exchange(single_, {}).block);
  Part& part = table_->at(place.chunk);
  std::size_t elements = 0;
  for (std::uint32_t i = place.slot; i < place.slot + count; ++i) {
    const Slot& gone = part.chunk->at(i);
    elements += gone.count;
    part.listpack_bytes -= gone.listpack_bytes;
    Block::release(gone.block);
  }
  part.elements -= elements;
  table_->elements -= elements;
  table_->blocks -= count;
  part.chunk->erase(place.slot, count);
  if (part.chunk->count > 0) return;
  Chunk::destroy(part.chunk);
  table_->erase(place.chunk, 1);
}

/// Lets go of whole chunks; O(1) for each that is shared.
void List::drop_chunks(std::uint32_t first, std::uint32_t count) noexcept {
  const std::uint32_t end = first + count;
  forget_figures(first, count);
  for (std::uint32_t i = first; i < end; ++i) Chunk::release(table_->at(i).chunk);
  table_->erase(first, count);
}

/// Moves whole chunks to the end of another list, which has room for them.
void List::move_chunks(List& to, std::uint32_t first, std::uint32_t count) noexcept {
  forget_figures(first, count);
  for (std::uint32_t i = first; i < first + count; ++i) {
    to.table_->elements += table_->at(i).elements;
    to.table_->blocks += table_->at(i).chunk->count;
  }
  to.table_->append(&table_->at(first), count);
  table_->erase(first, count);
}

/// Chunks will not be this list's any more.
void List::forget_figures(std::uint32_t first, std::uint32_t count) noexcept {
  for (std::uint32_t i = first; i < first + count; ++i) {
    table_->elements -= table_->at(i).elements;
    table_->blocks -= table_->at(i).chunk->count;
  }
}

}  // namespace respawn::keyspace
