#include "protocol/request_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/random.hpp"
#include "base/text.hpp"
#include "protocol/request_writer.hpp"
#include "tests/fuzz/request_parser_property.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn::protocol {
namespace {

using fuzz::parse_in_pieces;
using fuzz::ParsedRequests;
using testing::ElementsAre;
using testing::IsEmpty;
using Command = std::vector<std::string>;
using Commands = std::vector<Command>;

constexpr std::size_t all = ~std::size_t{0};

Commands parsed(std::string_view bytes) {
  const ParsedRequests result = parse_in_pieces(bytes, bytes.size());
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.used, bytes.size());
  return result.commands;
}

std::string bulks(int count) {
  std::string bytes = "*" + std::to_string(count) + "\r\n";
  for (int i = 0; i < count; ++i) bytes += "$1\r\na\r\n";
  return bytes;
}

TEST(RequestParserTest, ReadsAPipelineOfCommands) {
  EXPECT_THAT(parsed("*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$12\r\nhello\r\nworld\r\n"),
              ElementsAre(Command{"PING"}, Command{"ECHO", "hello\r\nworld"}));
}

TEST(RequestParserTest, KeepsEmptyAndBinaryArguments) {
  EXPECT_THAT(parsed({"*3\r\n$3\r\nSET\r\n$0\r\n\r\n$3\r\n\0\xff\r\r\n", 28}),
              ElementsAre(Command{"SET", "", {"\0\xff\r", 3}}));
}

TEST(RequestParserTest, IgnoresEmptyCommands) {
  EXPECT_THAT(parsed("\r\n\n*0\r\n*-5\r\n*-9223372036854775808\r\n   \r\n"), IsEmpty());
  EXPECT_THAT(parsed("\r\n*1\r\n$4\r\nPING\r\n*0\r\nPING\n"),
              ElementsAre(Command{"PING"}, Command{"PING"}));
}

TEST(RequestParserTest, LooksAtNoLineFeedButAnInlineOne) {
  // As in Redis: the byte behind a CR, and the two behind an argument, are skipped unseen.
  EXPECT_THAT(parsed("*1\rX$4\rYPINGab"), ElementsAre(Command{"PING"}));
}

TEST(RequestParserTest, ReadsInlineCommands) {
  EXPECT_THAT(parsed("PING\r\nset k v\n"), ElementsAre(Command{"PING"}, Command{"set", "k", "v"}));
  EXPECT_THAT(parsed("set  'a b'\t\"\\x41\\n\" \"\"\r\n"),
              ElementsAre(Command{"set", "a b", "A\n", ""}));
  EXPECT_THAT(parsed("$4\r\n"), ElementsAre(Command{"$4"}));
  EXPECT_THAT(parsed({"a\0b\n", 4}), ElementsAre(Command{{"a\0b", 3}}));
}

TEST(RequestParserTest, ViewsAreIntoTheBuffer) {
  Buffer buffer;
  buffer.append("*2\r\n$3\r\nGET\r\n$1\r\nk\r\nget 'k'\r\n");
  RequestParser parser;
  RequestCommands commands;
  EXPECT_EQ(parser.parse(buffer, 0, {}, all, commands), buffer.size());
  ASSERT_EQ(commands.slices.size(), 2U);
  EXPECT_EQ(commands.slices[1].first, 2U);
  EXPECT_EQ(commands.slices[1].count, 2U);
  EXPECT_THAT(commands.arguments, ElementsAre("GET", "k", "get", "k"));
  for (const std::string_view argument : commands.arguments) {
    EXPECT_GE(argument.data(), buffer.data());
    EXPECT_LE(argument.data() + argument.size(), buffer.data() + buffer.size());
  }
}

