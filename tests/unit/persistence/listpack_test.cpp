#include "persistence/listpack.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "keyspace/types/packed.hpp"
#include "tests/unit/persistence/support.hpp"

namespace respawn::persistence {
namespace {

using test::listpack;

std::vector<std::string> read_all(ElementReader& reader) {
  std::vector<std::string> all;
  while (const auto element = reader.next()) all.emplace_back(*element);
  return all;
}

TEST(ListpackTest, Bytes) {
  EXPECT_EQ(listpack({}), std::string("\x07\0\0\0\0\0\xff", 7));
  EXPECT_EQ(listpack({"a", "5", "-1"}), std::string("\x0f\0\0\0\x03\0"
                                                    "\x81"
                                                    "a\x02"
                                                    "\x05\x01"
                                                    "\xdf\xff\x02"
                                                    "\xff",
                                                    15));
}

TEST(ListpackTest, EverythingComesBack) {
  std::vector<std::string> all = test::texts;
  for (const std::int64_t value : test::integers) all.push_back(format_int(value));
  for (const std::size_t size : {120U, 130U, 16370U, 16380U, 16390U, 70000U})
    all.emplace_back(size, 't');
  const std::string bytes = listpack(all);
  ListpackReader reader(bytes);
  EXPECT_EQ(read_all(reader), all);
  EXPECT_TRUE(reader.complete());
}

TEST(ListpackTest, IsAsLongAsTheKeyspaceThinks) {
  keyspace::Packed packed;
  std::vector<std::string> all = test::texts;
  for (const std::int64_t value : test::integers) all.push_back(format_int(value));
  all.emplace_back(16377, 't');
  all.emplace_back(16378, 't');
  for (const std::string& each : all) packed.append(keyspace::ElementForm(each));
  EXPECT_EQ(listpack(all).size(), packed.listpack_bytes());
}

TEST(ListpackTest, WhatIsStoredPackedIsWrittenAsItsTextWouldBe) {
  keyspace::Packed packed;
  std::vector<std::string> all = test::texts;
  for (const std::int64_t value : test::integers) all.push_back(format_int(value));
  for (const std::size_t size : {63U, 64U, 127U, 128U, 4095U, 4096U, 65535U, 65536U})
    all.emplace_back(size, 't');
  for (const std::string& each : all) packed.append(keyspace::ElementForm(each));
  ListpackWriter writer;
  for (int round = 0; round < 2; ++round) {
    for (const char* at = packed.begin(); at != packed.end(); at = keyspace::Packed::next(at))
      writer.append(keyspace::stored_element(at));
    EXPECT_EQ(writer.take(), listpack(all));
  }
}

TEST(ListpackTest, MoreElementsThanTheHeaderCanSay) {
  const std::vector<std::string> all(70000, "1");
  const std::string bytes = listpack(all);
  EXPECT_EQ(bytes.substr(4, 2), "\xff\xff");
  ListpackReader reader(bytes);
  EXPECT_EQ(read_all(reader).size(), all.size());
  EXPECT_TRUE(reader.complete());
}

TEST(ListpackTest, AByteMissingOrChangedInTheFrameIsSeen) {
  const std::string good = listpack({"a", "5", "-1", std::string(100, 'x')});
  for (std::size_t size = 0; size < good.size(); ++size) {
    const std::string cut = good.substr(0, size);
    ListpackReader reader(cut);
    read_all(reader);
    EXPECT_FALSE(reader.complete()) << size;
  }
  // The header, an encoding, a size behind an element, the end.
  for (const std::size_t at : {0U, 4U, 6U, 8U, 10U, 13U}) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] + 1);
    ListpackReader reader(changed);
    read_all(reader);
    EXPECT_FALSE(reader.complete()) << at;
  }
}

TEST(ListpackTest, WhatIsMeantForNothing) {
  for (const unsigned encoding : {0xf5U, 0xfaU, 0xfeU}) {
    const std::string bytes =
        std::string("\x0a\0\0\0\x01\0", 6) + static_cast<char>(encoding) + "a\x02\xff";
    ListpackReader reader(bytes);
    EXPECT_EQ(reader.next(), std::nullopt);
    EXPECT_FALSE(reader.complete());
  }
}

}  // namespace
}  // namespace respawn::persistence
