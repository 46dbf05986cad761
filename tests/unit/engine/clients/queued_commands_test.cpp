#include "engine/clients/queued_commands.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <deque>
#include <string>
#include <vector>

#include "commands/families.hpp"
#include "engine/table/registry.hpp"

namespace respawn::engine {
namespace {

class QueuedCommandsTest : public testing::Test {
 protected:
  /// As a batch delivers it; the text of each word that is in capitals lies in a block.
  void add(const std::vector<std::string>& words) {
    protocol::RequestCommands from;
    for (const std::string& word : words) {
      if (word.empty() || !std::isupper(static_cast<unsigned char>(word[0]))) {
        from.arguments.push_back(batch_.emplace_back(word));
        continue;
      }
      BlockPtr block = SharedBlock::create(word.size());
      block->resize(word.size());
      std::copy(word.begin(), word.end(), block->data());
      from.arguments.push_back(block->view());
      from.blocks.push_back(std::move(block));
    }
    queue_.add(*registry_.find("set"), from.arguments, {}, from);
  }

  /// The batch goes, with the bytes in it.
  void end_batch() {
    queue_.keep();
    for (std::string& word : batch_) std::fill(word.begin(), word.end(), '#');
    batch_.clear();
  }

  [[nodiscard]] std::vector<std::string> words(std::size_t index) const {
    const Args args = queue_.arguments(index);
    return {args.begin(), args.end()};
  }

  using Words = std::vector<std::string>;

  Registry registry_{commands::every_family()};
  std::deque<std::string> batch_;
  QueuedCommands queue_;
};

TEST_F(QueuedCommandsTest, OutliveTheirBatches) {
  add({"set", "k", "v"});
  add({"set", "large", "BLOCK", "", "x"});
  end_batch();
  add({"set", "OTHER", std::string(100'000, 'y')});
  end_batch();
  end_batch();
  add({"set", "", ""});
  EXPECT_EQ(words(0), (Words{"set", "k", "v"}));
  EXPECT_EQ(words(1), (Words{"set", "large", "BLOCK", "", "x"}));
  EXPECT_EQ(words(2), (Words{"set", "OTHER", std::string(100'000, 'y')}));
  EXPECT_EQ(words(3), (Words{"set", "", ""}));
  EXPECT_EQ(queue_.size(), 4U);
}

TEST_F(QueuedCommandsTest, ShareBlocksInsteadOfCopying) {
  add({"BLOCK", "k"});
  end_batch();
  add({"k", "BLOCK2", "BLOCK3"});
  end_batch();
  for (const auto& [index, at] : {std::pair{0, 0}, {1, 1}, {1, 2}}) {
    const std::string_view word =
        queue_.arguments(static_cast<std::size_t>(index))[static_cast<std::size_t>(at)];
    EXPECT_TRUE(queue_.block_of(word)) << word;
  }
  EXPECT_FALSE(queue_.block_of(queue_.arguments(0)[1]));
}

TEST_F(QueuedCommandsTest, StartAnewBehindTheLastTransaction) {
  add({"set", "BLOCK", "v"});
  end_batch();
  queue_.clear();
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.argument_bytes(), 0U);
  add({"set", "k", "w"});
  end_batch();
  EXPECT_EQ(words(0), (Words{"set", "k", "w"}));
  EXPECT_EQ(queue_.argument_bytes(), 5 + 3 * sizeof(char*));
}

}  // namespace
}  // namespace respawn::engine
