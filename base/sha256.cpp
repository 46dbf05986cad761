#include "base/sha256.hpp"

#include <algorithm>
#include <bit>
#include <span>

namespace respawn {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::size_t block_bytes = 64;
constexpr std::size_t length_bytes = 8;  // at the end of the last block: the text's length in bits

using State = std::array<std::uint32_t, 8>;
using Schedule = std::array<std::uint32_t, 64>;

constexpr Wide power(Wide base, int exponent) {
  return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

/// The first 32 bits behind the binary point of the square (2) or cube (3) root of a small number:
/// those of the whole number that is the root of number * 2^(32 * degree).
constexpr std::uint32_t fraction_of_root(unsigned number, int degree) {
  const Wide wanted = Wide{number} << (32 * degree);
  Wide root = 0;
  for (int bit = 36; bit >= 0; --bit)
    if (power(root | (Wide{1} << bit), degree) <= wanted) root |= Wide{1} << bit;
  return static_cast<std::uint32_t>(root);
}

/// Of the roots of the first primes (4.2.2 and 5.3.3).
template <std::size_t Count>
constexpr std::array<std::uint32_t, Count> fractions_of_roots(int degree) {
  std::array<std::uint32_t, Count> fractions{};
  unsigned candidate = 2;
  for (std::size_t found = 0; found < Count; ++candidate) {
    bool prime = true;
    for (unsigned divisor = 2; divisor * divisor <= candidate; ++divisor)
      prime = prime && candidate % divisor != 0;
    if (prime) fractions[found++] = fraction_of_root(candidate, degree);
  }
  return fractions;
}

constexpr State initial_state = fractions_of_roots<8>(2);
constexpr Schedule round_constants = fractions_of_roots<64>(3);
static_assert(initial_state[0] == 0x6a09e667 && round_constants[63] == 0xc67178f2);

std::uint32_t big_endian_word(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
         std::uint32_t{at[3]};
}

/// 6.2.2, step 1.
Schedule schedule_of(const std::uint8_t* block) {
  Schedule words;
  for (std::size_t t = 0; t < 16; ++t) words[t] = big_endian_word(block + 4 * t);
  for (std::size_t t = 16; t < words.size(); ++t) {
    const std::uint32_t early = words[t - 15];
    const std::uint32_t late = words[t - 2];
    const std::uint32_t sigma0 = std::rotr(early, 7) ^ std::rotr(early, 18) ^ (early >> 3);
    const std::uint32_t sigma1 = std::rotr(late, 17) ^ std::rotr(late, 19) ^ (late >> 10);
    words[t] = sigma1 + words[t - 7] + sigma0 + words[t - 16];
  }
  return words;
}

/// 6.2.2, steps 2 to 4.
void take_in(State& state, const std::uint8_t* block) {
  const Schedule words = schedule_of(block);
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t t = 0; t < words.size(); ++t) {
    const std::uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t chosen = (e & f) ^ (~e & g);
    const std::uint32_t first = h + sum1 + chosen + round_constants[t] + words[t];
    const std::uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + sum0 + majority;
  }
  const State after{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += after[i];
}

/// What is left of the text behind its whole blocks, padded to one or two blocks (5.1.1).
void take_in_end(State& state, std::span<const std::uint8_t> rest, std::uint64_t total_bytes) {
  std::array<std::uint8_t, 2 * block_bytes> padded{};
  std::copy(rest.begin(), rest.end(), padded.begin());
  padded[rest.size()] = 0x80;
  const std::size_t size =
      rest.size() + 1 + length_bytes <= block_bytes ? block_bytes : 2 * block_bytes;
  const std::uint64_t bits = total_bytes * 8;
  for (std::size_t i = 0; i < length_bytes; ++i)
    padded[size - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
  for (std::size_t at = 0; at < size; at += block_bytes) take_in(state, padded.data() + at);
}

}  // namespace

Sha256Digest sha256(std::string_view bytes) {
  State state = initial_state;
  const std::span text(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  std::size_t at = 0;
  for (; text.size() - at >= block_bytes; at += block_bytes) take_in(state, text.data() + at);
  take_in_end(state, text.subspan(at), bytes.size());
  Sha256Digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

std::string to_hex(const Sha256Digest& digest) {
  std::string hex;
  hex.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    hex.push_back("0123456789abcdef"[byte >> 4]);
    hex.push_back("0123456789abcdef"[byte & 15]);
  }
  return hex;
}

}  // namespace respawn
