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
  for (int i = 0; i < 100; ++i) bytes += static_cast<char>(i * 37);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
    EXPECT_EQ(crc64(bytes.substr(cut), crc64(bytes.substr(0, cut))), crc64(bytes)) << cut;
}

}  // namespace
}  // namespace respawn::persistence
