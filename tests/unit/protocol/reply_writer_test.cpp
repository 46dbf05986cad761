#include "protocol/reply_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "base/check.hpp"

namespace respawn::protocol {
namespace {

constexpr double infinite_score = std::numeric_limits<double>::infinity();

std::string written(RespVersion version, const std::function<void(ReplyWriter&)>& write) {
  Buffer out;
  ReplyWriter writer(out, version);
  write(writer);
  return std::string(out.view());
}

struct Row {
  const char* name;
  std::function<void(ReplyWriter&)> write;
  std::string resp2;
  std::string resp3;
};

class ReplyWriterTest : public testing::TestWithParam<Row> {};

TEST_P(ReplyWriterTest, WritesAsRedisDoes) {
  EXPECT_EQ(written(RespVersion::resp2, GetParam().write), GetParam().resp2);
  EXPECT_EQ(written(RespVersion::resp3, GetParam().write), GetParam().resp3);
}

Row same(const char* name, std::function<void(ReplyWriter&)> write, const std::string& text) {
  return {name, std::move(write), text, text};
}

const Row rows[] = {
    same(
        "Ok", [](auto& w) { w.ok(); }, "+OK\r\n"),
    same(
        "Simple", [](auto& w) { w.simple("PONG"); }, "+PONG\r\n"),
    same(
        "SimpleEmpty", [](auto& w) { w.simple(""); }, "+\r\n"),
    same(
        "Error", [](auto& w) { w.error("ERR a\r\nb\n"); }, "-ERR a  b \r\n"),
    same(
        "IntegerDigit", [](auto& w) { w.integer(7); }, ":7\r\n"),
    same(
        "IntegerZero", [](auto& w) { w.integer(0); }, ":0\r\n"),
    same(
        "IntegerNegative", [](auto& w) { w.integer(-1); }, ":-1\r\n"),
    same(
        "IntegerTen", [](auto& w) { w.integer(10); }, ":10\r\n"),
    same(
        "IntegerLeast", [](auto& w) { w.integer(std::numeric_limits<std::int64_t>::min()); },
        ":-9223372036854775808\r\n"),
    same(
        "Bulk", [](auto& w) { w.bulk(std::string_view("a\0\r\n", 4)); },
        std::string("$4\r\na\0\r\n\r\n", 10)),
    same(
        "BulkEmpty", [](auto& w) { w.bulk({}); }, "$0\r\n\r\n"),
    same(
        "BulkOfTen", [](auto& w) { w.bulk("0123456789"); }, "$10\r\n0123456789\r\n"),
    same(
        "BulkInt", [](auto& w) { w.bulk_int(-120); }, "$4\r\n-120\r\n"),
    {"Null", [](auto& w) { w.null(); }, "$-1\r\n", "_\r\n"},
    {"NullArray", [](auto& w) { w.null_array(); }, "*-1\r\n", "_\r\n"},
    {"True", [](auto& w) { w.boolean(true); }, ":1\r\n", "#t\r\n"},
    {"False", [](auto& w) { w.boolean(false); }, ":0\r\n", "#f\r\n"},
    {"Real", [](auto& w) { w.real(3.25); }, "$4\r\n3.25\r\n", ",3.25\r\n"},
    {"RealWhole", [](auto& w) { w.real(-3); }, "$2\r\n-3\r\n", ",-3\r\n"},
    {"RealLarge", [](auto& w) { w.real(1e21); }, "$5\r\n1e+21\r\n", ",1e+21\r\n"},
    {"Infinity", [](auto& w) { w.real(infinite_score); }, "$3\r\ninf\r\n", ",inf\r\n"},
    {"MinusInfinity", [](auto& w) { w.real(-infinite_score); }, "$4\r\n-inf\r\n", ",-inf\r\n"},
    {"NotANumber", [](auto& w) { w.real(std::nan("")); }, "$3\r\nnan\r\n", ",nan\r\n"},
    {"BigNumber", [](auto& w) { w.big_number("123456789012345678901"); },
     "$21\r\n123456789012345678901\r\n", "(123456789012345678901\r\n"},
    {"Verbatim", [](auto& w) { w.verbatim("txt", "a\nb"); }, "$3\r\na\nb\r\n",
     "=7\r\ntxt:a\nb\r\n"},
    {"VerbatimShortFormat", [](auto& w) { w.verbatim("m", "a"); }, "$1\r\na\r\n",
     "=5\r\nm  :a\r\n"},
    same(
        "Array", [](auto& w) { w.array(12); }, "*12\r\n"),
    same(
        "ArrayEmpty", [](auto& w) { w.array(0); }, "*0\r\n"),
    {"Map", [](auto& w) { w.map(6); }, "*12\r\n", "%6\r\n"},
    {"Set", [](auto& w) { w.set(3); }, "*3\r\n", "~3\r\n"},
    {"Push", [](auto& w) { w.push(3); }, "*3\r\n", ">3\r\n"},
    same(
        "Raw", [](auto& w) { w.raw("+any\r\n"); }, "+any\r\n"),
};

INSTANTIATE_TEST_SUITE_P(Table, ReplyWriterTest, testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ReplyWriterAggregateTest, AttributesAreForResp3Only) {
  EXPECT_EQ(written(RespVersion::resp3, [](ReplyWriter& w) { w.attribute(1); }), "|1\r\n");
  EXPECT_THROW(written(RespVersion::resp2, [](ReplyWriter& w) { w.attribute(1); }), CheckFailure);
}

TEST(ReplyWriterAggregateTest, SettlesASizeKnownOnlyAfterTheElements) {
  const auto write = [](ReplyWriter& w) {
    w.ok();
    const std::size_t outer = w.announce();
    w.integer(1);
    const std::size_t inner = w.announce();
    w.bulk("key");
    w.bulk("value");
    w.settle(inner, ReplyWriter::Aggregate::map, 1);
    w.settle(outer, ReplyWriter::Aggregate::set, 2);
    w.ok();
  };
  EXPECT_EQ(written(RespVersion::resp2, write),
            "+OK\r\n*2\r\n:1\r\n*2\r\n$3\r\nkey\r\n$5\r\nvalue\r\n+OK\r\n");
  EXPECT_EQ(written(RespVersion::resp3, write),
            "+OK\r\n~2\r\n:1\r\n%1\r\n$3\r\nkey\r\n$5\r\nvalue\r\n+OK\r\n");
}

TEST(ReplyWriterAggregateTest, SettlesAnAggregateOfNothing) {
  const auto write = [](ReplyWriter& w) {
    w.settle(w.announce(), ReplyWriter::Aggregate::array, 0);
    w.settle(w.announce(), ReplyWriter::Aggregate::push, 0);
  };
  EXPECT_EQ(written(RespVersion::resp2, write), "*0\r\n*0\r\n");
  EXPECT_EQ(written(RespVersion::resp3, write), "*0\r\n>0\r\n");
}

}  // namespace
}  // namespace respawn::protocol