TEST(RequestParserTest, StartsAtTheOffsetAndStopsAtTheLastCompleteCommand) {
  Buffer buffer;
  buffer.append("used*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPI");
  RequestParser parser;
  RequestCommands commands;
  EXPECT_EQ(parser.parse(buffer, 4, {}, all, commands), 18U);
  EXPECT_EQ(commands.slices.size(), 1U);
  buffer.append("NG\r\n");
  EXPECT_EQ(parser.parse(buffer, 18, {}, all, commands), buffer.size());
  EXPECT_EQ(commands.slices.size(), 2U);
}

TEST(RequestParserTest, ParsesNoMoreCommandsThanAskedFor) {
  Buffer buffer;
  buffer.append("*0\r\n*1\r\n$1\r\na\r\nb\r\n*1\r\n$1\r\nc\r\n");
  RequestParser parser;
  RequestCommands commands;
  const std::size_t offset = parser.parse(buffer, 0, {}, 2, commands);
  EXPECT_THAT(commands.arguments, ElementsAre("a", "b"));
  EXPECT_EQ(parser.parse(buffer, offset, {}, 0, commands), offset);
  EXPECT_EQ(parser.parse(buffer, offset, {}, 1, commands), buffer.size());
  EXPECT_THAT(commands.arguments, ElementsAre("a", "b", "c"));
}

TEST(RequestParserTest, ACutAnywhereMakesNoDifference) {
  const std::string bytes =
      "*3\r\n$3\r\nSET\r\n$10\r\nkey:\r\n0001\r\n$0\r\n\r\nset 'a b' \"\\x41\"\r\n\r\n*0\r\n"
      "*1\r\n$4\r\nPING\r\n*1\r\n$1\r\nx\r\n*1\r\n$x\r\n";
  const ParsedRequests whole = parse_in_pieces(bytes, bytes.size());
  EXPECT_EQ(whole.commands.size(), 4U);
  EXPECT_EQ(whole.error, "ERR Protocol error: invalid bulk length");
  for (std::size_t piece_bytes = 1; piece_bytes < bytes.size(); ++piece_bytes)
    ASSERT_EQ(parse_in_pieces(bytes, piece_bytes), whole) << piece_bytes;
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    RequestParser parser;
    RequestCommands commands;
    Buffer buffer;
    buffer.append(std::string_view(bytes).substr(0, cut));
    const std::size_t offset = parser.parse(buffer, 0, {}, all, commands);
    const std::size_t before = commands.slices.size();
    buffer.append(std::string_view(bytes).substr(cut));
    commands.clear();
    ASSERT_EQ(parser.parse(buffer, offset, {}, all, commands), whole.used) << cut;
    ASSERT_EQ(before + commands.slices.size(), whole.commands.size()) << cut;
    ASSERT_EQ(parser.error(), whole.error) << cut;
  }
}

TEST(RequestParserTest, ReadsBackRandomCommandsFromRandomPieces) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 500; ++round) {
    Commands commands(1 + random.below(6));
    Buffer bytes;
    for (Command& command : commands) {
      command.resize(1 + random.below(5));
      const bool is_inline = random.below(4) == 0;
      for (std::string& argument : command) {
        argument.resize(random.below(random.below(10) == 0 ? 3000 : 12));
        for (char& c : argument) c = static_cast<char>(random.below(256));
      }
      if (is_inline) {
        for (const std::string& argument : command) bytes.append(respawn::quoted(argument) + " ");
        bytes.append("\n");
      } else {
        write_request(bytes, std::vector<std::string_view>(command.begin(), command.end()));
      }
    }
    const ParsedRequests result = parse_in_pieces(bytes.view(), 1 + random.below(100));
    ASSERT_EQ(result.error, "") << respawn::quoted(bytes.view());
    ASSERT_EQ(result.commands, commands) << respawn::quoted(bytes.view());
    ASSERT_EQ(result.used, bytes.size());
  }
}

struct RequestFault {
  std::string_view bytes;
  std::string_view error;
};

class RequestParserFaultTest : public testing::TestWithParam<RequestFault> {};

