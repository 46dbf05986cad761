// SHA-256 as FIPS 180-4 defines it, for passwords.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace respawn {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// O(bytes).
Sha256Digest sha256(std::string_view bytes);

/// 64 lower-case hex digits.
std::string to_hex(const Sha256Digest& digest);

}  // namespace respawn
