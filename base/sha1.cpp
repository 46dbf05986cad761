#include "base/sha1.hpp"

#include <openssl/evp.h>

#include "base/check.hpp"

namespace respawn {

Sha1Digest sha1(std::string_view bytes) {
  Sha1Digest digest{};
  unsigned int size = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr);
  RESPAWN_CHECK(done == 1 && size == digest.size());
  return digest;
}

std::string to_hex(const Sha1Digest& digest) {
  std::string hex;
  hex.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    hex.push_back("0123456789abcdef"[byte >> 4]);
    hex.push_back("0123456789abcdef"[byte & 15]);
  }
  return hex;
}

}  // namespace respawn
