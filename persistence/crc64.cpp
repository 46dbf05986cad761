#include "persistence/crc64.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace respawn::persistence {

namespace {

static_assert(std::endian::native == std::endian::little);

/// Jones' polynomial 0xad93d23594c935a9 with its bits in reverse order.
constexpr std::uint64_t polynomial = 0x95ac9329ac4bc9b5;

constexpr std::size_t slices = 8;
using Tables = std::array<std::array<std::uint64_t, 256>, slices>;

/// tables[k][byte] is what a byte does to the checksum that k zero bytes later. The checksum is
/// linear, so eight bytes at a time are eight independent look-ups.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < slices; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint64_t by_tables(std::string_view bytes, std::uint64_t crc) {
  for (; bytes.size() >= slices; bytes.remove_prefix(slices)) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    word ^= crc;
    crc = 0;
    for (std::size_t k = 0; k < slices; ++k)
      crc ^= tables[slices - 1 - k][(word >> (8 * k)) & 0xff];
  }
  for (const char c : bytes)
    crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return crc;
}

#if defined(__x86_64__)

constexpr std::size_t lane_bytes = 16;

/// x to that power modulo the polynomial, bits in reverse order.
constexpr std::uint64_t power_of_x(int exponent) {
  std::uint64_t value = std::uint64_t{1} << 63;
  for (; exponent > 0; --exponent) value = (value >> 1) ^ ((value & 1) != 0 ? polynomial : 0);
  return value;
}

/// What moves the halves of a lane 16 bytes on, where their remainder is the same. A product of
/// numbers in reverse order is one power of x too high.
constexpr std::uint64_t move_first = power_of_x(2 * 64 + 64 - 1);
constexpr std::uint64_t move_second = power_of_x(2 * 64 - 1);

/// With carry-less multiplication: 16 bytes are folded into the 16 behind them, until those have
/// the checksum of all.
__attribute__((target("pclmul,sse4.1"))) std::uint64_t by_folding(std::string_view bytes,
                                                                  std::uint64_t crc) {
  const auto load = [&bytes] {
    __m128i lane;
    std::memcpy(&lane, bytes.data(), sizeof lane);
    bytes.remove_prefix(lane_bytes);
    return lane;
  };
  const __m128i moves =
      _mm_set_epi64x(static_cast<long long>(move_second), static_cast<long long>(move_first));
  __m128i lane = _mm_xor_si128(load(), _mm_set_epi64x(0, static_cast<long long>(crc)));
  while (bytes.size() >= lane_bytes) {
    const __m128i first = _mm_clmulepi64_si128(lane, moves, 0x00);
    const __m128i second = _mm_clmulepi64_si128(lane, moves, 0x11);
    lane = _mm_xor_si128(load(), _mm_xor_si128(first, second));
  }
  char folded[lane_bytes];
  std::memcpy(folded, &lane, sizeof folded);
  return by_tables(bytes, by_tables({folded, sizeof folded}, 0));
}

#endif

}  // namespace

std::uint64_t crc64(std::string_view bytes, std::uint64_t start) {
#if defined(__x86_64__)
  static const bool folds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  if (folds && bytes.size() >= 4 * lane_bytes) return by_folding(bytes, start);
#endif
  return by_tables(bytes, start);
}

}  // namespace respawn::persistence
