#include "base/loopback.hpp"

#include <gtest/gtest.h>

namespace respawn {
namespace {

TEST(Loopback, IsTheWholeNetworkAndIpv6s) {
  for (const char* address :
       {"127.0.0.1", "127.0.0.1:6379", "127.0.0.2:1", "127.255.255.255:65535", "::1", "[::1]:6379",
        "[::1]", "::ffff:127.0.0.1", "[::ffff:127.9.9.9]:6379", "[0:0:0:0:0:0:0:1]:6379"})
    EXPECT_TRUE(is_loopback(address)) << address;
}

TEST(Loopback, IsNothingElse) {
  for (const char* address :
       {"10.0.0.1:5000", "128.0.0.1", "12.7.0.1:1", "0.0.0.0:6379", "[::]:6379", "::2", "[::11]:1",
        "[::1:2]:6379", "::1:6379", "[::ffff:10.0.0.1]:6379", "[2001:db8::1]:6379"})
    EXPECT_FALSE(is_loopback(address)) << address;
}

TEST(Loopback, IsNothingThatIsNoAddress) {
  for (const char* text : {"", ":", "[", "[]", "]:1", "localhost:6379", "127.", "127.evil:1",
                           "127.0.0.1.evil:1", "/127.0.0.1:0", "/tmp/redis.sock:0"})
    EXPECT_FALSE(is_loopback(text)) << text;
}

}  // namespace
}  // namespace respawn
