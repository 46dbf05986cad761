// Numbers of 1 to 10 bytes, 7 bits a byte, the lowest first.
#pragma once

#include <cstddef>
#include <cstdint>

namespace respawn::keyspace {

inline constexpr std::size_t varint_max_bytes = 10;

/// Returns the end.
inline char* put_varint(char* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

/// Steps over the number.
inline std::uint64_t take_varint(const char*& at) {
  std::uint64_t value = static_cast<unsigned char>(*at++);
  if (value < 0x80) return value;
  value &= 0x7f;
  for (unsigned shift = 7;; shift += 7) {
    const std::uint64_t byte = static_cast<unsigned char>(*at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

}  // namespace respawn::keyspace
