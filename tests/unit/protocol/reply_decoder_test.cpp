#include "protocol/reply_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/random.hpp"
#include "base/text.hpp"
#include "tests/fuzz/reply_decoder_property.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn::protocol {
namespace {

using fuzz::decode_in_pieces;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr double infinity = std::numeric_limits<double>::infinity();

Reply text(ReplyType type, std::string string) {
  Reply reply;
  reply.type = type;
  reply.string = std::move(string);
  return reply;
}

Reply integer(std::int64_t value, ReplyType type = ReplyType::integer) {
  Reply reply;
  reply.type = type;
  reply.integer = value;
  return reply;
}

Reply real(double value) {
  Reply reply;
  reply.type = ReplyType::real;
  reply.real = value;
  return reply;
}

Reply aggregate(ReplyType type, std::vector<Reply> elements) {
  Reply reply;
  reply.type = type;
  reply.elements = std::move(elements);
  return reply;
}

std::vector<Reply> decoded(std::string_view bytes) {
  const fuzz::DecodedReplies all = decode_in_pieces(bytes, bytes.size());
  EXPECT_EQ(all.error, "");
  return all.replies;
}

TEST(ReplyDecoderTest, ReadsEveryTypeOfResp2) {
  EXPECT_THAT(decoded("+OK\r\n"), ElementsAre(text(ReplyType::simple, "OK")));
  EXPECT_THAT(decoded("-ERR no\r\n"), ElementsAre(text(ReplyType::error, "ERR no")));
  EXPECT_THAT(decoded(":-12\r\n"), ElementsAre(integer(-12)));
  EXPECT_THAT(decoded("$4\r\na\r\nb\r\n"), ElementsAre(text(ReplyType::bulk, "a\r\nb")));
  EXPECT_THAT(decoded("$0\r\n\r\n"), ElementsAre(text(ReplyType::bulk, "")));
  EXPECT_THAT(decoded("$-1\r\n"), ElementsAre(Reply{}));
  EXPECT_THAT(decoded("*-1\r\n"), ElementsAre(aggregate(ReplyType::null_array, {})));
  EXPECT_THAT(decoded("*0\r\n"), ElementsAre(aggregate(ReplyType::array, {})));
  EXPECT_THAT(decoded("*2\r\n*1\r\n:1\r\n:2\r\n"),
              ElementsAre(aggregate(ReplyType::array,
                                    {aggregate(ReplyType::array, {integer(1)}), integer(2)})));
}

TEST(ReplyDecoderTest, ReadsEveryTypeOfResp3) {
  EXPECT_THAT(decoded("_\r\n"), ElementsAre(Reply{}));
  EXPECT_THAT(decoded("#t\r\n#f\r\n"),
              ElementsAre(integer(1, ReplyType::boolean), integer(0, ReplyType::boolean)));
  EXPECT_THAT(decoded(",1.5\r\n,-inf\r\n,inf\r\n,10\r\n"),
              ElementsAre(real(1.5), real(-infinity), real(infinity), real(10)));
  EXPECT_TRUE(std::isnan(decoded(",nan\r\n").at(0).real));
  EXPECT_THAT(decoded("(-123456789012345678901\r\n"),
              ElementsAre(text(ReplyType::big_number, "-123456789012345678901")));
  EXPECT_THAT(decoded("!7\r\nERR a\r\n\r\n"), ElementsAre(text(ReplyType::error, "ERR a\r\n")));
  EXPECT_THAT(decoded("%1\r\n+k\r\n:1\r\n"),
              ElementsAre(aggregate(ReplyType::map, {text(ReplyType::simple, "k"), integer(1)})));
  EXPECT_THAT(decoded("~1\r\n:1\r\n"), ElementsAre(aggregate(ReplyType::set, {integer(1)})));
  EXPECT_THAT(decoded(">1\r\n:1\r\n"), ElementsAre(aggregate(ReplyType::push, {integer(1)})));
  Reply verbatim = text(ReplyType::verbatim, "abc");
  verbatim.format = "txt";
  EXPECT_THAT(decoded("=7\r\ntxt:abc\r\n"), ElementsAre(verbatim));
}

TEST(ReplyDecoderTest, AttributesGoWithTheReplyBehindThem) {
  Reply five = integer(5);
  five.attributes = {text(ReplyType::simple, "ttl"), integer(10)};
  EXPECT_THAT(decoded("|1\r\n+ttl\r\n:10\r\n:5\r\n"), ElementsAre(five));
  EXPECT_THAT(decoded("*2\r\n|1\r\n+ttl\r\n:10\r\n:5\r\n:6\r\n"),
              ElementsAre(aggregate(ReplyType::array, {five, integer(6)})));
  Reply list = aggregate(ReplyType::array, {integer(6)});
  list.attributes = five.attributes;
  EXPECT_THAT(decoded("|1\r\n+ttl\r\n:10\r\n*1\r\n:6\r\n"), ElementsAre(list));
  five.attributes.push_back(text(ReplyType::simple, "x"));
  five.attributes.push_back(integer(1));
  EXPECT_THAT(decoded("|1\r\n+ttl\r\n:10\r\n|1\r\n+x\r\n:1\r\n:5\r\n"), ElementsAre(five));
  EXPECT_THAT(decoded("|0\r\n:6\r\n"), ElementsAre(integer(6)));
}

TEST(ReplyDecoderTest, NullsAndErrorsAreRecognized) {
  EXPECT_TRUE(decoded("*-1\r\n").at(0).is_null());
  EXPECT_TRUE(decoded("_\r\n").at(0).is_null());
  EXPECT_FALSE(decoded("$0\r\n\r\n").at(0).is_null());
  EXPECT_TRUE(decoded("!3\r\nERR\r\n").at(0).is_error());
}

struct ReplyFault {
  std::string_view bytes;
  std::string_view error;
};

class ReplyDecoderFaultTest : public testing::TestWithParam<ReplyFault> {};

TEST_P(ReplyDecoderFaultTest, EndsTheStream) {
  const std::string bytes = ":1\r\n" + std::string(GetParam().bytes);
  for (const std::size_t piece_bytes : {bytes.size(), std::size_t{1}}) {
    const fuzz::DecodedReplies all = decode_in_pieces(bytes, piece_bytes);
    EXPECT_EQ(all.error, "protocol error: " + std::string(GetParam().error));
    EXPECT_THAT(all.replies, ElementsAre(integer(1)));
  }
}

constexpr ReplyFault reply_faults[] = {
    {"@1\r\n", "unknown type \"@\""},
    {"\r\n", "empty line"},
    {"+a\rb\r\n", "CR without LF"},
    {":\r\n", "invalid integer"},
    {":1x\r\n", "invalid integer"},
    {":9223372036854775808\r\n", "invalid integer"},
    {"#x\r\n", "invalid boolean"},
    {",\r\n", "invalid double"},
    {",1.5x\r\n", "invalid double"},
    {"(\r\n", "invalid big number"},
    {"(1.5\r\n", "invalid big number"},
    {"_x\r\n", "null with a value"},
    {"$-2\r\n", "invalid bulk length"},
    {"$?\r\n", "invalid bulk length"},
    {"!-1\r\n", "invalid bulk length"},
    {"$536870913\r\n", "bulk too long"},
    {"$1\r\nabc", "bulk without CR LF at its end"},
    {"=3\r\ntxt\r\n", "verbatim string without a format"},
    {"=5\r\ntxtxa\r\n", "verbatim string without a format"},
    {"*-2\r\n", "invalid aggregate length"},
    {"%-1\r\n", "invalid aggregate length"},
    {"*268435457\r\n", "aggregate too long"},
};

INSTANTIATE_TEST_SUITE_P(Table, ReplyDecoderFaultTest, testing::ValuesIn(reply_faults));

TEST(ReplyDecoderTest, NothingIsReadBehindAnError) {
  ReplyDecoder decoder;
  std::vector<Reply> replies;
  EXPECT_EQ(decoder.decode("+a\r\n?\r\n+b\r\n", replies), 4U);
  EXPECT_NE(decoder.error(), "");
  EXPECT_EQ(decoder.decode("+b\r\n", replies), 0U);
  EXPECT_EQ(replies.size(), 1U);
}

std::string nested(std::size_t levels) {
  std::string bytes;
  for (std::size_t i = 0; i < levels; ++i) bytes += "*1\r\n";
  return bytes + ":1\r\n";
}

TEST(ReplyDecoderTest, LimitsHold) {
  ReplyLimits limits;
  limits.nesting_max = 3;
  limits.elements_max = 4;
  limits.bulk_bytes_max = 5;
  limits.line_bytes_max = 10;
  const auto error = [&](const std::string& bytes) {
    return decode_in_pieces(bytes, bytes.size(), limits).error;
  };
  EXPECT_EQ(error(nested(3)), "");
  EXPECT_EQ(error(nested(4)), "protocol error: nested too deeply");
  EXPECT_EQ(error("*4\r\n"), "");
  EXPECT_EQ(error("*5\r\n"), "protocol error: aggregate too long");
  EXPECT_EQ(error("$5\r\nabcde\r\n"), "");
  EXPECT_EQ(error("$6\r\n"), "protocol error: bulk too long");
  EXPECT_EQ(error("+123456789\r\n"), "");
  EXPECT_EQ(error("+1234567890\r\n"), "protocol error: line too long");
  EXPECT_EQ(error("+1234567890"), "protocol error: line too long");
  EXPECT_EQ(error("|1\r\n:1\r\n:1\r\n|1\r\n:1\r\n:1\r\n:1\r\n"), "");
  EXPECT_EQ(error("|2\r\n:1\r\n:1\r\n:1\r\n:1\r\n|1\r\n:1\r\n:1\r\n|1\r\n"),
            "protocol error: too many attributes");
}

TEST(ReplyDecoderTest, TellsHowMuchOfABulkIsMissing) {
  ReplyDecoder decoder;
  std::vector<Reply> replies;
  EXPECT_EQ(decoder.decode("*2\r\n$1000\r\nabc", replies), 11U);
  EXPECT_EQ(decoder.missing_bytes(), 999U);
  EXPECT_EQ(decoder.decode(std::string(1000, 'x') + "\r\n:1\r\n", replies), 1006U);
  EXPECT_EQ(decoder.missing_bytes(), 0U);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].elements.at(0).string.size(), 1000U);
}

