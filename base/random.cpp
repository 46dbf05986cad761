#include "base/random.hpp"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <system_error>

#include "base/check.hpp"

namespace respawn {

namespace {

__extension__ using Product = unsigned __int128;

/// splitmix64 (Steele, Lea and Flood, 2014): spreads one seed over the whole state, also seed 0.
std::uint64_t split_mix(std::uint64_t& seed) {
  std::uint64_t mixed = seed += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = split_mix(seed);
}

std::uint64_t Random::next() {
  auto& [a, b, c, d] = state_;
  const std::uint64_t result = std::rotl(b * 5, 7) * 9;
  const std::uint64_t shifted = b << 17;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= shifted;
  d = std::rotl(d, 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  RESPAWN_CHECK(bound > 0);
  Product product = Product{next()} * bound;
  if (static_cast<std::uint64_t>(product) < bound) [[unlikely]] {
    // The low words below 2^64 mod bound would make some results more likely than others.
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold) product = Product{next()} * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double Random::unit() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::uint64_t system_entropy() {
  std::uint64_t bits = 0;
  while (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  return bits;
}

std::string random_hex(std::size_t digits) {
  std::string hex;
  hex.reserve(digits);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < digits; ++i, bits >>= 4) {
    if (i % 16 == 0) bits = system_entropy();
    hex.push_back("0123456789abcdef"[bits % 16]);
  }
  return hex;
}

}  // namespace respawn
