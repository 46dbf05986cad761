#include "keyspace/types/stream_block.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/allocation.hpp"
#include "base/check.hpp"
#include "keyspace/types/copied_bytes.hpp"
#include "keyspace/types/varint.hpp"

namespace respawn::keyspace {
namespace {

constexpr unsigned same_names_bit = 1;
constexpr unsigned seq_bit = 2;
constexpr unsigned ms_shift = 2;
constexpr std::uint64_t ms_more = 63;

constexpr std::size_t head_max_bytes = 1 + 2 * varint_max_bytes;

constexpr std::size_t element_head_max_bytes = 5;

/// What a text takes at most: an integer takes less.
std::size_t element_bytes(std::string_view text) {
  return text.size() + (text.size() < 0x80      ? 1
                        : text.size() <= 0xffff ? 3
                                                : element_head_max_bytes);
}

}  // namespace

/// What stands in front of the elements, decoded.
struct StreamBlock::Head {
  StreamId id;
  bool same_names = false;

  static Head take(const char*& at, const StreamId& previous) {
    const auto byte = static_cast<unsigned char>(*at++);
    Head head;
    head.same_names = (byte & same_names_bit) != 0;
    std::uint64_t ms = byte >> ms_shift;
    if (ms == ms_more) ms += take_varint(at);
    const std::uint64_t seq = (byte & seq_bit) != 0 ? take_varint(at) : 0;
    head.id = {previous.ms + ms, ms > 0 ? seq : previous.seq + 1 + seq};
    return head;
  }

  char* put(char* at, const StreamId& previous) const {
    const std::uint64_t ms = id.ms - previous.ms;
    const std::uint64_t seq = ms > 0 ? id.seq : id.seq - previous.seq - 1;
    char* const first = at++;
    if (ms >= ms_more) at = put_varint(at, ms - ms_more);
    if (seq != 0) at = put_varint(at, seq);
    *first = static_cast<char>((same_names ? same_names_bit : 0) | (seq != 0 ? seq_bit : 0) |
                               std::min(ms, ms_more) << ms_shift);
    return at;
  }
};

// ---- as a whole --------------------------------------------------------------------------------

StreamBlock* StreamBlock::allocate(const StreamId& base, std::size_t bytes) {
  const std::size_t all = allocated_bytes(sizeof(StreamBlock) + bytes);
  RESPAWN_CHECK(all < std::size_t{1} << 32);
  return new (::operator new(all)) StreamBlock(base, all - sizeof(StreamBlock));
}

void StreamBlock::destroy(StreamBlock* block) noexcept {
  ::operator delete(block, sizeof(StreamBlock) + block->capacity_);
}

std::size_t StreamBlock::memory_bytes() const {
  return allocated_bytes(sizeof(StreamBlock) + capacity_);
}

StreamBlock* StreamBlock::create(const StreamId& base, Fields fields) {
  if (fields.size() / 2 > most_told) fields = {};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < fields.size(); i += 2) bytes += element_bytes(fields[i]);
  StreamBlock* block = allocate(base, bytes);
  char* at = block->data();
  for (std::size_t i = 0; i < fields.size(); i += 2)
    at = write_element_body(at, ElementForm(fields[i]));
  block->used_ = block->entries_at_ = static_cast<std::uint32_t>(at - block->data());
  block->name_count_ = static_cast<std::uint16_t>(fields.size() / 2);
  return block;
}

StreamBlock* StreamBlock::resized(std::size_t more, std::size_t most) const {
  const std::size_t needed = used_ + more;
  const std::size_t room = most > sizeof *this ? most - sizeof *this : 0;
  return in_allocation_of(std::max(needed, std::min(room, used_ * std::size_t{3} / 2)));
}

StreamBlock* StreamBlock::copy() const {
  CopiedBytes::add(memory_bytes());
  return in_allocation_of(capacity_);
}

StreamBlock* StreamBlock::in_allocation_of(std::size_t bytes) const {
  StreamBlock* fresh = allocate(base_, bytes);
  const std::uint32_t capacity = fresh->capacity_;
  std::memcpy(static_cast<void*>(fresh), this, sizeof *this + used_);
  fresh->capacity_ = capacity;
  fresh->holders_ = 1;
  return fresh;
}

bool StreamBlock::has_names_of(const StreamBlock& other) const {
  return std::string_view(data(), entries_at_) == std::string_view(other.data(), other.entries_at_);
}

std::size_t StreamBlock::bytes_for_all_of(const StreamBlock& other) const {
  return head_max_bytes + other.used_ - other.entries_at_;
}