TEST(ReplyDecoderTest, AClaimedSizeTakesNoMemory) {
  ReplyDecoder decoder;
  std::vector<Reply> replies;
  // Sixty levels that each claim 2^28 elements: more than any machine has.
  std::string bytes;
  for (int i = 0; i < 60; ++i) bytes += "*268435456\r\n";
  EXPECT_EQ(decoder.decode(bytes, replies), bytes.size());
  EXPECT_EQ(decoder.error(), "");
  EXPECT_THAT(replies, IsEmpty());
}

std::string random_text(Random& random, std::string_view letters) {
  std::string text(random.below(20), ' ');
  for (char& c : text) c = letters[random.below(letters.size())];
  return text;
}

Reply random_reply(Random& random, int depth) {
  constexpr std::string_view any("ab\r\n\0$*:", 8);
  Reply reply;
  if (depth > 0 && random.below(6) == 0)
    for (std::size_t i = 0; i < 2; ++i) reply.attributes.push_back(random_reply(random, depth - 1));
  reply.type = static_cast<ReplyType>(random.below(depth > 0 ? 14 : 6));
  if (reply.type == ReplyType::array && depth == 0) reply.type = ReplyType::push;
  switch (reply.type) {
    case ReplyType::simple:
      reply.string = random_text(random, "abc $*:");
      break;
    case ReplyType::error:
    case ReplyType::bulk:
      reply.string = random_text(random, any);
      break;
    case ReplyType::verbatim:
      reply.format = "mkd";
      reply.string = random_text(random, any);
      break;
    case ReplyType::integer:
      reply.integer = static_cast<std::int64_t>(random.next());
      break;
    case ReplyType::boolean:
      reply.integer = static_cast<std::int64_t>(random.below(2));
      break;
    case ReplyType::real:
      reply.real = random.unit() * 1e10;
      break;
    case ReplyType::big_number:
      reply.string = "9" + random_text(random, "0123456789");
      break;
    case ReplyType::null:
    case ReplyType::null_array:
      break;
    default: {
      std::size_t elements = depth > 0 ? random.below(5) : 0;
      if (reply.type == ReplyType::map) elements *= 2;
      while (reply.elements.size() < elements)
        reply.elements.push_back(random_reply(random, depth - 1));
    }
  }
  return reply;
}

TEST(ReplyDecoderTest, ReadsBackWhatTheWriterWrites) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<Reply> replies;
    while (replies.size() < 4) replies.push_back(random_reply(random, 4));
    const std::string bytes = fuzz::encoded(replies);
    const fuzz::DecodedReplies again = decode_in_pieces(bytes, 1 + random.below(40));
    ASSERT_EQ(again.error, "") << respawn::quoted(bytes);
    ASSERT_EQ(again.replies, replies) << respawn::quoted(bytes);
  }
}

}  // namespace
}  // namespace respawn::protocol
