// Taking elements out of lists: at the ends, from the middle, by value, all but a range.
#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "keyspace/garbage.hpp"
#include "keyspace/types/list.hpp"
#include "keyspace/types/list_table.hpp"

namespace respawn::keyspace {
namespace {

/// So many blocks are freed at once: handing them over would take longer.
constexpr std::uint32_t few_list_blocks = 4;

}  // namespace

/// Removes `count` elements of one block, not all, from `ordinal` on.
void List::cut(Part* part, Slot& from, std::size_t ordinal, std::size_t count) noexcept {
  const std::size_t offset = offset_of(from, ordinal);
  const char* element = from.block->first() + offset;
  std::size_t listpack = 0;
  for (std::size_t i = 0; i < count; ++i, element = Block::next(element))
    listpack += Block::listpack_bytes(element);
  const auto bytes = static_cast<std::size_t>(element - from.block->first()) - offset;
  from.block->close(offset, bytes);
  account(part, from, -static_cast<std::ptrdiff_t>(count), -static_cast<std::ptrdiff_t>(listpack));
  tighten(from);
}

/// Gives memory back when a block has become mostly empty, if there is memory to do so.
void List::tighten(Slot& loose) noexcept {
  const std::size_t capacity = loose.block->capacity();
  const std::size_t used = loose.block->used();
  if (capacity <= tight_block_max_bytes || used * 4 > capacity) return;
  try {
    Block* smaller = loose.block->copy(used * 2);
    Block::release(std::exchange(loose.block, smaller));
  } catch (const std::bad_alloc&) {
    return;  // the larger block does as well
  }
}

/// Requires that the chunks and blocks that are to change are this list's alone: own_edges().
void List::take_out(std::size_t index, std::size_t count) noexcept {
  if (count == 0) return;
  Place place = locate(index);
  if (table_ == nullptr)
    return count == size() ? drop_slots({}, 1) : cut(nullptr, single_, place.ordinal, count);
  for (;;) {
    if (place.slot == table_->at(place.chunk).chunk->count) place = {place.chunk + 1, 0, 0};
    if (place.slot == 0 && place.ordinal == 0) count -= take_chunks(place.chunk, count);
    if (count == 0) return;
    if (place.ordinal == 0) count -= take_slots(place, count);
    if (count == 0) return;
    if (place.slot == table_->at(place.chunk).chunk->count) continue;
    const std::size_t here = std::min(count, slot(place).count - place.ordinal);
    cut(part_of(place), slot(place), place.ordinal, here);
    count -= here;
    if (count == 0) return;
    place = {place.chunk, place.slot + 1, 0};
  }
}

/// Drops chunks from this one on as long as they have no more than `most` elements in all; says how
/// many elements.
std::size_t List::take_chunks(std::uint32_t first, std::size_t most) noexcept {
  std::size_t elements = 0;
  std::uint32_t end = first;
  for (; end < table_->count && elements + table_->at(end).elements <= most; ++end)
    elements += table_->at(end).elements;
  drop_chunks(first, end - first);
  return elements;
}

/// The same for blocks of one chunk, in which at least one is left.
std::size_t List::take_slots(Place first, std::size_t most) noexcept {
  Chunk& chunk = *table_->at(first.chunk).chunk;
  std::size_t elements = 0;
  std::uint32_t end = first.slot;
  for (; end < chunk.count && elements + chunk.at(end).count <= most; ++end)
    elements += chunk.at(end).count;
  if (end > first.slot) drop_slots(first, end - first.slot);
  return elements;
}

void List::drop(End end, std::size_t count, const ListLimits& limits) {
  RESPAWN_CHECK(count <= size());
  if (count == 0) return shrink(limits);
  Part* part = table_ != nullptr ? &table_->at(end) : nullptr;
  Slot* from = table_ != nullptr ? &part->chunk->at(end) : &single_;
  if (count > from->count) return erase(end == End::front ? 0 : size() - count, count, limits);
  if (count == from->count) return drop_block(end, limits);
  if (shares()) [[unlikely]]
    from = &own_block(end_place(end));
  cut(part, *from, end == End::front ? 0 : from->count - count, count);
  shrink(limits);
}

/// The block at an end.
void List::drop_block(End end, const ListLimits& limits) {
  const Place place = end_place(end);
  if (table_ != nullptr && table_->shares) own_chunk(place.chunk);
  drop_slots(place, 1);
  shrink(limits);
}

void List::erase(std::size_t index, std::size_t count, const ListLimits& limits) {
  RESPAWN_CHECK(index <= size() && count <= size() - index);
  if (count > 0) {
    const std::uint32_t chunk = locate(index).chunk;
    own_edges(index, count);
    take_out(index, count);
    join_chunks(chunk);
    if (chunk > 0) join_chunks(chunk - 1);
  }
  shrink(limits);
}

// ---- LTRIM -------------------------------------------------------------------------------------

void List::trim(std::size_t first, std::size_t count, const ListLimits& limits, Garbage& garbage) {
  RESPAWN_CHECK(first <= size() && count <= size() - first);
  std::size_t behind = size() - first - count;
  own_edges(0, first);
  own_edges(first + count, behind);
  try {
    if (auto gone = set_apart(first, behind)) garbage.take(std::move(gone), 0);
  } catch (const std::bad_alloc&) {
    // All of it is freed here.
  }
  take_out(size() - behind, behind);
  take_out(0, first);
  if (table_ != nullptr && table_->count > 1) {
    join_chunks(table_->count - 2);
    join_chunks(0);
  }
  shrink(limits);
}

/// Moves what makes whole chunks of the first `first` and the last `behind` elements to a list of
/// its own, and says in these how many are left to be taken out, of few blocks. Null when it is
/// little. Throws std::bad_alloc; the elements are the same then.
std::unique_ptr<List> List::set_apart(std::size_t& first, std::size_t& behind) {
  if (table_ == nullptr) return nullptr;
  if (first + behind < size()) {
    const Place last = locate(size() - behind - 1);
    if (table_->at(last.chunk).chunk->count > last.slot + 1 + few_list_blocks)
      split_chunk(last.chunk, last.slot + 1);
    const Place kept = locate(first);
    if (kept.slot > few_list_blocks) split_chunk(kept.chunk, kept.slot);
  }
  std::uint32_t front = 0;
  std::uint32_t back = table_->count;
  std::size_t before = 0;
  std::size_t after = 0;
  for (; front < back && before + table_->at(front).elements <= first; ++front)
    before += table_->at(front).elements;
  for (; back > front && after + table_->at(back - 1).elements <= behind; --back)
    after += table_->at(back - 1).elements;
  const std::uint32_t chunks = front + table_->count - back;
  if (chunks == 0) return nullptr;
  auto gone = std::make_unique<List>();
  gone->table_ = Table::create(chunks);
  move_chunks(*gone, back, table_->count - back);
  move_chunks(*gone, 0, front);
  first -= before;
  behind -= after;
  return gone;
}

// ---- LREM --------------------------------------------------------------------------------------

/// Removes up to `most` equal elements of one block, which may be empty then.
std::size_t List::remove_in(Place place, const ElementForm& form, std::size_t most, bool forward) {
  Slot& in = slot(place);
  Block& block = *in.block;
  std::size_t removed = 0;
  std::size_t offset = forward ? 0 : block.used();
  while (removed < most && (forward ? offset < block.used() : offset > 0)) {
    const char* element = block.first() + offset;
    if (!forward) {
      element = Block::previous(element);
      offset = static_cast<std::size_t>(element - block.first());
    }
    const std::size_t bytes = Block::packed_bytes(element);
    if (Block::equals(element, form)) {
      block.close(offset, bytes);
      account(part_of(place), in, -1, -static_cast<std::ptrdiff_t>(form.listpack_bytes));
      ++removed;
    } else if (forward) {
      offset += bytes;
    }
  }
  if (removed > 0 && block.used() > 0) tighten(in);
  return removed;
}

/// Lets go of the block at `place`, which is empty; `place` becomes that of the next one in the
/// direction, if there is one.
bool List::drop_empty(Place& place, bool forward) noexcept {
  Place next = place;
  const bool more = forward ? advance(next) : retreat(next);
  if (forward && next.chunk == place.chunk)
    next.slot = place.slot;
  else if (forward && place.slot == 0)
    next.chunk = place.chunk;  // the chunk goes with its only block
  drop_slots(place, 1);
  place = next;
  return more;
}

std::size_t List::remove(std::int64_t count, std::string_view value, const ListLimits& limits) {
  if (empty()) return 0;
  const ElementForm form(value);
  const bool forward = count >= 0;
  std::size_t most = std::numeric_limits<std::size_t>::max();
  if (count != 0)
    most = forward ? static_cast<std::size_t>(count) : 0 - static_cast<std::size_t>(count);
  own_matches(form, most, forward);
  std::size_t removed = 0;
  bool dropped = false;
  Place place = end_place(forward ? End::front : End::back);
  for (bool more = true; more && removed < most;) {
    removed += remove_in(place, form, most - removed, forward);
    if (slot(place).count > 0) {
      more = forward ? advance(place) : retreat(place);
    } else {
      more = drop_empty(place, forward);
      dropped = true;
    }
  }
  if (dropped && table_ != nullptr)
    for (std::uint32_t chunk = table_->count; chunk-- > 0;) join_chunks(chunk);
  if (removed > 0) shrink(limits);
  return removed;
}

}  // namespace respawn::keyspace
