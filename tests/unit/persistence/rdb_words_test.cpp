// Lengths, strings and numbers, there and back.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "persistence/rdb_reader.hpp"
#include "persistence/rdb_writer.hpp"
#include "tests/unit/persistence/support.hpp"

namespace respawn::persistence {
namespace {

using test::string_bytes_max;

template <class Write>
std::string written(Write&& write, bool compress = false) {
  std::string bytes;
  StringSink sink(bytes);
  RdbWriter writer(sink, compress);
  write(writer);
  return bytes;
}

std::string length_bytes(std::uint64_t value) {
  return written([&](RdbWriter& to) { to.length(value); });
}

std::string string_bytes(std::string_view text, bool compress = false) {
  return written([&](RdbWriter& to) { to.string(text); }, compress);
}

TEST(RdbWordsTest, Lengths) {
  EXPECT_EQ(length_bytes(0), std::string("\x00", 1));
  EXPECT_EQ(length_bytes(63), "\x3f");
  EXPECT_EQ(length_bytes(64), "\x40\x40");
  EXPECT_EQ(length_bytes(16383), "\x7f\xff");
  EXPECT_EQ(length_bytes(16384), std::string("\x80\x00\x00\x40\x00", 5));
  EXPECT_EQ(length_bytes(0xffffffff), "\x80\xff\xff\xff\xff");
  EXPECT_EQ(length_bytes(std::uint64_t{1} << 32),
            std::string("\x81\x00\x00\x00\x01\x00\x00\x00\x00", 9));
  for (const std::uint64_t value : {0UL, 63UL, 64UL, 16383UL, 16384UL, 0xffffffffUL, ~0UL}) {
    const std::string bytes = length_bytes(value);
    MemorySource source(bytes);
    RdbReader reader(source, string_bytes_max);
    EXPECT_EQ(reader.length(), value);
    EXPECT_TRUE(reader.ok() && reader.at_end());
  }
}

TEST(RdbWordsTest, TextsOfSmallIntegersAreIntegers) {
  EXPECT_EQ(string_bytes("-128"), "\xc0\x80");
  EXPECT_EQ(string_bytes("128"), std::string("\xc1\x80\x00", 3));
  EXPECT_EQ(string_bytes("-32769"), "\xc2\xff\x7f\xff\xff");
  EXPECT_EQ(string_bytes("2147483648"),
            "\x0a"
            "2147483648");
  EXPECT_EQ(string_bytes("007"),
            "\x03"
            "007");
}

TEST(RdbWordsTest, StringsComeBack) {
  std::vector<std::string> all = test::texts;
  for (const std::int64_t value : test::integers) all.push_back(format_int(value));
  all.emplace_back(100000, 'c');
  for (const bool compress : {false, true})
    for (const std::string& text : all) {
      const std::string bytes = string_bytes(text, compress);
      MemorySource source(bytes);
      RdbReader reader(source, string_bytes_max);
      EXPECT_EQ(reader.string(), text);
      EXPECT_TRUE(reader.ok() && reader.at_end());
    }
}

TEST(RdbWordsTest, CompressesWhatIsWorthIt) {
  EXPECT_EQ(string_bytes(std::string(20, 'c'), true).size(), 21U);
  EXPECT_LT(string_bytes(std::string(21, 'c'), true).size(), 15U);
  EXPECT_LT(string_bytes(std::string(100000, 'c'), true).size(), 2000U);
}

void expect_refused(const std::string& bytes) {
  MemorySource source(bytes);
  RdbReader reader(source, string_bytes_max);
  EXPECT_EQ(reader.string(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(RdbWordsTest, StringsThatCannotBe) {
  expect_refused("");
  expect_refused(
      "\x05"
      "four");
  expect_refused(
      "\x80\xff\xff\xff\xff"
      "short");
  expect_refused(
      "\x81\xff\xff\xff\xff\xff\xff\xff\xff"
      "short");
  expect_refused(
      "\x82"
      "unknown length");
  expect_refused(
      "\xc4"
      "unknown form");
  expect_refused("\xc2\x01\x02");
  expect_refused(
      "\xc3\x01\x05"
      "ab");  // expands too far or not at all
  expect_refused(
      "\xc3\x02\x81\xff\xff\xff\xff\xff\xff\xff\xff"
      "ab");  // claims too much
  expect_refused(std::string("\xc3\x00\x00", 3));
}

TEST(RdbWordsTest, AStringHasALimit) {
  const std::string bytes = string_bytes(std::string(100, 'a'), true);
  MemorySource source(bytes);
  RdbReader reader(source, 99);
  reader.string();
  EXPECT_FALSE(reader.ok());
}

TEST(RdbWordsTest, NothingIsReadBehindAFault) {
  MemorySource source("\x82\x01");
  RdbReader reader(source, string_bytes_max);
  EXPECT_EQ(reader.length(), 0U);
  EXPECT_EQ(reader.byte(), 0U);
  EXPECT_EQ(reader.count(1), 0U);
  EXPECT_EQ(reader.number(), 0);
}

TEST(RdbWordsTest, CountsAreOfWhatMayFollow) {
  for (const auto& [bytes, each, good] : {std::tuple("\x02"
                                                     "ab",
                                                     1, true),
                                          std::tuple("\x02"
                                                     "ab",
                                                     2, false),
                                          std::tuple("\x03"
                                                     "ab",
                                                     1, false),
                                          std::tuple("\x40\x01"
                                                     "a",
                                                     1, true)}) {
    MemorySource source{std::string_view(bytes)};
    RdbReader reader(source, string_bytes_max);
    reader.count(static_cast<std::uint64_t>(each));
    EXPECT_EQ(reader.ok(), good) << bytes;
  }
}

TEST(RdbWordsTest, NumbersComeBack) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {0.0, -0.0, 1.5, -1e300, infinity, -infinity}) {
    const std::string bytes = written([&](RdbWriter& to) { to.number(value); });
    MemorySource source(bytes);
    RdbReader reader(source, string_bytes_max);
    EXPECT_EQ(reader.number(), value);
    EXPECT_TRUE(reader.ok());
  }
}

TEST(RdbWordsTest, NumbersAsText) {
  MemorySource source(
      "\x03"
      "1.5\xfe\xff\x03"
      "abc");
  RdbReader reader(source, string_bytes_max);
  EXPECT_EQ(reader.text_number(), 1.5);
  EXPECT_EQ(reader.text_number(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(reader.text_number(), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(reader.ok());
  reader.text_number();
  EXPECT_FALSE(reader.ok());
  MemorySource nan("\xfd");
  RdbReader second(nan, string_bytes_max);
  second.text_number();
  EXPECT_FALSE(second.ok());
}

}  // namespace
}  // namespace respawn::persistence