void StreamBlock::append_all(const StreamBlock& other) noexcept {
  const StreamId last = last_id();
  const Place from = other.begin();
  const char* body = from.at;
  const Head head = Head::take(body, from.previous);
  const auto left = static_cast<std::size_t>(other.data() + other.used_ - body);
  char* const written = head.put(data() + used_, last);
  std::memcpy(written, body, left);
  used_ = static_cast<std::uint32_t>(written + left - data());
  count_ += other.count_;
  erased_ = 0;
}

// ---- adding ------------------------------------------------------------------------------------

bool StreamBlock::has_names(Fields fields) const {
  if (fields.size() != std::size_t{2} * name_count_) return false;
  const char* at = data();
  Scratch scratch;
  for (std::size_t i = 0; i < fields.size(); i += 2, at = skip_element(at))
    if (element_text(at, scratch) != fields[i]) return false;
  return true;
}

StreamBlock::Addition StreamBlock::plan(const StreamId& id, const StreamId& previous,
                                        Fields fields) const {
  Addition addition{id, count_ == 0 ? in_front() : previous, fields, has_names(fields), 0};
  char head[head_max_bytes + varint_max_bytes];
  char* end = Head{id, addition.same_names}.put(head, addition.previous);
  if (!addition.same_names) end = put_varint(end, fields.size() / 2);
  addition.bytes = static_cast<std::size_t>(end - head);
  for (std::size_t i = addition.same_names ? 1 : 0; i < fields.size();
       i += addition.same_names ? 2 : 1)
    addition.bytes += element_bytes(fields[i]);
  return addition;
}

void StreamBlock::append(const Addition& addition) noexcept {
  const bool same_names = addition.same_names;
  char* at = Head{addition.id, same_names}.put(data() + used_, addition.previous);
  if (!same_names) at = put_varint(at, addition.fields.size() / 2);
  for (std::size_t i = same_names ? 1 : 0; i < addition.fields.size(); i += same_names ? 2 : 1)
    at = write_element_body(at, ElementForm(addition.fields[i]));
  used_ = static_cast<std::uint32_t>(at - data());
  ++count_;
}

// ---- reading -----------------------------------------------------------------------------------

StreamEntry StreamBlock::take(Place& place) const {
  const Head head = Head::take(place.at, place.previous);
  place.previous = head.id;
  StreamEntry entry{head.id, head.same_names ? data() : nullptr, nullptr, name_count_};
  if (!head.same_names) entry.field_count = take_varint(place.at);
  entry.values = place.at;
  const std::size_t elements = head.same_names ? name_count_ : 2 * entry.field_count;
  for (std::size_t left = elements; left > 0; --left) place.at = skip_element(place.at);
  return entry;
}

StreamId StreamBlock::id_at(const Place& place) const {
  const char* at = place.at;
  return Head::take(at, place.previous).id;
}

StreamBlock::Place StreamBlock::find(const StreamId& id) const {
  Place place = begin();
  while (!is_end(place)) {
    Place behind = place;
    if (take(behind).id >= id) break;
    place = behind;
  }
  return place;
}

StreamId StreamBlock::last_id() const {
  Place place = begin();
  while (!is_end(place)) take(place);
  return place.previous;
}

// ---- erasing -----------------------------------------------------------------------------------

/// The head of the entry behind those that go tells where it is from the entry before them. It
/// never takes more room than their heads and its own: a sum of numbers is not longer than they.
void StreamBlock::erase(const Place& from, const Place& to, std::size_t entries) noexcept {
  char* const gap = data() + (from.at - data());
  count_ -= static_cast<std::uint32_t>(entries);
  set_erased(erased_ + entries);
  if (is_end(to)) {
    used_ = static_cast<std::uint32_t>(gap - data());
    return;
  }
  const char* body = to.at;
  const Head head = Head::take(body, to.previous);
  const auto left = static_cast<std::size_t>(data() + used_ - body);
  char* const written = head.put(gap, from.previous);
  std::memmove(written, body, left);
  used_ = static_cast<std::uint32_t>(written + left - data());
}

// ---- checking ----------------------------------------------------------------------------------

Status StreamBlock::check_invariants() const {
  if (count_ == 0) return failure("stream: an empty block");
  if (used_ > capacity_ || entries_at_ > used_)
    return failure("stream: a block's bounds are wrong");
  Place place = begin();
  std::size_t entries = 0;
  for (; !is_end(place); ++entries) {
    if (place.at > data() + used_) return failure("stream: an entry ends outside its block");
    const StreamId before = place.previous;
    const StreamEntry entry = take(place);
    if (entries > 0 ? entry.id <= before : entry.id < base_)
      return failure("stream: entries are out of order");
  }
  if (entries != count_) return failure("stream: a block's number of entries is wrong");
  return success();
}

}  // namespace respawn::keyspace
