#include "keyspace/types/list.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "base/allocation.hpp"
#include "keyspace/types/list_table.hpp"

namespace respawn::keyspace {
namespace {

constexpr std::size_t listpack_frame_bytes = 7;    // header and end of a listpack of Redis
constexpr std::size_t listpack_element_extra = 8;  // what Redis assumes an element adds at most
constexpr std::size_t counted_max_bytes = 8192;    // of a node that is limited by elements
constexpr std::size_t first_capacity_bytes = 512;  // of a block that others will follow
constexpr std::size_t tight_max_bytes = 256;       // small blocks grow by what is needed alone

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

std::size_t rounded_capacity(std::size_t bytes) {
  return allocated_bytes(sizeof(Block) + bytes) - sizeof(Block);
}

std::size_t grown_capacity(std::size_t needed, const ListLimits& limits) {
  if (needed <= tight_max_bytes) return rounded_capacity(needed);
  const std::size_t most = size_limit(limits) - sizeof(Block);
  return rounded_capacity(std::max(needed, std::min(needed + needed / 2, most)));
}

Block* with_capacity(const Block& block, std::size_t capacity) {
  Block* fresh = Block::create(capacity);
  fresh->assign(block.first(), block.used());
  return fresh;
}

}  // namespace

// ---- slots -------------------------------------------------------------------------------------

List::~List() {
  free_slice(std::numeric_limits<std::size_t>::max());
}

std::size_t List::slot_count() const {
  if (table_ != nullptr) return table_->count;
  return single_.block != nullptr ? 1 : 0;
}

List::Slot& List::slot(std::size_t index) {
  return table_ != nullptr ? table_->at(index) : single_;
}

const List::Slot& List::slot(std::size_t index) const {
  return table_ != nullptr ? table_->at(index) : single_;
}

std::size_t List::size() const {
  return table_ != nullptr ? table_->elements : single_.count;
}

std::size_t List::listpack_bytes() const {
  return table_ != nullptr ? table_->listpack_bytes : single_.listpack_bytes;
}

void List::account(Slot& slot, std::ptrdiff_t count, std::ptrdiff_t bytes) noexcept {
  slot.count += static_cast<std::uint32_t>(count);
  slot.listpack_bytes += static_cast<std::uint32_t>(bytes);
  if (table_ == nullptr) return;
  table_->elements += static_cast<std::size_t>(count);
  table_->listpack_bytes += static_cast<std::size_t>(bytes);
}

void List::drop_slot(std::size_t at) noexcept {
  Slot& gone = slot(at);
  account(gone, -static_cast<std::ptrdiff_t>(gone.count),
          -static_cast<std::ptrdiff_t>(gone.listpack_bytes));
  Block::destroy(gone.block);
  if (table_ != nullptr)
    table_->erase(at);
  else
    single_ = {};
}

List::Place List::locate(std::size_t index) const {
  RESPAWN_CHECK(index < size());
  if (index < size() / 2) {
    std::size_t at = 0;
    for (; index >= slot(at).count; ++at) index -= slot(at).count;
    return {at, index};
  }
  std::size_t from_end = size() - index;  // 1 is the last element
  std::size_t at = slot_count() - 1;
  for (; from_end > slot(at).count; --at) from_end -= slot(at).count;
  return {at, slot(at).count - from_end};
}

/// Offset of an element in its block; `ordinal` may be one past the last.
std::size_t List::offset_of(Place place) const {
  const Slot& in = slot(place.slot);
  const char* element;
  if (place.ordinal <= in.count / 2) {
    element = in.block->first();
    for (std::size_t i = 0; i < place.ordinal; ++i) element = Block::next(element);
  } else {
    element = in.block->end();
    for (std::size_t i = in.count; i > place.ordinal; --i) element = Block::previous(element);
  }
  return static_cast<std::size_t>(element - in.block->first());
}

// ---- encoding ----------------------------------------------------------------------------------

/// Whether elements of so many bytes are too much for a listpack.
bool List::outgrows(std::size_t elements, std::size_t bytes, const ListLimits& limits) const {
  return table_ == nullptr && exceeds(limits, listpack_frame_bytes + single_.listpack_bytes + bytes,
                                      single_.count + elements);
}

void List::to_quicklist() {
  auto table = std::make_unique<Table>();
  if (single_.block != nullptr) {
    table->reserve_one();
    table->insert(0, single_);
    table->elements = single_.count;
    table->listpack_bytes = single_.listpack_bytes;
  }
  table_ = table.release();
  single_ = {};
}

void List::to_listpack() noexcept {
  if (table_->count > 0) single_ = table_->at(0);
  delete std::exchange(table_, nullptr);
}

/// After elements went: a single node below half the limit is a listpack again.
void List::shrink(const ListLimits& limits) noexcept {
  if (table_ == nullptr || table_->count > 1) return;
  if (table_->count == 1) {
    const Slot& only = table_->at(0);
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

/// Whether a quicklist would put one more element of `bytes` into this node.
bool List::accepts(std::size_t at, std::size_t bytes, const ListLimits& limits) const {
  const Slot& node = slot(at);
  if (bytes >= limits.packed_threshold_bytes) return false;
  Scratch scratch;
  if (node.count == 1 &&
      block_text(node.block->first(), scratch).size() >= limits.packed_threshold_bytes)
    return false;
  return !exceeds(limits,
                  listpack_frame_bytes + node.listpack_bytes + bytes + listpack_element_extra,
                  node.count + 1);
}

void List::add_block(std::size_t at, const ElementForm& form) {
  std::size_t capacity = form.packed_bytes;
  if (table_ != nullptr) {
    table_->reserve_one();
    if (table_->count > 0) capacity = std::max(capacity, first_capacity_bytes - sizeof(Block));
  }
  Slot fresh{Block::create(rounded_capacity(capacity)), 0, 0};
  Block::write(fresh.block->open(0, form.packed_bytes), form);
  if (table_ != nullptr)
    table_->insert(at, fresh);
  else
    single_ = fresh;
  account(slot(at), 1, form.listpack_bytes);
}

void List::add_element(Place place, const ElementForm& form, const ListLimits& limits) {
  Slot& to = slot(place.slot);
  const std::size_t offset = offset_of(place);
  char* gap = to.block->open(offset, form.packed_bytes);
  if (gap == nullptr) {
    Block* larger =
        with_capacity(*to.block, grown_capacity(to.block->used() + form.packed_bytes, limits));
    Block::destroy(std::exchange(to.block, larger));
    gap = larger->open(offset, form.packed_bytes);
  }
  Block::write(gap, form);
  account(to, 1, form.listpack_bytes);
}

void List::put(End end, const ElementForm& form, const ListLimits& limits) {
  const std::size_t blocks = slot_count();
  const std::size_t at = end == End::front || blocks == 0 ? 0 : blocks - 1;
  if (blocks > 0 && (table_ == nullptr || accepts(at, form.text.size(), limits)))
    add_element({at, end == End::front ? 0 : slot(at).count}, form, limits);
  else
    add_block(end == End::front ? 0 : blocks, form);
}

void List::put_at(Place place, const ElementForm& form, const ListLimits& limits) {
  const std::size_t bytes = form.text.size();
  if (table_ == nullptr || accepts(place.slot, bytes, limits))
    return add_element(place, form, limits);
  if (place.ordinal == 0) {
    if (place.slot > 0 && accepts(place.slot - 1, bytes, limits))
      return add_element({place.slot - 1, slot(place.slot - 1).count}, form, limits);
    return add_block(place.slot, form);
  }
  split(place);
  try {
    if (accepts(place.slot, bytes, limits))
      add_element(place, form, limits);
    else if (accepts(place.slot + 1, bytes, limits))
      add_element({place.slot + 1, 0}, form, limits);
    else
      add_block(place.slot + 1, form);
  } catch (...) {
    rejoin(place.slot);
    throw;
  }
  merge(place.slot + 1, limits);
  if (place.slot > 0) merge(place.slot - 1, limits);
}

/// Moves the elements of a block from `place` on to a block of their own behind it.
void List::split(Place place) {
  table_->reserve_one();
  Slot& left = slot(place.slot);
  const std::size_t offset = offset_of(place);
  const std::size_t bytes = left.block->used() - offset;
  Slot right{Block::create(rounded_capacity(bytes)), 0, 0};
  right.block->assign(left.block->first() + offset, bytes);
  std::size_t listpack = 0;
  for (const char* at = right.block->first(); at != right.block->end(); at = Block::next(at))
    listpack += Block::listpack_bytes(at);
  const auto count = static_cast<std::ptrdiff_t>(left.count - place.ordinal);
  left.block->close(offset, bytes);
  account(left, -count, -static_cast<std::ptrdiff_t>(listpack));
  table_->insert(place.slot + 1, right);
  account(slot(place.slot + 1), count, static_cast<std::ptrdiff_t>(listpack));
}

/// Undoes split(): the block has kept the capacity for what was moved out of it.
void List::rejoin(std::size_t at) noexcept {
  Block& left = *slot(at).block;
  char* gap = left.open(left.used(), slot(at + 1).block->used());
  RESPAWN_CHECK(gap != nullptr);
  take_next(at, gap);
}

/// Moves all elements of the block behind `at` into `gap`, the end of the block at `at`.
void List::take_next(std::size_t at, char* gap) noexcept {
  const Slot& right = slot(at + 1);
  std::memcpy(gap, right.block->first(), right.block->used());
  account(slot(at), right.count, right.listpack_bytes);
  drop_slot(at + 1);
}

/// Makes one block of those at `at` and behind it if the limit and the memory permit.
void List::merge(std::size_t at, const ListLimits& limits) noexcept {
  if (at + 1 >= slot_count()) return;
  Slot& left = slot(at);
  const Slot& right = slot(at + 1);
  const std::size_t listpack = left.listpack_bytes + right.listpack_bytes;
  if (exceeds(limits, listpack_frame_bytes + listpack, left.count + right.count)) return;
  const std::size_t left_bytes = left.block->used();
  const std::size_t right_bytes = right.block->used();
  char* gap = left.block->open(left_bytes, right_bytes);
  if (gap == nullptr) {
    try {
      Block* larger = with_capacity(*left.block, grown_capacity(left_bytes + right_bytes, limits));
      Block::destroy(std::exchange(left.block, larger));
    } catch (const std::bad_alloc&) {
      return;
    }
    gap = left.block->open(left_bytes, right_bytes);
  }
  take_next(at, gap);
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
    take_out(end == End::front ? 0 : size() - done, done);
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
    if (convert && table_->count == 1) to_listpack();
    throw;
  }
}

void List::set(std::size_t index, std::string_view value, const ListLimits& limits) {
  const ElementForm form(value);
  const bool convert = outgrows(1, value.size(), limits);
  if (convert) to_quicklist();
  const Place place = locate(index);
  Slot& in = slot(place.slot);
  char* old = in.block->first() + offset_of(place);
  const std::size_t old_listpack = Block::listpack_bytes(old);
  try {
    if (Block::packed_bytes(old) == form.packed_bytes) {
      Block::write(old, form);
      account(in, 0,
              static_cast<std::ptrdiff_t>(form.listpack_bytes) -
                  static_cast<std::ptrdiff_t>(old_listpack));
    } else if (table_ == nullptr || !exceeds(limits,
                                             listpack_frame_bytes + in.listpack_bytes -
                                                 old_listpack + form.listpack_bytes,
                                             in.count)) {
      add_element(place, form, limits);
      cut({place.slot, place.ordinal + 1}, 1);
    } else {
      put_at(place, form, limits);
      take_out(index + 1, 1);
    }
  } catch (...) {
    if (convert && table_->count == 1) to_listpack();
    throw;
  }
  shrink(limits);
}

// ---- removing ----------------------------------------------------------------------------------

/// Removes `count` elements of one block.
void List::cut(Place place, std::size_t count) noexcept {
  Slot& from = slot(place.slot);
  if (count == from.count) return drop_slot(place.slot);
  const std::size_t offset = offset_of(place);
  const char* element = from.block->first() + offset;
  std::size_t listpack = 0;
  for (std::size_t i = 0; i < count; ++i, element = Block::next(element))
    listpack += Block::listpack_bytes(element);
  const auto bytes = static_cast<std::size_t>(element - from.block->first()) - offset;
  from.block->close(offset, bytes);
  account(from, -static_cast<std::ptrdiff_t>(count), -static_cast<std::ptrdiff_t>(listpack));
  tighten(from);
}

/// Gives memory back when a block has become mostly empty, if there is memory to do so.
void List::tighten(Slot& loose) noexcept {
  if (loose.block->capacity() <= tight_max_bytes ||
      loose.block->used() * 4 > loose.block->capacity())
    return;
  try {
    Block* smaller = with_capacity(*loose.block, rounded_capacity(loose.block->used() * 2));
    Block::destroy(std::exchange(loose.block, smaller));
  } catch (const std::bad_alloc&) {
    return;  // the larger block does as well
  }
}

void List::take_out(std::size_t index, std::size_t count) noexcept {
  while (count > 0) {
    const Place place = locate(index);
    const std::size_t here = std::min(count, slot(place.slot).count - place.ordinal);
    cut(place, here);
    count -= here;
  }
}

void List::drop(End end, std::size_t count, const ListLimits& limits) {
  RESPAWN_CHECK(count <= size());
  erase(end == End::front ? 0 : size() - count, count, limits);
}

void List::erase(std::size_t index, std::size_t count, const ListLimits& limits) {
  RESPAWN_CHECK(index <= size() && count <= size() - index);
  take_out(index, count);
  shrink(limits);
}

/// Removes up to `most` equal elements of one block, which goes when it becomes empty.
std::size_t List::remove_in(std::size_t at, const ElementForm& form, std::size_t most,
                            bool forward) {
  Slot& in = slot(at);
  std::size_t removed = 0;
  std::size_t offset = forward ? 0 : in.block->used();
  while (removed < most && (forward ? offset < in.block->used() : offset > 0)) {
    const char* element = in.block->first() + offset;
    if (!forward) {
      element = Block::previous(element);
      offset = static_cast<std::size_t>(element - in.block->first());
    }
    const std::size_t bytes = Block::packed_bytes(element);
    if (Block::equals(element, form)) {
      in.block->close(offset, bytes);
      account(in, -1, -static_cast<std::ptrdiff_t>(form.listpack_bytes));
      ++removed;
    } else if (forward) {
      offset += bytes;
    }
  }
  if (in.count == 0)
    drop_slot(at);
  else if (removed > 0)
    tighten(in);
  return removed;
}

std::size_t List::remove(std::int64_t count, std::string_view value, const ListLimits& limits) {
  const ElementForm form(value);
  const bool forward = count >= 0;
  std::size_t most = std::numeric_limits<std::size_t>::max();
  if (count != 0)
    most = forward ? static_cast<std::size_t>(count) : 0 - static_cast<std::size_t>(count);
  std::size_t removed = 0;
  for (std::size_t left = slot_count(), at = forward ? 0 : left; left > 0 && removed < most;
       --left) {
    if (!forward) --at;
    const std::size_t before = slot_count();
    removed += remove_in(at, form, most - removed, forward);
    if (forward && slot_count() == before) ++at;
  }
  if (removed > 0) shrink(limits);
  return removed;
}

std::size_t List::free_slice(std::size_t budget) noexcept {
  std::size_t freed = 0;
  while (freed < budget && slot_count() > 0) {
    const std::size_t last = slot_count() - 1;
    freed += slot(last).count;
    drop_slot(last);
  }
  if (slot_count() == 0) delete std::exchange(table_, nullptr);
  return freed;
}

}  // namespace respawn::keyspace
