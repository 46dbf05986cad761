#include "persistence/ziplist.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/persistence/old_forms.hpp"
#include "tests/unit/persistence/support.hpp"

namespace respawn::persistence {
namespace {

using test::ziplist;
using test::zipmap;

template <class Reader>
std::vector<std::string> read_all(const std::string& bytes, bool complete = true) {
  Reader reader(bytes);
  std::vector<std::string> all;
  while (const auto element = reader.next()) all.emplace_back(*element);
  EXPECT_EQ(reader.complete(), complete);
  return all;
}

std::vector<std::string> many() {
  std::vector<std::string> all = test::texts;
  for (const std::int64_t value : test::integers) all.push_back(format_int(value));
  all.emplace_back(70000, 't');
  return all;
}

TEST(ZiplistTest, ReadsEveryEncoding) {
  EXPECT_EQ(read_all<ZiplistReader>(ziplist(many())), many());
  EXPECT_TRUE(read_all<ZiplistReader>(ziplist({})).empty());
}

TEST(ZiplistTest, CountsWhatTheHeaderCannotSay) {
  std::string bytes = ziplist({"a", "b"});
  bytes.replace(8, 2, "\xff\xff");
  EXPECT_EQ(read_all<ZiplistReader>(bytes).size(), 2U);
}

TEST(ZiplistTest, AByteMissingOrChangedInTheFrameIsSeen) {
  const std::string good = ziplist({"a", "5", "-100", std::string(300, 'x'), "end"});
  for (std::size_t size = 0; size < good.size(); ++size)
    read_all<ZiplistReader>(good.substr(0, size), false);
  // Size, offset of the last element, count, sizes in front of elements.
  for (const std::size_t at : {0U, 4U, 8U, 10U, 13U, 15U}) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] + 1);
    read_all<ZiplistReader>(changed, false);
  }
}

TEST(ZiplistTest, WhatIsMeantForNothing) {
  for (const char encoding : {'\xf0', '\xff', '\xc1', '\xd5'}) {
    std::string bytes = ziplist({"5"});
    bytes[11] = encoding;
    read_all<ZiplistReader>(bytes, false);
  }
}

TEST(ZipmapTest, ReadsFieldsAndValues) {
  const std::vector<std::string> pairs = {"a", "1", "", std::string(300, 'v'), "long", ""};
  EXPECT_EQ(read_all<ZipmapReader>(zipmap(pairs)), pairs);
  std::string many_pairs = zipmap(pairs);
  many_pairs[0] = '\xfe';
  EXPECT_EQ(read_all<ZipmapReader>(many_pairs), pairs);
}

TEST(ZipmapTest, WhatCannotBe) {
  const std::string good = zipmap({"a", "1", "b", "2"});
  for (std::size_t size = 0; size < good.size(); ++size)
    read_all<ZipmapReader>(good.substr(0, size), false);
  std::string wrong_count = good;
  wrong_count[0] = '\x03';
  read_all<ZipmapReader>(wrong_count, false);
  read_all<ZipmapReader>(zipmap({"a", "1", "b"}), false);
  read_all<ZipmapReader>(good + "x", false);
}

}  // namespace
}  // namespace respawn::persistence
