#include "net/output_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/random.hpp"

namespace respawn::net {
namespace {

Buffer buffer_of(std::string_view text) {
  Buffer buffer;
  buffer.append(text);
  return buffer;
}

std::string text_of(const iovec& piece) {
  return {static_cast<const char*>(piece.iov_base), piece.iov_len};
}

TEST(OutputQueueTest, MergesSmallBuffersAndKeepsLargeOnesApart) {
  OutputQueue output;
  BufferPool pool;
  for (const std::string& text : {std::string("+OK\r\n"), std::string(":1\r\n"),
                                  std::string(20'000, 'x'), std::string("$-1\r\n")}) {
    Buffer buffer = buffer_of(text);
    output.append(buffer, pool);
    EXPECT_TRUE(buffer.empty());
  }
  std::array<iovec, 8> pieces;
  ASSERT_EQ(output.begin_send(pieces), 3u);
  EXPECT_EQ(text_of(pieces[0]), "+OK\r\n:1\r\n");
  EXPECT_EQ(pieces[1].iov_len, 20'000u);
  EXPECT_EQ(text_of(pieces[2]), "$-1\r\n");
}

TEST(OutputQueueTest, LeavesBuffersThatTheKernelReadsAlone) {
  OutputQueue output;
  BufferPool pool;
  Buffer first = buffer_of("first");
  output.append(first, pool);
  std::array<iovec, 8> pieces;
  ASSERT_EQ(output.begin_send(pieces), 1u);
  for (int i = 0; i < 1000; ++i) {
    Buffer more = buffer_of("more");
    output.append(more, pool);
  }
  EXPECT_EQ(text_of(pieces[0]), "first");
  output.end_send(2, pool);
  ASSERT_EQ(output.begin_send(pieces), 2u);
  EXPECT_EQ(text_of(pieces[0]), "rst");
  EXPECT_EQ(pieces[1].iov_len, 4000u);
}

BlockPtr block_of(std::string_view text) {
  BlockPtr block = SharedBlock::create(text.size());
  std::copy(text.begin(), text.end(), block->data());
  block->resize(text.size());
  return block;
}

TEST(OutputQueueTest, SendsBlocksFromWhereTheyLie) {
  OutputQueue output;
  BufferPool pool;
  const BlockPtr block = block_of(std::string(20'000, 'x'));
  Buffer buffer = buffer_of("$20000\r\n");
  buffer.attach(block, block->view());
  buffer.append("\r\n+OK\r\n");
  output.append(buffer, pool);
  EXPECT_EQ(buffer.total_bytes(), 0u);
  Buffer more = buffer_of(":1\r\n");
  output.append(more, pool);
  EXPECT_EQ(output.size_bytes(), 20'019u);
  std::array<iovec, 8> pieces;
  ASSERT_EQ(output.begin_send(pieces), 3u);
  EXPECT_EQ(text_of(pieces[0]), "$20000\r\n");
  EXPECT_EQ(pieces[1].iov_base, block->data());
  EXPECT_EQ(pieces[1].iov_len, 20'000u);
  EXPECT_EQ(text_of(pieces[2]), "\r\n+OK\r\n:1\r\n");
  EXPECT_FALSE(block->unique());
  output.end_send(8 + 19'999, pool);
  ASSERT_EQ(output.begin_send(pieces), 2u);
  EXPECT_EQ(text_of(pieces[0]), "x");
  output.end_send(1, pool);
  EXPECT_TRUE(block->unique());
  ASSERT_EQ(output.begin_send(pieces), 1u);
  EXPECT_EQ(text_of(pieces[0]), "\r\n+OK\r\n:1\r\n");
}

TEST(OutputQueueTest, SendsHugeThingsAPartAtATime) {
  OutputQueue output;
  BufferPool pool;
  constexpr std::size_t bytes = 5 * OutputQueue::send_bytes_max / 2;
  const BlockPtr block = block_of(std::string(bytes, 'x'));
  Buffer buffer = buffer_of("head");
  buffer.attach(block, block->view());
  buffer.append("tail");
  output.append(buffer, pool);
  std::string sent;
  int sends = 0;
  while (!output.empty()) {
    std::array<iovec, 8> pieces;
    const std::size_t count = output.begin_send(pieces);
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
      sent += text_of(pieces[i]);
      total += pieces[i].iov_len;
    }
    EXPECT_LE(total, 2 * OutputQueue::send_bytes_max);
    output.end_send(total, pool);
    ++sends;
  }
  EXPECT_EQ(sends, 3);
  EXPECT_EQ(sent, "head" + std::string(bytes, 'x') + "tail");
}

TEST(OutputQueueTest, RecyclesBuffers) {
  OutputQueue output;
  BufferPool pool;
  Buffer buffer = buffer_of("reply");
  const char* memory = buffer.data();
  output.append(buffer, pool);
  EXPECT_EQ(buffer.capacity(), 0u);
  std::array<iovec, 1> pieces;
  output.begin_send(pieces);
  output.end_send(5, pool);
  EXPECT_TRUE(output.empty());
  Buffer next = buffer_of("next");
  output.append(next, pool);
  EXPECT_EQ(next.data(), memory);
  EXPECT_TRUE(next.empty());
}

TEST(OutputQueueTest, DoesNotKeepHugeBuffers) {
  BufferPool pool;
  pool.give(buffer_of(std::string(1'000'000, 'x')));
  EXPECT_EQ(pool.take().capacity(), 0u);
}

TEST(OutputQueueTest, SendsExactlyWhatWasAppended) {
  const std::uint64_t seed = system_entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  OutputQueue output;
  BufferPool pool;
  std::string model;  // unsent
  std::array<iovec, 5> pieces;
  std::size_t begun = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random.below(2) == 0) {
      const std::string text(random.below(random.below(10) == 0 ? 40'000 : 100),
                             static_cast<char>('a' + random.below(26)));
      Buffer buffer = buffer_of(text);
      output.append(buffer, pool);
      model += text;
    } else if (output.sending()) {
      const std::size_t taken = random.below(begun + 1);
      output.end_send(taken, pool);
      model.erase(0, taken);
    } else if (!output.empty()) {
      const std::size_t count = output.begin_send(pieces);
      std::string described;
      for (std::size_t i = 0; i < count; ++i) described += text_of(pieces[i]);
      begun = described.size();
      ASSERT_EQ(described, model.substr(0, begun));
    }
    ASSERT_EQ(output.size_bytes(), model.size());
  }
}

}  // namespace
}  // namespace respawn::net
