#include "engine/table/key_finder.hpp"

#include <gtest/gtest.h>

#include <string>

namespace respawn::engine {
namespace {

constexpr KeySpec behind_keyword(std::string_view word, int from, int last, int limit = 0) {
  KeySpec spec;
  spec.flags = {KeyFlag::RO};
  spec.begin = KeySpec::Begin::keyword;
  spec.keyword = word;
  spec.index = static_cast<std::int16_t>(from);
  spec.last_or_keynum = static_cast<std::int16_t>(last);
  spec.limit = static_cast<std::int16_t>(limit);
  return spec;
}

CommandSpec with(std::initializer_list<KeySpec> specs) {
  CommandSpec command;
  std::copy(specs.begin(), specs.end(), command.keys.begin());
  return command;
}

/// Positions as "1 3", or "?" when the arguments make no sense.
std::string positions(const CommandSpec& command, std::vector<std::string_view> args) {
  const auto keys = find_keys(command, args);
  if (!keys) return "?";
  std::string text;
  for (const FoundKey& key : *keys)
    text += (text.empty() ? "" : " ") + std::to_string(key.position);
  return text;
}

TEST(KeyFinder, RangesCountFromTheFirstKeyOrTheEnd) {
  const KeyFlags read = {KeyFlag::RO};
  EXPECT_EQ(positions(with({keys(read, 1)}), {"get", "a", "b"}), "1");
  EXPECT_EQ(positions(with({keys(read, 1, 1)}), {"x", "a", "b", "c"}), "1 2");
  EXPECT_EQ(positions(with({keys(read, 1, -1)}), {"del", "a", "b", "c"}), "1 2 3");
  EXPECT_EQ(positions(with({keys(read, 1, -2)}), {"blpop", "a", "b", "0"}), "1 2");
  EXPECT_EQ(positions(with({keys(read, 1, -1, 2)}), {"mset", "a", "1", "b", "2"}), "1 3");
}

TEST(KeyFinder, RangesOutsideTheArgumentsMakeNoSense) {
  const KeyFlags read = {KeyFlag::RO};
  EXPECT_EQ(positions(with({keys(read, 2)}), {"x", "a"}), "?");
  EXPECT_EQ(positions(with({keys(read, 1, 2)}), {"x", "a", "b"}), "?");
  EXPECT_EQ(positions(with({keys(read, 1, -2)}), {"x", "a"}), "?");
}

TEST(KeyFinder, CountsSayHowManyKeysFollow) {
  const CommandSpec command = with({counted_keys({KeyFlag::RO}, 1)});
  EXPECT_EQ(positions(command, {"lmpop", "2", "a", "b", "LEFT"}), "2 3");
  EXPECT_EQ(positions(command, {"lmpop", "3", "a", "b"}), "?");
  EXPECT_EQ(positions(command, {"lmpop", "0", "a", "b"}), "?");
  EXPECT_EQ(positions(command, {"lmpop", "-1", "a", "b"}), "?");
  EXPECT_EQ(positions(command, {"lmpop", "two", "a", "b"}), "?");
  EXPECT_EQ(positions(command, {"lmpop", "9223372036854775807", "a"}), "?");
}

TEST(KeyFinder, KeywordsAreSearchedFromEitherEnd) {
  const CommandSpec forward = with({behind_keyword("STREAMS", 1, -1, 2)});
  EXPECT_EQ(positions(forward, {"xread", "COUNT", "5", "streams", "a", "b", "0", "0"}), "4 5");
  EXPECT_EQ(positions(forward, {"xread", "COUNT", "5"}), "");
  const CommandSpec backward = with({behind_keyword("KEYS", -2, 0)});
  EXPECT_EQ(positions(backward, {"migrate", "keys", "x", "KEYS", "b"}), "4");
}

TEST(KeyFinder, SpecificationsAddUpAndFakeKeysAreLeftOut) {
  EXPECT_EQ(positions(with({keys({KeyFlag::RO}, 1), keys({KeyFlag::OW}, 2)}), {"x", "a", "b"}),
            "1 2");
  EXPECT_EQ(positions(with({keys({KeyFlag::not_key}, 1)}), {"spublish", "c", "m"}), "");
  EXPECT_FALSE(has_keys(with({keys({KeyFlag::not_key}, 1)})));
  EXPECT_TRUE(has_keys(with({keys({KeyFlag::not_key}, 1), keys({KeyFlag::RO}, 2)})));
}

TEST(KeyFinder, WhatSpecificationsCannotSayMakesNoSense) {
  KeySpec unknown;
  unknown.begin = KeySpec::Begin::unknown;
  EXPECT_EQ(positions(with({unknown}), {"x", "a"}), "?");
  EXPECT_EQ(positions(with({keys({KeyFlag::RO, KeyFlag::incomplete}, 1)}), {"sort", "a"}), "?");
}

TEST(KeyFinder, SortNamesItsDestinationAnywhere) {
  CommandSpec sort = with({keys({KeyFlag::RO}, 1), {}, keys({KeyFlag::OW}, 1)});
  sort.name = "sort";
  sort.flags = {Flag::write};
  EXPECT_EQ(positions(sort, {"sort", "k"}), "1");
  EXPECT_EQ(positions(sort, {"sort", "k", "store", "d", "ALPHA", "STORE", "e"}), "1 6");
  EXPECT_EQ(positions(sort, {"sort", "k", "GET", "store", "LIMIT", "store", "store"}), "1");
  EXPECT_EQ(positions(sort, {"sort", "k", "store"}), "1");
}

std::string range_text(const CommandSpec& command) {
  const KeyRange range = key_range_of(command);
  return std::to_string(range.first) + " " + std::to_string(range.last) + " " +
         std::to_string(range.step) + (range.complete ? "" : " movable");
}

TEST(KeyRange, JoinsRangesThatFollowOneAnother) {
  const KeyFlags read = {KeyFlag::RO};
  EXPECT_EQ(range_text(with({})), "0 0 0");
  EXPECT_EQ(range_text(with({keys(read, 1)})), "1 1 1");
  EXPECT_EQ(range_text(with({keys(read, 1, -1, 2)})), "1 -1 2");
  EXPECT_EQ(range_text(with({keys(read, 1), keys(read, 2)})), "1 2 1");
  EXPECT_EQ(range_text(with({keys(read, 2), keys(read, 3, -1)})), "2 -1 1");
}

TEST(KeyRange, SaysWhenItIsNotAll) {
  const KeyFlags read = {KeyFlag::RO};
  EXPECT_EQ(range_text(with({counted_keys(read, 1)})), "0 0 0 movable");
  EXPECT_EQ(range_text(with({keys(read, 1), counted_keys(read, 2)})), "1 1 1 movable");
  EXPECT_EQ(range_text(with({keys(read, 1), keys(read, 3)})), "1 1 1 movable");
  EXPECT_EQ(range_text(with({keys({KeyFlag::RO, KeyFlag::incomplete}, 1)})), "1 1 1 movable");
}

}  // namespace
}  // namespace respawn::engine
