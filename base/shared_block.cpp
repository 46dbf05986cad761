#include "base/shared_block.hpp"

#include <limits>
#include <new>

#include "base/allocation.hpp"

namespace respawn {

std::size_t SharedBlock::allocation_bytes(std::size_t bytes) {
  const std::size_t total = allocated_bytes(sizeof(SharedBlock) + bytes);
  return (total + unit_bytes - 1) / unit_bytes * unit_bytes;
}

BlockPtr SharedBlock::create(std::size_t bytes) {
  constexpr std::size_t bytes_max = std::numeric_limits<std::uint32_t>::max() * unit_bytes / 2;
  if (bytes > bytes_max) throw std::bad_alloc();
  const std::size_t total = allocation_bytes(bytes);
  const auto units = static_cast<std::uint32_t>((total - sizeof(SharedBlock)) / unit_bytes);
  return BlockPtr::adopt(new (::operator new(total)) SharedBlock(units));
}

void SharedBlock::destroy(SharedBlock* block) noexcept {
  const std::size_t total = sizeof(SharedBlock) + block->capacity();
  block->~SharedBlock();
  ::operator delete(block, total);
}

}  // namespace respawn
