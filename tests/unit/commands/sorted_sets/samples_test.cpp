#include <set>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ZsetSamplesTest = CommandTest;
using protocol::RespVersion;

/// The bulks of a RESP2 array.
std::vector<std::string> texts_of(std::string_view reply) {
  std::vector<std::string> texts;
  const std::vector<std::string_view> lines = split(reply, '\n');
  for (std::size_t at = 2; at < lines.size(); at += 2) texts.emplace_back(trim(lines[at]));
  return texts;
}

TEST_F(ZsetSamplesTest, RandomMembers) {
  run("ZADD z 1 a");
  EXPECT_EQ(run("ZRANDMEMBER z"), bulk("a"));
  EXPECT_EQ(run("ZRANDMEMBER z -3 WITHSCORES"), bulks({"a", "1", "a", "1", "a", "1"}));
  EXPECT_EQ(run("ZRANDMEMBER z 9 WITHSCORES"), bulks({"a", "1"}));
  EXPECT_EQ(run("ZRANDMEMBER z 0"), array({}));
  EXPECT_EQ(run("ZRANDMEMBER nokey"), null);
  EXPECT_EQ(run("ZRANDMEMBER nokey 2"), array({}));
  EXPECT_EQ(connect(RespVersion::resp3).run("ZRANDMEMBER z 1 WITHSCORES"),
            "*1\r\n*2\r\n$1\r\na\r\n,1\r\n");
}

TEST_F(ZsetSamplesTest, RandomMembersAreDistinct) {
  for (const int entries : {0, 128}) {
    server.configure([&](config::Config& c) { c.zset_max_listpack_entries = entries; });
    run("DEL z");
    for (int i = 0; i < 100; ++i) run("ZADD z " + std::to_string(i) + " m" + std::to_string(i));
    for (const int count : {1, 2, 10, 50, 99, 100, 1000}) {
      const auto texts = texts_of(run("ZRANDMEMBER z " + std::to_string(count)));
      EXPECT_EQ(texts.size(), static_cast<std::size_t>(std::min(count, 100)));
      EXPECT_EQ(std::set<std::string>(texts.begin(), texts.end()).size(), texts.size());
    }
  }
}

TEST_F(ZsetSamplesTest, RandomMemberRefuses) {
  run("ZADD z 1 a");
  EXPECT_EQ(run("ZRANDMEMBER z x"), not_an_integer);
  EXPECT_EQ(run("ZRANDMEMBER z 1 x"), syntax_error);
  EXPECT_EQ(run("ZRANDMEMBER z 1 WITHSCORES x"), syntax_error);
  EXPECT_EQ(run("ZRANDMEMBER z -9223372036854775808"),
            error("ERR value is out of range, value must between -9223372036854775807 and "
                  "9223372036854775807"));
  EXPECT_EQ(run("ZRANDMEMBER z -9223372036854775807 WITHSCORES"),
            error("ERR value is out of range"));
  EXPECT_EQ(run("ZRANDMEMBER z -9223372036854775807"), error("ERR value is out of range"));
}

TEST_F(ZsetSamplesTest, Scans) {
  EXPECT_EQ(run("ZSCAN z 0"), array({bulk("0"), array({})}));
  run("ZADD z 1.5 a 2 b 3 c");
  EXPECT_EQ(run("ZSCAN z 0"), array({bulk("0"), bulks({"a", "1.5", "b", "2", "c", "3"})}));
  EXPECT_EQ(run("ZSCAN z 0 MATCH b* COUNT 1"), array({bulk("0"), bulks({"b", "2"})}));
  EXPECT_EQ(run("ZSCAN z x"), error("ERR invalid cursor"));
  EXPECT_EQ(run("ZSCAN z 0 COUNT 0"), syntax_error);
  EXPECT_EQ(run("ZSCAN z 0 TYPE zset"), syntax_error);
}

}  // namespace
}  // namespace respawn::commands::test
