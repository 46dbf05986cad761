#include "keyspace/types/int_array.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "base/allocation.hpp"
#include "base/check.hpp"

namespace respawn::keyspace {
namespace {

std::size_t width_of(std::int64_t value) {
  if (value >= INT16_MIN && value <= INT16_MAX) return 2;
  return value >= INT32_MIN && value <= INT32_MAX ? 4 : 8;
}

}  // namespace

IntArray::~IntArray() {
  clear();
}

void IntArray::clear() noexcept {
  // Without its size: a block that could not be made smaller is larger than its contents say.
  ::operator delete(std::exchange(block_, nullptr));
}

std::size_t IntArray::memory_bytes() const {
  return block_ == nullptr ? 0 : allocated_bytes(sizeof(Header) + size() * width());
}

std::int64_t IntArray::at(std::size_t index) const {
  const char* from = data() + index * block_->width;
  if (block_->width == 8) {
    std::int64_t value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  if (block_->width == 4) {
    std::int32_t value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  std::int16_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

void IntArray::put(std::size_t index, std::int64_t value) noexcept {
  // Little endian (list_block.cpp checks it): the low bytes come first.
  std::memcpy(data() + index * block_->width, &value, block_->width);
}

std::size_t IntArray::lower_bound(std::int64_t value) const {
  std::size_t from = 0;
  for (std::size_t count = size(); count > 0;) {
    const std::size_t half = count / 2;
    if (at(from + half) < value) {
      from += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return from;
}

bool IntArray::contains(std::int64_t value) const {
  const std::size_t index = lower_bound(value);
  return index < size() && at(index) == value;
}

bool IntArray::add(std::int64_t value) {
  const std::size_t count = size();
  const std::size_t index = lower_bound(value);
  if (index < count && at(index) == value) return false;
  RESPAWN_CHECK(count < std::numeric_limits<std::uint32_t>::max());
  const std::size_t wide = std::max(width(), width_of(value));
  const std::size_t room = allocated_bytes(sizeof(Header) + (count + 1) * wide);
  if (block_ != nullptr && wide == width() && room == memory_bytes()) {
    char* const gap = data() + index * wide;
    std::memmove(gap + wide, gap, (count - index) * wide);
  } else {
    IntArray fresh;
    fresh.block_ = new (::operator new(room)) Header;
    fresh.block_->width = static_cast<std::uint32_t>(wide);
    for (std::size_t i = 0; i < count; ++i) fresh.put(i < index ? i : i + 1, at(i));
    std::swap(block_, fresh.block_);
  }
  block_->count = static_cast<std::uint32_t>(count + 1);
  put(index, value);
  return true;
}

bool IntArray::erase(std::int64_t value) noexcept {
  const std::size_t index = lower_bound(value);
  if (index == size() || at(index) != value) return false;
  const std::size_t before = memory_bytes();
  char* const gap = data() + index * width();
  std::memmove(gap, gap + width(), (size() - index - 1) * width());
  if (--block_->count == 0) {
    clear();
  } else if (memory_bytes() < before) {
    if (void* smaller = ::operator new(memory_bytes(), std::nothrow)) {
      std::memcpy(smaller, block_, sizeof(Header) + size() * width());
      clear();
      block_ = static_cast<Header*>(smaller);
    }
  }
  return true;
}

IntArray IntArray::clone() const {
  IntArray copy;
  if (block_ == nullptr) return copy;
  copy.block_ = static_cast<Header*>(::operator new(memory_bytes()));
  std::memcpy(static_cast<void*>(copy.block_), block_, sizeof(Header) + size() * width());
  return copy;
}

Status IntArray::check_invariants() const {
  if (block_ == nullptr) return success();
  if (size() == 0) return failure("int array: an allocation without integers");
  for (std::size_t i = 1; i < size(); ++i)
    if (at(i - 1) >= at(i)) return failure("int array: not in ascending order");
  return success();
}

}  // namespace respawn::keyspace
