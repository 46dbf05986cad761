#include "keyspace/types/packed.hpp"

#include <cstring>
#include <limits>
#include <new>

#include "base/allocation.hpp"
#include "base/check.hpp"

namespace respawn::keyspace {
namespace {

constexpr std::size_t redis_frame_bytes = 7;  // header and end of a listpack of Redis

/// `nullptr - nullptr` is 0, but memmove may not be called with null.
void move_bytes(char* to, const char* from, std::size_t bytes) {
  if (bytes > 0) std::memmove(to, from, bytes);
}

}  // namespace

Packed::~Packed() {
  clear();
}

void Packed::clear() noexcept {
  // Without its size: a block that could not be made smaller is larger than its contents say.
  ::operator delete(std::exchange(block_, nullptr));
}

std::size_t Packed::memory_bytes() const {
  return block_ == nullptr ? 0 : allocated_bytes(sizeof(Header) + used());
}

const char* Packed::previous(const char* element) const {
  const char* before = begin();
  for (const char* at = begin(); at != element; at = next(at)) before = at;
  return before;
}

const char* Packed::find(const ElementForm& form, std::size_t stride) const {
  const char* const stop = end();
  for (const char* at = begin(); at != stop; at = skip(at, stride))
    if (equals(at, form)) return at;
  return nullptr;
}

const char* Packed::splice(const char* place, std::size_t removed,
                           std::initializer_list<ElementForm> forms) {
  const auto offset = static_cast<std::size_t>(place - data());
  const auto gone = static_cast<std::size_t>(skip(place, removed) - place);
  std::size_t added = 0;
  for (const ElementForm& form : forms) added += form.body_bytes;
  const std::size_t before = used();
  const std::size_t after = before - gone + added;
  RESPAWN_CHECK(after < std::numeric_limits<std::uint32_t>::max());
  const std::size_t behind = before - offset - gone;
  const std::size_t room = allocated_bytes(sizeof(Header) + after);
  if (block_ != nullptr && room == memory_bytes()) {
    char* const gap = reinterpret_cast<char*>(block_ + 1) + offset;
    move_bytes(gap + added, gap + gone, behind);
  } else {
    auto* fresh = new (::operator new(room)) Header;
    char* const to = reinterpret_cast<char*>(fresh + 1);
    move_bytes(to, data(), offset);
    move_bytes(to + offset + added, data() + offset + gone, behind);
    fresh->count = static_cast<std::uint32_t>(count());
    clear();
    block_ = fresh;
  }
  block_->used = static_cast<std::uint32_t>(after);
  block_->count += static_cast<std::uint32_t>(forms.size() - removed);
  char* const start = reinterpret_cast<char*>(block_ + 1) + offset;
  char* at = start;
  for (const ElementForm& form : forms) at = write_element_body(at, form);
  return start;
}

const char* Packed::erase(const char* element, std::size_t count) noexcept {
  if (count == 0) return element;
  const auto offset = static_cast<std::size_t>(element - data());
  const auto gone = static_cast<std::size_t>(skip(element, count) - element);
  const std::size_t after = used() - gone;
  if (after == 0) {
    clear();
    return end();
  }
  char* const gap = reinterpret_cast<char*>(block_ + 1) + offset;
  move_bytes(gap, gap + gone, after - offset);
  const std::size_t room = allocated_bytes(sizeof(Header) + after);
  const bool shrinks = room < memory_bytes();
  block_->used = static_cast<std::uint32_t>(after);
  block_->count -= static_cast<std::uint32_t>(count);
  if (shrinks) {
    if (void* smaller = ::operator new(room, std::nothrow)) {
      std::memcpy(smaller, block_, sizeof(Header) + after);
      clear();
      block_ = static_cast<Header*>(smaller);
    }
  }
  return data() + offset;
}

Packed Packed::clone() const {
  Packed copy;
  if (block_ == nullptr) return copy;
  copy.block_ = static_cast<Header*>(::operator new(memory_bytes()));
  std::memcpy(copy.block_, block_, sizeof(Header) + used());
  return copy;
}

std::size_t Packed::listpack_bytes() const {
  std::size_t bytes = redis_frame_bytes;
  for (const char* at = begin(); at != end(); at = next(at)) bytes += Block::listpack_bytes(at);
  return bytes;
}

Status Packed::check_invariants() const {
  if (block_ == nullptr) return success();
  std::size_t elements = 0;
  const char* at = begin();
  for (; at < end(); at = next(at)) ++elements;
  if (at != end()) return failure("packed: the last element goes beyond the end");
  if (elements == 0) return failure("packed: an allocation without elements");
  if (elements != count()) return failure("packed: wrong count");
  return success();
}

}  // namespace respawn::keyspace
