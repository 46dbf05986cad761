// Passwords are kept and compared as SHA-256 hashes in hex.
#pragma once

#include <string>
#include <string_view>

namespace respawn::access {

[[nodiscard]] std::string hash_password(std::string_view password);

/// 64 lower-case hex digits.
[[nodiscard]] bool is_password_hash(std::string_view text);

/// Takes the same time wherever the first difference is. Requires texts of one length.
[[nodiscard]] bool equal_hashes(std::string_view a, std::string_view b);

}  // namespace respawn::access
