#include "base/numbers.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn {
namespace {

constexpr std::int64_t int64_least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t int64_most = std::numeric_limits<std::int64_t>::max();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(NumbersTest, ReadsCanonicalIntegers) {
  EXPECT_EQ(parse_int64("0"), 0);
  EXPECT_EQ(parse_int64("-12"), -12);
  EXPECT_EQ(parse_int64("9223372036854775807"), int64_most);
  EXPECT_EQ(parse_int64("-9223372036854775808"), int64_least);
  EXPECT_EQ(parse_uint64("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(NumbersTest, RefusesEverythingElseAsInteger) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("-"), std::string_view("-0"), std::string_view("00"),
        std::string_view("01"), std::string_view("-01"), std::string_view("+1"),
        std::string_view(" 1"), std::string_view("1 "), std::string_view("1\0", 2),
        std::string_view("--1"), std::string_view("1.0"), std::string_view("0x1"),
        std::string_view("9223372036854775808"), std::string_view("-9223372036854775809"),
        std::string_view("18446744073709551616"), std::string_view("99999999999999999999"),
        std::string_view("100000000000000000000000")})
    EXPECT_EQ(parse_int64(text), std::nullopt) << text;
  for (const char* text : {"", "-1", "01", "+1", "1844674407370955161x", "18446744073709551616",
                           "184467440737095516150"})
    EXPECT_EQ(parse_uint64(text), std::nullopt) << text;
}

TEST(NumbersTest, WritesIntegersThatReadBack) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  std::array<char, max_int_digits> out;
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t value = random.next() >> random.below(64);
    const auto as_signed = static_cast<std::int64_t>(random.below(2) == 0 ? value : 0 - value);
    const std::string text(out.data(), write_uint(out.data(), value));
    ASSERT_EQ(text, std::to_string(value));
    ASSERT_EQ(format_int(as_signed), std::to_string(as_signed));
    ASSERT_EQ(parse_int64(format_int(as_signed)), as_signed);
  }
}

TEST(NumbersTest, WritesEveryLengthOfInteger) {
  std::string expected = "1";
  for (std::int64_t value = 1; value <= 100'000'000'000'000'000; value *= 10, expected += '0') {
    EXPECT_EQ(format_int(value), expected);
    EXPECT_EQ(format_int(-value), "-" + expected);
    EXPECT_EQ(format_int(value * 10 - 1), std::string(expected.size(), '9'));
  }
  EXPECT_EQ(format_int(int64_most), "9223372036854775807");
  EXPECT_EQ(format_int(int64_least), "-9223372036854775808");
  EXPECT_EQ(format_int(0), "0");
}

TEST(NumbersTest, ReadsDoublesWithTheSyntaxOfTheCLibrary) {
  EXPECT_EQ(parse_double("3.0"), 3.0);
  EXPECT_EQ(parse_double("+1"), 1.0);
  EXPECT_EQ(parse_double("01"), 1.0);
  EXPECT_EQ(parse_double("1."), 1.0);
  EXPECT_EQ(parse_double(".5e1"), 5.0);
  EXPECT_EQ(parse_double("0x10"), 16.0);
  EXPECT_EQ(parse_double("inf"), infinity);
  EXPECT_EQ(parse_double("+INF"), infinity);
  EXPECT_EQ(parse_double("-Infinity"), -infinity);
  EXPECT_EQ(parse_double("5e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(parse_double("0"), 0.0);
  EXPECT_TRUE(std::signbit(parse_double("-0").value()));
}

TEST(NumbersTest, RefusesEverythingElseAsDouble) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view(" 1"), std::string_view("\v1"),
        std::string_view("1 "), std::string_view("."), std::string_view("1e"),
        std::string_view("1\0", 2), std::string_view("nan"), std::string_view("-NaN"),
        std::string_view("1e400"), std::string_view("-1e400"), std::string_view("1e-400"),
        std::string_view("1,5"), std::string_view("infinit")})
    EXPECT_EQ(parse_double(text), std::nullopt) << text;
}

