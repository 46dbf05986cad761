#include "keyspace/siphash.hpp"

#include <bit>
#include <cstring>

#include "base/random.hpp"

namespace respawn::keyspace {
namespace {

struct SipState {
  std::uint64_t a, b, c, d;

  explicit SipState(HashSeed seed)
      : a(seed.k0 ^ 0x736f6d6570736575),
        b(seed.k1 ^ 0x646f72616e646f6d),
        c(seed.k0 ^ 0x6c7967656e657261),
        d(seed.k1 ^ 0x7465646279746573) {}

  void round() {
    a += b;
    c += d;
    b = std::rotl(b, 13) ^ a;
    d = std::rotl(d, 16) ^ c;
    a = std::rotl(a, 32);
    c += b;
    a += d;
    b = std::rotl(b, 17) ^ c;
    d = std::rotl(d, 21) ^ a;
    c = std::rotl(c, 32);
  }

  void absorb(std::uint64_t word) {
    d ^= word;
    round();
    a ^= word;
  }
};

std::uint64_t load_word(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// The last 0..7 bytes, without a loop over them: two loads that may overlap.
std::uint64_t load_tail(const char* at, std::size_t length) {
  if (length >= 4) {
    std::uint32_t low;
    std::uint32_t high;
    std::memcpy(&low, at, 4);
    std::memcpy(&high, at + length - 4, 4);
    if constexpr (std::endian::native == std::endian::big) {
      low = __builtin_bswap32(low);
      high = __builtin_bswap32(high);
    }
    return low | std::uint64_t{high} << (8 * (length - 4));
  }
  if (length == 0) return 0;
  const auto byte = [at](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(at[i])};
  };
  return byte(0) | byte(length / 2) << (8 * (length / 2)) | byte(length - 1) << (8 * (length - 1));
}

const HashSeed process_seed{system_entropy(), system_entropy()};

}  // namespace

std::uint64_t siphash13(std::string_view bytes, HashSeed seed) noexcept {
  SipState state(seed);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) state.absorb(load_word(at));
  state.absorb(std::uint64_t{bytes.size()} << 56 | load_tail(at, left));
  state.c ^= 0xff;
  state.round();
  state.round();
  state.round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

std::uint64_t hash_bytes(std::string_view bytes) noexcept {
  return siphash13(bytes, process_seed);
}

}  // namespace respawn::keyspace
