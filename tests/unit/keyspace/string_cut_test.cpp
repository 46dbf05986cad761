// Cuts of long strings: the text of one moment, read while it changes in place.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "keyspace/change.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/support/test_steps.hpp"
#include "tests/unit/keyspace/gated_database.hpp"

namespace respawn::keyspace {
namespace {

constexpr std::size_t page = 4096;

class StringCutTest : public ::testing::Test {
 protected:
  void set(std::string_view key, std::string text) {
    database.set_string(key, database.find(key), text, never);
  }

  std::string text_at(std::string_view key) {
    Scratch scratch;
    return std::string(database.find(key)->bytes(scratch));
  }

  const char* place_of(std::string_view key) {
    Scratch scratch;
    return database.find(key)->bytes(scratch).data();
  }

  std::unique_ptr<StringCut> cut(std::string_view key) {
    return std::make_unique<StringCut>(data.string_cuts(), data.garbage(),
                                       database.find(key)->shared_block());
  }

  void overwrite(std::string_view key, std::size_t at, std::string_view bytes) {
    const Entry* entry = database.find(key);
    Change change(data, 0, key, entry);
    bytes.copy(change.extend(at + bytes.size(), {at, at + bytes.size()}) + at, bytes.size());
  }

  static std::string rest_of(StringCut& cut) {
    std::string text;
    while (!cut.done()) text += cut.next();
    return text;
  }

  Databases data{1};
  GatedDatabase database{data, 0};
};

TEST_F(StringCutTest, WhatChangesIsSavedByPages) {
  const std::string before(100 * page + 5, 'a');
  set("k", before);
  const char* const place = place_of("k");
  auto one = cut("k");
  EXPECT_EQ(one->held_bytes(), 0U);
  overwrite("k", 10 * page - 1, "xx");
  EXPECT_EQ(one->held_bytes(), 2 * page);
  overwrite("k", 10 * page, "y");
  EXPECT_EQ(one->held_bytes(), 2 * page);
  EXPECT_EQ(place_of("k"), place) << "it was copied as a whole";
  EXPECT_EQ(rest_of(*one), before);
  EXPECT_EQ(one->held_bytes(), 0U);
  overwrite("k", 0, "z");
  EXPECT_EQ(one->held_bytes(), 0U) << "what has been read is not saved";
}

TEST_F(StringCutTest, WhatIsBehindTheEndIsNotSaved) {
  set("k", std::string(10 * page, 'a'));
  auto one = cut("k");
  const Entry* entry = database.find("k");
  Change(data, 0, std::string_view("k"), entry).append("more");
  EXPECT_EQ(one->size(), 10 * page);
  EXPECT_EQ(rest_of(*one), std::string(10 * page, 'a'));
  EXPECT_EQ(text_at("k").size(), 10 * page + 4);
}

TEST_F(StringCutTest, TheOldBlockIsKeptWhenTheStringGetsAnother) {
  set("k", std::string(10 * page, 'a'));
  set("gone", std::string(10 * page, 'b'));
  auto one = cut("k");
  auto other = cut("gone");
  set("k", std::string(30 * page, 'c'));
  const Entry* entry = database.find("gone");
  Change(data, 0, std::string_view("gone"), entry).erase();
  EXPECT_GE(one->held_bytes(), 10 * page);
  EXPECT_GE(other->held_bytes(), 10 * page);
  EXPECT_EQ(rest_of(*one), std::string(10 * page, 'a'));
  EXPECT_EQ(rest_of(*other), std::string(10 * page, 'b'));
}

TEST_F(StringCutTest, WhoElseHoldsItHasItCopied) {
  set("k", std::string(10 * page, 'a'));
  auto one = cut("k");
  const BlockPtr reply = database.find("k")->shared_block();
  overwrite("k", 0, "x");
  EXPECT_EQ(reply->view(), std::string(10 * page, 'a'));
  EXPECT_EQ(rest_of(*one), std::string(10 * page, 'a'));
  EXPECT_EQ(text_at("k")[0], 'x');
}

TEST_F(StringCutTest, EachIsTheTextOfItsMoment) {
  struct Open {
    std::unique_ptr<StringCut> cut;
    std::string expected;
    std::string read;
  };

  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE("RESPAWN_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  std::string text(50 * page + 17, 'a');
  set("k", text);
  std::vector<Open> open;
  for (std::uint64_t step = 0; step < support::cut_steps(20'000); ++step) {
    const std::uint64_t what = random.below(100);
    if (what < 3 && open.size() < 4) {
      open.push_back({cut("k"), text, ""});
    } else if (what < 40 && !open.empty()) {
      Open& one = open[random.below(open.size())];
      if (!one.cut->done()) one.read += one.cut->next();
      if (!one.cut->done()) continue;
      ASSERT_EQ(one.read, one.expected) << step;
      std::swap(one, open.back());
      open.pop_back();
    } else if (what < 41 && !open.empty()) {
      open.pop_back();  // given up
    } else if (what < 42) {
      text = std::string(page + random.below(60 * page), static_cast<char>('a' + step % 26));
      set("k", text);
    } else if (what < 50) {
      const std::string more(random.below(page), 'm');
      text += more;
      const Entry* entry = database.find("k");
      Change(data, 0, std::string_view("k"), entry).append(more);
    } else {
      const std::string bytes(1 + random.below(random.below(10) == 0 ? 5 * page : 50),
                              static_cast<char>('A' + step % 26));
      const std::size_t at = random.below(text.size());
      text.resize(std::max(text.size(), at + bytes.size()));
      text.replace(at, bytes.size(), bytes);
      overwrite("k", at, bytes);
    }
    ASSERT_EQ(text_at("k").size(), text.size());
  }
  EXPECT_EQ(text_at("k"), text);
}

}  // namespace
}  // namespace respawn::keyspace