TEST_P(RequestParserFaultTest, EndsTheConnectionBehindTheCommandsBefore) {
  const std::string bytes = "*1\r\n$4\r\nPING\r\n" + std::string(GetParam().bytes);
  for (const std::size_t piece_bytes : {bytes.size(), std::size_t{1}, std::size_t{1000}}) {
    const ParsedRequests result = parse_in_pieces(bytes, piece_bytes);
    EXPECT_EQ(result.error, "ERR Protocol error: " + std::string(GetParam().error));
    EXPECT_THAT(result.commands, ElementsAre(Command{"PING"}));
    EXPECT_EQ(result.used, 14U);
  }
}

constexpr std::string_view count_fault = "invalid multibulk length";
constexpr std::string_view bulk_fault = "invalid bulk length";

// The answers of redis-server 7.0.15 to the same bytes.
constexpr RequestFault request_faults[] = {
    {"*\r\n", count_fault},
    {"*x\r\n", count_fault},
    {"*+1\r\n", count_fault},
    {"*01\r\n", count_fault},
    {"*-0\r\n", count_fault},
    {"* 1\r\n", count_fault},
    {"*1 \r\n", count_fault},
    {"*2147483648\r\n", count_fault},
    {"*99999999999999999999\r\n", count_fault},
    {"*1\r\n$\r\n", bulk_fault},
    {"*1\r\n$-1\r\n", bulk_fault},
    {"*1\r\n$01\r\n", bulk_fault},
    {"*1\r\n$x\r\n", bulk_fault},
    {"*1\r\n$1x\r\n", bulk_fault},
    {"*1\r\n$536870913\r\n", bulk_fault},
    {"*1\r\n$9999999999\r\n", bulk_fault},
    {"*2\r\n$3\r\nGET\r\n$99999999999999999999\r\n", bulk_fault},
    {"*1\r\nfoo\r\n", "expected '$', got 'f'"},
    {"*1\r\n:1\r\n", "expected '$', got ':'"},
    {"*1\r\n\r\n", "expected '$', got ' '"},
    {"*1\r\n\nx\r\n", "expected '$', got ' '"},
    {"*2\r\n$1\r\na\r\n*1\r\n", "expected '$', got '*'"},
    {"get \"a\r\n", "unbalanced quotes in request"},
    {"get 'a'b\n", "unbalanced quotes in request"},
};

INSTANTIATE_TEST_SUITE_P(Table, RequestParserFaultTest, testing::ValuesIn(request_faults));

TEST(RequestParserTest, NothingIsParsedBehindAnError) {
  Buffer buffer;
  buffer.append("*x\r\nPING\r\n");
  RequestParser parser;
  RequestCommands commands;
  EXPECT_EQ(parser.parse(buffer, 0, {}, all, commands), 0U);
  EXPECT_NE(parser.error(), "");
  EXPECT_EQ(parser.parse(buffer, 4, {}, all, commands), 4U);
  EXPECT_THAT(commands.slices, IsEmpty());
}

TEST(RequestParserTest, WaitsForTheEndOfABulkHeaderBeforeItComplains) {
  EXPECT_EQ(parse_in_pieces("*1\r\nfoo", 7).error, "");
  EXPECT_EQ(parse_in_pieces("*1\r\nfoo\r", 8).error, "");
}

std::string error_of(const std::string& bytes, const RequestLimits& limits = {}) {
  const ParsedRequests whole = parse_in_pieces(bytes, bytes.size(), limits);
  EXPECT_EQ(parse_in_pieces(bytes, 4096, limits), whole);
  return whole.error;
}

TEST(RequestParserTest, LimitsTheLengthOfALine) {
  const std::string most(64 * 1024, '1');
  EXPECT_EQ(error_of(most), "");
  EXPECT_EQ(error_of(most + "\r\n"), "ERR Protocol error: too big inline request");
  EXPECT_EQ(error_of(most + "\n"), "");
  EXPECT_EQ(error_of(most + "1"), "ERR Protocol error: too big inline request");
  EXPECT_EQ(error_of("*" + most), "ERR Protocol error: too big mbulk count string");
  EXPECT_EQ(error_of("*1\r\n" + most), "");
  EXPECT_EQ(error_of("*1\r\n$" + most), "ERR Protocol error: too big bulk count string");
}

