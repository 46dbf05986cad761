// Long strings that lie in blocks, which others may hold too.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "keyspace/change.hpp"
#include "tests/unit/keyspace/gated_database.hpp"

namespace respawn::keyspace {
namespace {

std::string text_of(const Entry& entry) {
  Scratch scratch;
  return std::string(entry.bytes(scratch));
}

class SharedTextTest : public ::testing::Test {
 protected:
  void expect_sound() {
    data.settled();
    const Status status = data.at(0).check_invariants();
    EXPECT_TRUE(status.ok()) << status.error();
  }

  const Entry* set(std::string_view key, std::string_view value) {
    return database.set_string(key, database.find(key), value, never);
  }

  Databases data{1};
  GatedDatabase database{data, 0};
};

BlockPtr block_of(std::string_view text) {
  BlockPtr block = SharedBlock::create(text.size());
  std::copy(text.begin(), text.end(), block->data());
  block->resize(text.size());
  return block;
}

TEST_F(SharedTextTest, ABlockIsStoredWithoutACopy) {
  const std::string text(1000, 'x');
  BlockPtr block = block_of(text);
  Change change(data, 0, std::string_view("key"), nullptr);
  change.set_block(block, 50);
  EXPECT_EQ(change.entry()->shared_block().get(), block.get());
  EXPECT_EQ(text_of(*change.entry()), text);
  EXPECT_EQ(change.entry()->expire_at_ms(), 50);
  EXPECT_EQ(change.entry()->encoding(), Encoding::raw);
  change.erase();
  EXPECT_TRUE(block->unique());
  expect_sound();
}

TEST_F(SharedTextTest, WhatOthersHoldIsCopiedBeforeItChanges) {
  const std::string text(1000, 'x');
  using Action = std::function<void(Change&)>;
  const Action actions[] = {
      [](Change& change) { change.append("y"); },
      [](Change& change) { change.extend(1000)[0] = 'z'; },
      [](Change& change) { change.extend(2000)[0] = 'z'; },
      [](Change& change) { change.set_string(std::string(1000, 'w')); },
      [](Change& change) { change.erase(); },
  };
  for (const Action& action : actions) {
    Change change(data, 0, std::string_view("key"), database.find("key"));
    change.set_block(block_of(text));
    const BlockPtr held = change.entry()->shared_block();
    action(change);
    EXPECT_EQ(held->view(), text);
    EXPECT_TRUE(held->unique());
    expect_sound();
  }
  EXPECT_EQ(database.find("key"), nullptr);
}

TEST_F(SharedTextTest, WhatNobodyElseHoldsChangesInPlace) {
  const Entry* entry = set("key", std::string(1000, 'x'));
  const SharedBlock* const block = entry->shared_block().get();
  entry = database.extend(entry, 1000);
  EXPECT_EQ(entry->shared_block().get(), block);
  entry = set("key", std::string(1000, 'y'));
  EXPECT_EQ(entry->shared_block().get(), block);
}

}  // namespace
}  // namespace respawn::keyspace
