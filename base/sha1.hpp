// SHA-1, for DEBUG DIGEST only (OpenSSL's implementation behind it).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace respawn {

using Sha1Digest = std::array<std::uint8_t, 20>;

Sha1Digest sha1(std::string_view bytes);

/// 40 lower-case hex digits.
std::string to_hex(const Sha1Digest& digest);

}  // namespace respawn