TEST(RequestParserTest, LimitsTheLengthOfABulk) {
  RequestLimits limits;
  limits.bulk_bytes_max = 1'000'000;
  EXPECT_EQ(error_of("*1\r\n$1000000\r\n", limits), "");
  EXPECT_EQ(error_of("*1\r\n$1000001\r\n", limits), "ERR Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$536870912\r\n"), "");
}

TEST(RequestParserTest, AStrangerMaySendLittle) {
  RequestLimits limits;
  limits.authenticated = false;
  const std::string large = "$16384\r\n" + std::string(16384, 'x') + "\r\n";
  EXPECT_EQ(error_of(bulks(10), limits), "");
  EXPECT_EQ(error_of(bulks(11), limits), "ERR Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(error_of("*2147483648\r\n", limits), "ERR Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*1\r\n" + large, limits), "");
  EXPECT_EQ(error_of("*1\r\n$16385\r\n", limits),
            "ERR Protocol error: unauthenticated bulk length");
  EXPECT_EQ(error_of("*1\r\n$536870913\r\n", limits), "ERR Protocol error: invalid bulk length");
  EXPECT_EQ(error_of(bulks(11)), "");
}

TEST(RequestParserTest, LimitsThatACommandLiftsAreNotLookedAtBehindIt) {
  for (const std::string& behind :
       {bulks(11), "*1\r\n$20000\r\n" + std::string(20000, 'x') + "\r\n"}) {
    Buffer buffer;
    buffer.append("*1\r\n$4\r\nAUTH\r\n" + behind);
    RequestParser parser;
    RequestCommands commands;
    const std::size_t offset = parser.parse(buffer, 0, {.authenticated = false}, 1, commands);
    EXPECT_EQ(offset, 14U);
    EXPECT_EQ(parser.error(), "");
    EXPECT_EQ(parser.parse(buffer, offset, {.authenticated = true}, all, commands), buffer.size());
    EXPECT_EQ(commands.slices.size(), 2U);
  }
}

TEST(RequestParserTest, StopsBehindAResetWhichMayBringTheLimitsBack) {
  for (const std::string_view reset :
       {"*1\r\n$5\r\nRESET\r\n", "*1\r\n$5\r\nreSet\r\n", "reset\r\n"}) {
    Buffer buffer;
    buffer.append("PING\r\n");
    buffer.append(reset);
    const std::size_t behind = buffer.size();
    buffer.append("*11\r\n$1\r\na\r\n");
    RequestParser parser;
    RequestCommands commands;
    EXPECT_EQ(parser.parse(buffer, 0, {}, all, commands), behind);
    EXPECT_EQ(commands.slices.size(), 2U);
    EXPECT_EQ(parser.parse(buffer, behind, {.authenticated = false}, all, commands), behind);
    EXPECT_EQ(parser.error(), "ERR Protocol error: unauthenticated multibulk length");
  }
}

TEST(RequestParserTest, StopsBehindNothingThatOnlyLooksLikeAReset) {
  Buffer buffer;
  buffer.append("RESET now\r\nRESETS\r\n*1\r\n$0\r\n\r\nGET reset\r\nPING\r\n");
  RequestParser parser;
  RequestCommands commands;
  EXPECT_EQ(parser.parse(buffer, 0, {}, all, commands), buffer.size());
  EXPECT_EQ(commands.slices.size(), 5U);
  EXPECT_EQ(parser.parse(buffer, buffer.size(), {}, all, commands), buffer.size());
}

TEST(RequestParserTest, AnEmptyCommandBehindAResetIsNotTakenForIt) {
  Buffer buffer;
  buffer.append("RESET\r\n\r\nPING\r\n");
  RequestParser parser;
  RequestCommands commands;
  const std::size_t offset = parser.parse(buffer, 0, {}, all, commands);
  EXPECT_EQ(offset, 7U);
  EXPECT_EQ(parser.parse(buffer, offset, {}, all, commands), buffer.size());
  EXPECT_THAT(commands.arguments, ElementsAre("RESET", "PING"));
}

TEST(RequestParserTest, TellsHowMuchOfALargeArgumentIsMissing) {
  constexpr std::size_t size = 10'000'000;
  RequestParser parser;
  RequestCommands commands;
  Buffer buffer;
  buffer.append("*2\r\n$4\r\nECHO\r\n$10000000\r");
  EXPECT_EQ(parser.parse(buffer, 0, {}, all, commands), 0U);
  EXPECT_EQ(parser.missing_bytes(), 0U);
  buffer.push_back('\n');
  const std::size_t header_bytes = buffer.size();
  EXPECT_EQ(parser.parse(buffer, 0, {}, all, commands), 0U);
  EXPECT_EQ(parser.missing_bytes(), size + 2);
  buffer.reserve(parser.missing_bytes());
  const std::size_t capacity = buffer.capacity();
  while (buffer.size() < header_bytes + size + 2) {
    EXPECT_EQ(parser.parse(buffer, 0, {}, all, commands), 0U);
    EXPECT_EQ(parser.missing_bytes(), header_bytes + size + 2 - buffer.size());
    buffer.append(std::string(std::min<std::size_t>(parser.missing_bytes(), 1 << 20), 'x'));
  }
  EXPECT_EQ(parser.parse(buffer, 0, {}, all, commands), buffer.size());
  EXPECT_EQ(parser.missing_bytes(), 0U);
  EXPECT_EQ(buffer.capacity(), capacity);
  ASSERT_EQ(commands.arguments.size(), 2U);
  EXPECT_EQ(commands.arguments[1].size(), size);
}

/// Feeds `bytes` in pieces as a connection does, and returns the commands.
RequestCommands parse_into_blocks(std::string_view bytes, std::size_t piece, Buffer& buffer,
                                  std::int64_t block_bytes_min) {
  const RequestLimits limits{.block_bytes_min = block_bytes_min};
  RequestParser parser;
  RequestCommands commands;
  std::size_t offset = 0;
  while (!bytes.empty()) {
    std::string_view now = bytes.substr(0, piece);
    if (const std::span<char> space = parser.block_space(); !space.empty()) {
      now = now.substr(0, space.size());
      std::copy(now.begin(), now.end(), space.begin());
      parser.block_received(now.size());
    } else {
      buffer.append(now);
    }
    bytes.remove_prefix(now.size());
    RequestCommands more;
    offset = parser.parse(buffer, offset, limits, all, more);
    // Views die with the next append: what they say is kept.
    for (const RequestCommands::Slice& slice : more.slices) {
      const auto first = static_cast<std::uint32_t>(commands.arguments.size());
      for (std::uint32_t i = 0; i < slice.count; ++i) {
        const std::string_view argument = more.arguments[slice.first + i];
        BlockPtr block = more.block_of(argument);
        if (!block) {
          block = SharedBlock::create(argument.size());
          std::copy(argument.begin(), argument.end(), block->data());
          block->resize(argument.size());
        }
        commands.arguments.push_back(block->view());
        commands.blocks.push_back(std::move(block));
      }
      commands.slices.push_back({first, slice.count});
    }
  }
  EXPECT_EQ(parser.error(), "");
  EXPECT_EQ(offset, buffer.size());
  return commands;
}

TEST(RequestParserTest, ReceivesLargeArgumentsIntoBlocksWhereverTheyAreCut) {
  const std::string large(100, 'x');
  const std::string larger(333, 'y');
  std::string bytes = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\n" + large + "\r\n";
  bytes += "*3\r\n$3\r\nfoo\r\n$333\r\n" + larger + "\r\n$100\r\n" + large + "\r\nPING\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    Buffer buffer;
    const RequestCommands commands = parse_into_blocks(bytes, piece, buffer, 64);
    ASSERT_EQ(commands.slices.size(), 3U) << piece;
    EXPECT_THAT(commands.arguments, ElementsAre("SET", "k", large, "foo", larger, large, "PING"))
        << piece;
  }
}