TEST(NumbersTest, ReadsLongDoubles) {
  EXPECT_EQ(parse_long_double("1e400"), 1e400L);
  EXPECT_EQ(parse_long_double("0x10"), 16.0L);
  EXPECT_EQ(parse_long_double("1e-4930"), 1e-4930L);
  EXPECT_TRUE(std::isinf(parse_long_double("inf").value()));
  EXPECT_EQ(parse_long_double(std::string(5'118, '0') + "1"), 1.0L);
  for (const std::string& text : {std::string(), std::string(" 1"), std::string("1 "),
                                  std::string("nan"), std::string("1e5000"), std::string("1e-5000"),
                                  std::string("1e"), std::string(5'119, '0') + "1"})
    EXPECT_EQ(parse_long_double(text), std::nullopt) << text.substr(0, 10);
}

TEST(NumbersTest, ReadsMemorySizes) {
  EXPECT_EQ(parse_memory_size("100"), 100U);
  EXPECT_EQ(parse_memory_size("100b"), 100U);
  EXPECT_EQ(parse_memory_size("1k"), 1000U);
  EXPECT_EQ(parse_memory_size("1kb"), 1024U);
  EXPECT_EQ(parse_memory_size("2M"), 2'000'000U);
  EXPECT_EQ(parse_memory_size("2Mb"), 2U << 20);
  EXPECT_EQ(parse_memory_size("3g"), 3'000'000'000U);
  EXPECT_EQ(parse_memory_size("3GB"), 3ULL << 30);
  EXPECT_EQ(parse_memory_size("007"), 7U);
  EXPECT_EQ(parse_memory_size(""), 0U);
  EXPECT_EQ(parse_memory_size("kb"), 0U);
  for (const char* text : {"-1", " 1", "1 ", "1x", "1 kb", "3%", "1.5gb", "1kbb"})
    EXPECT_EQ(parse_memory_size(text), std::nullopt) << text;
}

TEST(NumbersTest, TooLargeAMemorySizeIsTheLargest) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(parse_memory_size("18446744073709551615"), most);
  EXPECT_EQ(parse_memory_size("18446744073709551616"), most);
  EXPECT_EQ(parse_memory_size("99999999999999999999999"), most);
  EXPECT_EQ(parse_memory_size("20000000000gb"), most);
  EXPECT_EQ(parse_memory_size(std::string(127, '0')), 0U);
  EXPECT_EQ(parse_memory_size(std::string(128, '0')), std::nullopt);
}

TEST(NumbersTest, PrintsDoublesAsRedis72Does) {
  const std::pair<double, const char*> rows[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {3.0, "3"},
      {-3.5, "-3.5"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {0.000001, "0.000001"},
      {0.0000001, "1e-7"},
      {1.5e-7, "1.5e-7"},
      {0.1234567, "0.1234567"},
      {123456.12345678, "1.2345612345678e+5"},
      {1e15, "1000000000000000"},
      {1e18, "1000000000000000000"},
      {0x1.0p62, "4611686018427387904"},
      {-0x1.0p62, "-4611686018427387904"},
      {0x1.0p63, "9223372036854776000"},
      {1e19, "1e+19"},
      {1.2e21, "1.2e+21"},
      {1e100, "1e+100"},
      {1.05e-305, "1.05e-305"},
      {-1e-9, "-1e-9"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {infinity, "inf"},
      {-infinity, "-inf"},
      {std::nan(""), "nan"},
      {-std::nan(""), "nan"},
  };
  for (const auto& [value, text] : rows) EXPECT_EQ(format_double(value), text);
}

TEST(NumbersTest, PrintedDoublesReadBack) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const auto any = std::bit_cast<double>(random.next());
    const double usual =
        (random.unit() - 0.5) * std::pow(10.0, static_cast<double>(random.below(25)));
    for (const double value : {any, usual})
      if (std::isfinite(value)) {
        ASSERT_EQ(parse_double(format_double(value)), value) << format_double(value);
      }
  }
}

TEST(NumbersTest, ReadsLongDoublesAsTheCLibraryDoes) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto digits = [&](std::uint64_t count_max) {
    std::string text;
    for (std::uint64_t left = random.below(count_max + 1); left > 0; --left)
      text += static_cast<char>('0' + random.below(10));
    return text;
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random.below(2) == 0 ? "-" : "";
    text += digits(12);
    if (random.below(4) != 0) text += "." + digits(12);
    char* end = nullptr;
    const long double expected = std::strtold(text.c_str(), &end);
    const auto found = parse_long_double(text);
    if (end == text.c_str() || *end != '\0') {
      ASSERT_FALSE(found) << text;
    } else {
      ASSERT_TRUE(found) << text;
      ASSERT_EQ(*found, expected) << text;
      ASSERT_EQ(std::signbit(*found), std::signbit(expected)) << text;
    }
  }
  for (const char* const text : {".", "-", "-.", "1.2.3", "1..2", "+-1", "--1", "1-", "0x", "1,5"})
    EXPECT_FALSE(parse_long_double(text)) << text;
  EXPECT_EQ(parse_long_double("1."), 1.0L);
  EXPECT_EQ(parse_long_double(".5"), 0.5L);
  EXPECT_EQ(parse_long_double("+3"), 3.0L);
  EXPECT_EQ(parse_long_double("9999999999999999999"), 9999999999999999999.0L);
}

TEST(NumbersTest, PrintsLongDoublesAsTheCLibraryDoes) {
  const auto by_library = [](long double value) {
    std::string text(5'000, ' ');
    text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.17Lf", value)));
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text == "-0" ? std::string("0") : text;
  };
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const auto mantissa = static_cast<long double>(random.next() >> random.below(64));
    const int exponent = static_cast<int>(random.below(260)) - 190;
    const long double value = std::ldexp(random.below(2) == 0 ? -mantissa : mantissa, exponent);
    ASSERT_EQ(format_long_double(value), by_library(value)) << exponent;
  }
  // Halfway between two of the last places, and what rounds up to a whole number.
  for (const long double value :
       {0x1p-18L, 0x3p-18L, 0x1p-58L, 0x3p-58L, 0x1.fffffffffffffffep-1L, 0x1.fffffffffffffffep+9L,
        0x1p62L, 0x1p63L, 0x1p64L, 0x1.fffffffffffffffep62L, 0x1p-64L, 0x1p-127L, 0x1p-16445L})
    EXPECT_EQ(format_long_double(value), by_library(value)) << by_library(value);
}

TEST(NumbersTest, PrintsLongDoublesForPeople) {
  EXPECT_EQ(format_long_double(3.0L), "3");
  EXPECT_EQ(format_long_double(10.50L), "10.5");
  EXPECT_EQ(format_long_double(100.0L), "100");
  EXPECT_EQ(format_long_double(0.1L), "0.1");
  EXPECT_EQ(format_long_double(-5000.25L), "-5000.25");
  EXPECT_EQ(format_long_double(1e-17L), "0.00000000000000001");
  EXPECT_EQ(format_long_double(-1e-18L), "0");
  EXPECT_EQ(format_long_double(-0.0L), "0");
  EXPECT_EQ(format_long_double(0.0L), "0");
  EXPECT_EQ(format_long_double(1e400L).size(), 401U);
}

}  // namespace
}  // namespace respawn
