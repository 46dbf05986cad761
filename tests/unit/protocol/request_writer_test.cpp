#include "protocol/request_writer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace respawn::protocol {
namespace {

TEST(RequestWriterTest, WritesAnArrayOfBulks) {
  Buffer out;
  write_request(out, {"SET", "key", ""});
  EXPECT_EQ(out.view(), "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n");
}

TEST(RequestWriterTest, AppendsAndKeepsEveryByte) {
  Buffer out;
  write_request(out, {"PING"});
  write_request(out, {std::string_view("\0\r\n", 3)});
  EXPECT_EQ(out.view(), std::string_view("*1\r\n$4\r\nPING\r\n*1\r\n$3\r\n\0\r\n\r\n", 27));
}

TEST(RequestWriterTest, GrowsTheBufferOnce) {
  Buffer out;
  const std::string large(1 << 20, 'x');
  write_request(out, {"SET", "k", large});
  EXPECT_LT(out.capacity(), (1U << 20) + 8192);
  EXPECT_EQ(out.view().substr(0, 30), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048576\r\n");
}

}  // namespace
}  // namespace respawn::protocol
