// Blocks, and buffers that quote them.
#include "base/shared_block.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/buffer.hpp"

namespace respawn {
namespace {

BlockPtr block_of(std::string_view text) {
  BlockPtr block = SharedBlock::create(text.size());
  std::copy(text.begin(), text.end(), block->data());
  block->resize(text.size());
  return block;
}

TEST(SharedBlock, HoldsWhatIsWrittenAndItsAllocationsRounding) {
  for (const std::size_t bytes : {0U, 1U, 15U, 16U, 17U, 1000U, 65'536U, 1'000'003U}) {
    const BlockPtr block = SharedBlock::create(bytes);
    EXPECT_EQ(block->size(), 0U);
    EXPECT_GE(block->capacity(), bytes);
    EXPECT_EQ(sizeof(SharedBlock) + block->capacity(), SharedBlock::allocation_bytes(bytes));
  }
  EXPECT_EQ(block_of("text")->view(), "text");
}

TEST(SharedBlock, IsUniqueWhileOneHoldsIt) {
  BlockPtr first = block_of("text");
  EXPECT_TRUE(first->unique());
  {
    const BlockPtr second = first;
    EXPECT_FALSE(first->unique());
    EXPECT_EQ(second.get(), first.get());
  }
  EXPECT_TRUE(first->unique());
  BlockPtr moved = std::move(first);
  EXPECT_FALSE(first);
  EXPECT_TRUE(moved->unique());
  SharedBlock* const released = moved.release();
  EXPECT_FALSE(moved);
  const BlockPtr again = BlockPtr::adopt(released);
  EXPECT_EQ(again->view(), "text");
}

TEST(SharedBlock, IsSharedByThreads) {
  const BlockPtr block = block_of("text");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([block] {
      for (int round = 0; round < 10'000; ++round) {
        const BlockPtr held = block;
        ASSERT_EQ(held->view(), "text");
      }
    });
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  EXPECT_TRUE(block->unique());
}

TEST(BufferWithBlocks, KeepsThemInTheirPlaces) {
  Buffer buffer;
  buffer.append("a");
  buffer.attach(block_of("BLOCK"), "BLOCK");
  EXPECT_EQ(buffer.view(), "a");
  buffer.append("b");
  const BlockPtr second = block_of("xSECONDx");
  buffer.attach(second, second->view().substr(1, 6));
  EXPECT_EQ(buffer.size(), 2U);
  EXPECT_EQ(buffer.total_bytes(), 13U);
  EXPECT_TRUE(buffer.has_attachments());
}

TEST(BufferWithBlocks, TextIsAllOfIt) {
  Buffer buffer;
  const BlockPtr block = block_of("-one-");
  buffer.append("a");
  buffer.attach(block, block->view());
  buffer.attach(block, block->view().substr(1, 3));
  buffer.append("b");
  EXPECT_EQ(buffer.text(), "a-one-oneb");
  Buffer other;
  other.append("<");
  other.append(buffer);
  other.append(">");
  EXPECT_EQ(other.text(), "<a-one-oneb>");
  EXPECT_EQ(buffer.text(), "a-one-oneb");
}

TEST(BufferWithBlocks, TruncateDropsThoseBehind) {
  Buffer buffer;
  const BlockPtr block = block_of("12345");
  buffer.append("$5\r\n");
  buffer.attach(block, block->view());
  buffer.append("\r\n");
  const std::size_t end = buffer.size();
  buffer.append("$5\r\n");
  buffer.attach(block, block->view());
  buffer.append("\r\n");
  buffer.truncate(end);
  EXPECT_EQ(buffer.text(), "$5\r\n12345\r\n");
  buffer.truncate(0);
  EXPECT_FALSE(buffer.has_attachments());
  EXPECT_EQ(buffer.total_bytes(), 0U);
  EXPECT_TRUE(block->unique());
}

TEST(BufferWithBlocks, ClearAndMoveTakeThemAlong) {
  const BlockPtr block = block_of("12345");
  Buffer buffer;
  buffer.attach(block, block->view());
  Buffer moved = std::move(buffer);
  EXPECT_FALSE(buffer.has_attachments());
  EXPECT_EQ(moved.text(), "12345");
  moved.clear();
  EXPECT_TRUE(block->unique());
}

}  // namespace
}  // namespace respawn
