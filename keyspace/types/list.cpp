#include "keyspace/types/list.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "base/allocation.hpp"
#include "keyspace/types/copied_bytes.hpp"
#include "keyspace/types/list_table.hpp"

namespace respawn::keyspace {
namespace {

constexpr std::size_t listpack_frame_bytes = 7;    // header and end of a listpack of Redis
constexpr std::size_t listpack_element_extra = 8;  // what Redis assumes an element adds at most
constexpr std::size_t counted_max_bytes = 8192;    // of a node that is limited by elements
constexpr std::size_t first_capacity_bytes = 512;  // of a block that others will follow

std::size_t size_limit(const ListLimits& limits) {
  if (limits.max_listpack_size >= 0) return counted_max_bytes;
  return std::size_t{4096} << (std::min(-limits.max_listpack_size, 5) - 1);
}

std::size_t count_limit(const ListLimits& limits) {
  return static_cast<std::size_t>(std::max(limits.max_listpack_size, 1));
}

/// Whether a node of these figures would be over the limit.
bool exceeds(const ListLimits& limits, std::size_t bytes, std::size_t count) {
  if (bytes > size_limit(limits)) return true;
  return limits.max_listpack_size >= 0 && count > count_limit(limits);
}

std::size_t grown_capacity(std::size_t needed, const ListLimits& limits) {
  if (needed <= tight_block_max_bytes) return needed;
  const std::size_t most = size_limit(limits) - sizeof(Block);
  return std::max(needed, std::min(needed + needed / 2, most));
}

/// A larger one takes its place.
void replace_block(Block*& block, std::size_t capacity) {
  Block* larger = block->copy(capacity);
  if (block->shared()) CopiedBytes::add(block->memory_bytes());
  Block::release(std::exchange(block, larger));
}

}  // namespace

// ---- encoding ----------------------------------------------------------------------------------

/// Whether elements of so many bytes are too much for a listpack.
bool List::outgrows(std::size_t elements, std::size_t bytes, const ListLimits& limits) const {
  return table_ == nullptr && exceeds(limits, listpack_frame_bytes + single_.listpack_bytes + bytes,
                                      single_.count + elements);
}

void List::to_quicklist() {
  Table::Pointer table(Table::create(1));
  if (single_.block != nullptr) {
    Chunk* chunk = Chunk::create(Chunk::slots_min);
    chunk->append(&single_, 1);
    table->insert(0, {chunk, single_.count, single_.listpack_bytes});
    table->blocks = 1;
    table->elements = single_.count;
    table->shares = single_.block->shared();
  }
  table_ = table.release();
  single_ = {};
}

/// Requires at most one block. Stays a quicklist when the block is shared too often to be counted.
void List::to_listpack() noexcept {
  if (table_->count > 0) {
    Chunk* chunk = table_->at(0).chunk;
    const Slot only = chunk->at(0);
    if (!only.block->retain()) return;
    single_ = only;
    Chunk::release(chunk);
  }
  Table::destroy(std::exchange(table_, nullptr));
}

/// After elements went: a single node below half the limit is a listpack again.
void List::shrink(const ListLimits& limits) noexcept {
  if (table_ == nullptr || table_->blocks > 1) return;
  if (table_->blocks == 1) {
    const Slot& only = slot({});
    Scratch scratch;
    if (only.count == 1 &&
        block_text(only.block->first(), scratch).size() >= limits.packed_threshold_bytes)
      return;
    if (limits.max_listpack_size < 0
            ? listpack_frame_bytes + only.listpack_bytes > size_limit(limits) / 2
            : only.count > count_limit(limits) / 2)
      return;
  }
  to_listpack();
}

// ---- adding ------------------------------------------------------------------------------------

List::NodeRoom List::node_room(const ListLimits& limits) {
  return {size_limit(limits) - listpack_frame_bytes - listpack_element_extra,
          limits.max_listpack_size >= 0 ? count_limit(limits)
                                        : std::numeric_limits<std::size_t>::max()};
}

/// Whether a quicklist would put one more element of `bytes` into this node.
bool List::accepts(const Slot& node, std::size_t bytes, const ListLimits& limits) const {
  if (bytes >= limits.packed_threshold_bytes) return false;
  Scratch scratch;
  if (node.count == 1 &&
      block_text(node.block->first(), scratch).size() >= limits.packed_threshold_bytes)
    return false;
  return !node_room(limits).full(node, bytes);
}

void List::write_in(Slot& to, std::size_t offset, const ElementForm& form,
                    const ListLimits& limits) {
  char* gap = to.block->open(offset, form.packed_bytes);
  if (gap == nullptr) {
    replace_block(to.block, grown_capacity(to.block->used() + form.packed_bytes, limits));
    gap = to.block->open(offset, form.packed_bytes);
  }
  Block::write(gap, form);
}

/// Says where it is.
List::Place List::add_block(Place place, const ElementForm& form) {
  std::size_t capacity = form.packed_bytes;
  if (table_ != nullptr && table_->count > 0)
    capacity = std::max(capacity, first_capacity_bytes - sizeof(Block));
  OwnBlock block(Block::create(capacity));
  Block::write(block->open(0, form.packed_bytes), form);
  const Slot fresh{block.get(), 1, form.listpack_bytes};
  if (table_ != nullptr)
    place = insert_slot(place, fresh);
  else
    single_ = fresh;
  static_cast<void>(block.release());
  return place;
}

void List::add_element(Place place, const ElementForm& form, const ListLimits& limits) {
  Slot& to = writable(place);
  write_in(to, offset_of(to, place.ordinal), form, limits);
  account(part_of(place), to, 1, form.listpack_bytes);
}

void List::put(End end, const ElementForm& form, const ListLimits& limits) {
  Part* part = nullptr;
  Slot* to = &single_;
  if (node_count() == 0) return void(add_block({}, form));
  if (table_ != nullptr) {
    part = &table_->at(end);
    to = &part->chunk->at(end);
    if (!accepts(*to, form.text.size(), limits)) return add_at_end(end, form);
  }
  if (shares()) [[unlikely]]
    to = &own_block(end_place(end));
  write_in(*to, end == End::front ? 0 : to->block->used(), form, limits);
  account(part, *to, 1, form.listpack_bytes);
}

void List::add_at_end(End end, const ElementForm& form) {
  Place place = end_place(end);
  if (end == End::back) ++place.slot;
  add_block(place, form);
}

void List::put_at(Place place, const ElementForm& form, const ListLimits& limits) {
  const std::size_t bytes = form.text.size();
  if (table_ == nullptr || accepts(slot(place), bytes, limits))
    return add_element(place, form, limits);
  if (place.ordinal == 0) {
    Place before = place;
    if (!retreat(before) || !accepts(slot(before), bytes, limits))
      return void(add_block(place, form));
    before.ordinal = slot(before).count;
    return add_element(before, form, limits);
  }
  Place second = split(place);
  Place left = second;
  retreat(left);
  left.ordinal = place.ordinal;
  try {
    if (accepts(slot(left), bytes, limits))
      add_element(left, form, limits);
    else if (accepts(slot(second), bytes, limits))
      add_element(second, form, limits);
    else
      second = add_block(second, form);
  } catch (...) {
    // The block has kept the capacity for what was moved out of it.
    Block& block = *slot(left).block;
    take_next(left, second, block.open(block.used(), slot(second).block->used()));
    throw;
  }
  merge(second, limits);
  retreat(second);
  if (retreat(second)) merge(second, limits);
}

/// Moves the elements of a block from `place` on to a block of their own behind it; says where.
List::Place List::split(Place place) {
  const Slot& from = writable(place);
  const std::size_t offset = offset_of(from, place.ordinal);
  const std::size_t bytes = from.block->used() - offset;
  OwnBlock block(Block::create(bytes));
  block->assign(from.block->first() + offset, bytes);
  Slot right{block.get(), from.count - static_cast<std::uint32_t>(place.ordinal), 0};
  for (const char* at = right.block->first(); at != right.block->end(); at = Block::next(at))
    right.listpack_bytes += static_cast<std::uint32_t>(Block::listpack_bytes(at));
  const Place behind = insert_slot({place.chunk, place.slot + 1, 0}, right);
  static_cast<void>(block.release());
  Place left = behind;
  retreat(left);
  slot(left).block->close(offset, bytes);
  account(part_of(left), slot(left), -static_cast<std::ptrdiff_t>(right.count),
          -static_cast<std::ptrdiff_t>(right.listpack_bytes));
  return behind;
}

/// Moves all elements of the block at `next` into `gap`, the end of the block before it at `place`.
void List::take_next(Place place, Place next, char* gap) noexcept {
  const Slot& right = slot(next);
  std::memcpy(gap, right.block->first(), right.block->used());
  account(part_of(place), slot(place), right.count, right.listpack_bytes);
  drop_slots(next, 1);
}

/// Makes one block of those at `place` and behind it if the limit and the memory permit.
void List::merge(Place place, const ListLimits& limits) noexcept {
  Place next = place;
  if (!advance(next)) return;
  const Slot& right = slot(next);
  const std::size_t listpack = slot(place).listpack_bytes + right.listpack_bytes;
  if (exceeds(limits, listpack_frame_bytes + listpack, slot(place).count + right.count)) return;
  const std::size_t right_bytes = right.block->used();
  try {
    if (table_->shares) own_chunk(next.chunk);
    Slot& left = writable(place);
    const std::size_t left_bytes = left.block->used();
    char* gap = left.block->open(left_bytes, right_bytes);
    if (gap == nullptr) {
      replace_block(left.block, grown_capacity(left_bytes + right_bytes, limits));
      gap = left.block->open(left_bytes, right_bytes);
    }
    take_next(place, next, gap);
  } catch (const std::bad_alloc&) {
    return;
  }
}

void List::push(End end, std::string_view value, const ListLimits& limits) {
  push_all(end, {&value, 1}, limits);
}

void List::push_all(End end, std::span<const std::string_view> values, const ListLimits& limits) {
  std::size_t bytes = 0;
  for (const std::string_view value : values) bytes += value.size();
  const bool convert = outgrows(values.size(), bytes, limits);
  if (convert) to_quicklist();
  std::size_t done = 0;
  try {
    for (; done < values.size(); ++done) put(end, ElementForm(values[done]), limits);
  } catch (...) {
    if (done > 0) take_out(end == End::front ? 0 : size() - done, done);
    if (convert) to_listpack();
    throw;
  }
}

void List::insert(std::size_t index, std::string_view value, const ListLimits& limits) {
  RESPAWN_CHECK(index <= size());
  if (index == 0 || index == size())
    return push(index == 0 ? End::front : End::back, value, limits);
  const ElementForm form(value);
  const bool convert = outgrows(1, value.size(), limits);
  if (convert) to_quicklist();
  try {
    put_at(locate(index), form, limits);
  } catch (...) {
    if (convert && table_->blocks == 1) to_listpack();
    throw;
  }
}

void List::set(std::size_t index, std::string_view value, const ListLimits& limits) {
  const ElementForm form(value);
  const bool convert = outgrows(1, value.size(), limits);
  if (convert) to_quicklist();
  const Place place = locate(index);
  try {
    Slot& in = writable(place);
    char* old = in.block->first() + offset_of(in, place.ordinal);
    const std::size_t old_listpack = Block::listpack_bytes(old);
    if (Block::packed_bytes(old) == form.packed_bytes) {
      Block::write(old, form);
      account(part_of(place), in, 0,
              static_cast<std::ptrdiff_t>(form.listpack_bytes) -
                  static_cast<std::ptrdiff_t>(old_listpack));
    } else if (table_ == nullptr || !exceeds(limits,
                                             listpack_frame_bytes + in.listpack_bytes -
                                                 old_listpack + form.listpack_bytes,
                                             in.count)) {
      add_element(place, form, limits);
      cut(part_of(place), in, place.ordinal + 1, 1);
    } else {
      put_at(place, form, limits);
      take_out(index + 1, 1);  // its block and chunk are this list's alone by now
    }
  } catch (...) {
    if (convert && table_->blocks == 1) to_listpack();
    throw;
  }
  shrink(limits);
}

}  // namespace respawn::keyspace
