#include "base/message_digest.hpp"

#include <openssl/evp.h>

#include "base/check.hpp"

namespace respawn {
namespace {

template <class Digest>
Digest digest_of(std::string_view bytes, const EVP_MD* algorithm) {
  Digest digest{};
  unsigned int size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm, nullptr);
  RESPAWN_CHECK(done == 1 && size == digest.size());
  return digest;
}

}  // namespace

Sha1Digest sha1(std::string_view bytes) {
  return digest_of<Sha1Digest>(bytes, EVP_sha1());
}

Sha256Digest sha256(std::string_view bytes) {
  return digest_of<Sha256Digest>(bytes, EVP_sha256());
}

std::string to_hex(std::span<const std::uint8_t> digest) {
  std::string hex;
  hex.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    hex.push_back("0123456789abcdef"[byte >> 4]);
    hex.push_back("0123456789abcdef"[byte & 15]);
  }
  return hex;
}

}  // namespace respawn
