#include "persistence/crc64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace respawn::persistence {
namespace {

TEST(Crc64Test, KnownChecksums) {
  EXPECT_EQ(crc64(""), 0U);
  EXPECT_EQ(crc64("123456789"), 0xe9c6d914c4b8d9caU);
}

TEST(Crc64Test, CanBeContinuedAnywhere) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i * 37);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
    EXPECT_EQ(crc64(bytes.substr(cut), crc64(bytes.substr(0, cut))), crc64(bytes)) << cut;
}

/// Bit by bit, as the polynomial's definition has it.
std::uint64_t by_definition(std::string_view bytes, std::uint64_t crc) {
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x95ac9329ac4bc9b5 : 0);
  }
  return crc;
}

TEST(Crc64Test, IsTheDefinitionsAtEveryLength) {
  std::string bytes;
  for (int i = 0; i < 400; ++i) {
    EXPECT_EQ(crc64(bytes), by_definition(bytes, 0)) << i;
    EXPECT_EQ(crc64(bytes, 0x0123456789abcdef), by_definition(bytes, 0x0123456789abcdef)) << i;
    bytes += static_cast<char>(i * i * 31 + i);
  }
}

}  // namespace
}  // namespace respawn::persistence