TEST(RequestParserTest, WhatLiesInABlockIsNotInTheBuffer) {
  const RequestLimits limits{.block_bytes_min = 1000};
  RequestParser parser;
  RequestCommands commands;
  Buffer buffer;
  buffer.append("*2\r\n$4\r\nECHO\r\n$1000\r\nabc");
  EXPECT_EQ(parser.parse(buffer, 0, limits, all, commands), 0U);
  EXPECT_EQ(buffer.view(), "*2\r\n$4\r\nECHO\r\n$1000\r\n");
  EXPECT_EQ(parser.parsed_bytes(), buffer.size());
  ASSERT_EQ(parser.block_space().size(), 997U);
  EXPECT_EQ(parser.block()->view(), "abc");
  std::fill_n(parser.block_space().begin(), 997, 'd');
  parser.block_received(997);
  EXPECT_TRUE(parser.block_space().empty());
  EXPECT_EQ(parser.parse(buffer, 0, limits, all, commands), 0U);
  buffer.append("\r\nPING\r\n");
  EXPECT_EQ(parser.parse(buffer, 0, limits, all, commands), buffer.size());
  ASSERT_THAT(commands.arguments, ElementsAre("ECHO", "abc" + std::string(997, 'd'), "PING"));
  ASSERT_EQ(commands.blocks.size(), 1U);
  EXPECT_EQ(commands.block_of(commands.arguments[1]).get(), commands.blocks[0].get());
  EXPECT_FALSE(commands.block_of(commands.arguments[0]));
  EXPECT_FALSE(commands.block_of(commands.arguments[1].substr(1)));
}

