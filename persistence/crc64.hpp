// The checksum behind a dumped value and a snapshot: CRC-64 with Jones' polynomial.
#pragma once

#include <cstdint>
#include <string_view>

namespace respawn::persistence {

/// The checksum of some bytes, continued with further ones: crc64(b, crc64(a)) == crc64(a + b).
/// Starts with 0. Bits reflected, nothing inverted: that of "123456789" is 0xe9c6d914c4b8d9ca.
/// O(n).
[[nodiscard]] std::uint64_t crc64(std::string_view bytes, std::uint64_t start = 0);

}  // namespace respawn::persistence
