#include "access/password.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/message_digest.hpp"

namespace respawn::access {

std::string hash_password(std::string_view password) {
  return to_hex(sha256(password));
}

bool is_password_hash(std::string_view text) {
  constexpr std::size_t digits = std::tuple_size_v<Sha256Digest> * 2;
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool equal_hashes(std::string_view a, std::string_view b) {
  RESPAWN_CHECK(a.size() == b.size());
  // Volatile: so that no compiler leaves the loop early.
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace respawn::access
