#include "base/buffer.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <new>
#include <string>

#include "base/check.hpp"
#include "base/random.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn {
namespace {

TEST(BufferTest, StartsEmptyWithoutMemory) {
  const Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0U);
  EXPECT_EQ(buffer.view(), "");
}

TEST(BufferTest, DoublesFromItsFirstCapacity) {
  Buffer buffer;
  buffer.push_back('x');
  EXPECT_EQ(buffer.capacity(), 256U);
  buffer.append(std::string(256, 'y'));
  EXPECT_EQ(buffer.capacity(), 512U);
  buffer.append(std::string(256, 'z'));
  EXPECT_EQ(buffer.capacity(), 1024U);
}

TEST(BufferTest, GrowsSeldomWhenFilledByteByByte) {
  Buffer buffer;
  int growths = 0;
  std::size_t capacity = 0;
  for (int i = 0; i < 1 << 20; ++i) {
    buffer.push_back('x');
    if (buffer.capacity() != capacity) ++growths;
    capacity = buffer.capacity();
  }
  EXPECT_LE(growths, 13);  // 256 bytes to 1 MB
}

TEST(BufferTest, MakesRoomForALargeArgumentWithoutDoublingIt) {
  Buffer buffer;
  buffer.append("$10000000\r\n");
  buffer.reserve(10'000'002);
  EXPECT_GE(buffer.capacity(), 10'000'013U);
  EXPECT_LT(buffer.capacity(), 10'010'000U);
}

TEST(BufferTest, ThrowsWhenTheSizeCannotBe) {
  Buffer buffer;
  buffer.append("kept");
  EXPECT_THROW(buffer.reserve(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
  EXPECT_THROW(buffer.reserve(std::numeric_limits<std::size_t>::max() - 4), std::bad_alloc);
  EXPECT_EQ(buffer.view(), "kept");
}

TEST(BufferTest, ConsumesFromTheFrontAndTruncatesAtTheBack) {
  Buffer buffer;
  buffer.append("hello world");
  buffer.consume(6);
  EXPECT_EQ(buffer.view(), "world");
  buffer.truncate(3);
  EXPECT_EQ(buffer.view(), "wor");
  buffer.consume(3);
  EXPECT_TRUE(buffer.empty());
  EXPECT_THROW(buffer.consume(1), CheckFailure);
}

TEST(BufferTest, CommitsWhatWasWrittenIntoReservedRoom) {
  Buffer buffer;
  std::memcpy(buffer.reserve(100), "abc", 3);
  buffer.commit(3);
  EXPECT_EQ(buffer.view(), "abc");
}

TEST(BufferTest, MovesItsMemory) {
  Buffer from;
  from.append("bytes");
  const char* const data = from.data();
  Buffer to(std::move(from));
  EXPECT_EQ(to.data(), data);
  EXPECT_EQ(to.view(), "bytes");
  Buffer other;
  other = std::move(to);
  EXPECT_EQ(other.data(), data);
}

TEST(BufferTest, ReleaseGivesTheMemoryBack) {
  Buffer buffer;
  buffer.append("bytes");
  buffer.release();
  EXPECT_EQ(buffer.capacity(), 0U);
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(BufferTest, BehavesAsAString) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  Buffer buffer;
  std::string model;
  for (int step = 0; step < 20'000; ++step) {
    const auto letter = static_cast<char>('a' + random.below(26));
    switch (random.below(4)) {
      case 0:
        buffer.push_back(letter);
        model.push_back(letter);
        break;
      case 1: {
        const std::string bytes(random.below(50), letter);
        buffer.append(bytes);
        model += bytes;
        break;
      }
      case 2: {
        const std::size_t bytes = random.below(std::min<std::size_t>(model.size(), 40) + 1);
        buffer.consume(bytes);
        model.erase(0, bytes);
        break;
      }
      default:
        model.resize(model.size() - random.below(std::min<std::size_t>(model.size(), 9) + 1));
        buffer.truncate(model.size());
    }
    ASSERT_EQ(buffer.view(), model);
    ASSERT_LE(buffer.size(), buffer.capacity());
  }
}

}  // namespace
}  // namespace respawn
