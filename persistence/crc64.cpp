#include "persistence/crc64.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

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

}  // namespace

std::uint64_t crc64(std::string_view bytes, std::uint64_t start) {
  std::uint64_t crc = start;
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

}  // namespace respawn::persistence