TEST(RequestParserTest, AnArgumentThatIsThereIsNotReceivedAnew) {
  const RequestLimits limits{.block_bytes_min = 8};
  RequestParser parser;
  RequestCommands commands;
  Buffer buffer;
  buffer.append("*2\r\n$4\r\nECHO\r\n$10\r\n0123456789\r");
  EXPECT_EQ(parser.parse(buffer, 0, limits, all, commands), 0U);
  EXPECT_TRUE(parser.block_space().empty());
  buffer.append("\n");
  EXPECT_EQ(parser.parse(buffer, 0, limits, all, commands), buffer.size());
  EXPECT_THAT(commands.arguments, ElementsAre("ECHO", "0123456789"));
}

TEST(RequestParserTest, ReadsTwoMillionArgumentsInPieces) {
  constexpr int count = 2'000'000;
  const std::string bytes = bulks(count);
  RequestParser parser;
  RequestCommands commands;
  Buffer buffer;
  std::size_t offset = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 1 << 16) {
    EXPECT_EQ(offset, 0U);
    buffer.append(std::string_view(bytes).substr(at, 1 << 16));
    offset = parser.parse(buffer, offset, {}, all, commands);
  }
  EXPECT_EQ(offset, bytes.size());
  ASSERT_EQ(commands.slices.size(), 1U);
  EXPECT_EQ(commands.slices[0].count, static_cast<std::uint32_t>(count));
  EXPECT_EQ(commands.arguments.back(), "a");
}

TEST(RequestParserTest, AClaimedCountTakesNoMemory) {
  RequestParser parser;
  RequestCommands commands;
  Buffer buffer;
  buffer.append("*2147483647\r\n$1\r\na\r\n");
  EXPECT_EQ(parser.parse(buffer, 0, {}, all, commands), 0U);
  EXPECT_EQ(parser.error(), "");
  EXPECT_LT(commands.arguments.capacity(), 100U);
}

}  // namespace
}  // namespace respawn::protocol
