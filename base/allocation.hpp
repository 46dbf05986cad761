// What an allocation really costs: the size classes of the allocator we link (jemalloc).
#pragma once

#include <bit>
#include <cstddef>

namespace respawn {

/// Bytes behind an allocation of `bytes`: multiples of 16 up to 128, then four classes per
/// doubling. An estimate with other allocators; memory figures use it so that they do not depend on
/// the allocator's state.
constexpr std::size_t allocated_bytes(std::size_t bytes) {
  if (bytes <= 8) return 8;
  const std::size_t step = bytes <= 128 ? 16 : std::bit_floor(bytes - 1) / 4;
  return (bytes + step - 1) / step * step;
}

}  // namespace respawn
