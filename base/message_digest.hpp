// SHA-1, for DEBUG DIGEST only, and SHA-256, for passwords and for what has to have the same name
// as its equal (OpenSSL's implementations behind them).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace respawn {

using Sha1Digest = std::array<std::uint8_t, 20>;
using Sha256Digest = std::array<std::uint8_t, 32>;

/// O(bytes).
Sha1Digest sha1(std::string_view bytes);
Sha256Digest sha256(std::string_view bytes);

/// Two lower-case hex digits for each byte.
std::string to_hex(std::span<const std::uint8_t> digest);

}  // namespace respawn
