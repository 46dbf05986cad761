#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ZsetRangesTest = CommandTest;
using protocol::RespVersion;

TEST_F(ZsetRangesTest, ByRank) {
  run("ZADD z 1 a 2 b 3 c 4 d");
  EXPECT_EQ(run("ZRANGE z 1 2"), bulks({"b", "c"}));
  EXPECT_EQ(run("ZRANGE z -2 -1"), bulks({"c", "d"}));
  EXPECT_EQ(run("ZRANGE z 0 1 REV"), bulks({"d", "c"}));
  EXPECT_EQ(run("ZREVRANGE z 1 9"), bulks({"c", "b", "a"}));
  EXPECT_EQ(run("ZREVRANGE z 0 0 WITHSCORES"), bulks({"d", "4"}));
  EXPECT_EQ(run("ZRANGE z 5 9"), array({}));
  EXPECT_EQ(run("ZRANGE nokey 0 -1"), array({}));
  EXPECT_EQ(connect(RespVersion::resp3).run("ZRANGE z 0 0 WITHSCORES"),
            "*1\r\n*2\r\n$1\r\na\r\n,1\r\n");
}

TEST_F(ZsetRangesTest, ByScore) {
  run("ZADD z 1 a 2 b 3 c 4 d");
  EXPECT_EQ(run("ZRANGEBYSCORE z (1 3"), bulks({"b", "c"}));
  EXPECT_EQ(run("ZRANGEBYSCORE z -inf +inf LIMIT 1 2"), bulks({"b", "c"}));
  EXPECT_EQ(run("ZRANGEBYSCORE z -inf +inf LIMIT 1 -1"), bulks({"b", "c", "d"}));
  EXPECT_EQ(run("ZRANGEBYSCORE z -inf +inf LIMIT -1 2"), array({}));
  EXPECT_EQ(run("ZRANGEBYSCORE z -inf +inf LIMIT 9 2"), array({}));
  EXPECT_EQ(run("ZREVRANGEBYSCORE z 3 (1 LIMIT 0 1"), bulks({"c"}));
  EXPECT_EQ(run("ZREVRANGEBYSCORE z +inf -inf LIMIT 1 2"), bulks({"c", "b"}));
  EXPECT_EQ(run("ZRANGE z 3 1 BYSCORE REV WITHSCORES"), bulks({"c", "3", "b", "2", "a", "1"}));
  EXPECT_EQ(run("ZRANGE z 3 1 BYSCORE"), array({}));
}

TEST_F(ZsetRangesTest, ByBytes) {
  run("ZADD z 0 a 0 b 0 c 0 d");
  EXPECT_EQ(run("ZRANGEBYLEX z [b (d"), bulks({"b", "c"}));
  EXPECT_EQ(run("ZRANGEBYLEX z - + LIMIT 1 1"), bulks({"b"}));
  EXPECT_EQ(run("ZREVRANGEBYLEX z + (a LIMIT 1 9"), bulks({"c", "b"}));
  EXPECT_EQ(run("ZRANGE z + - BYLEX REV"), bulks({"d", "c", "b", "a"}));
  EXPECT_EQ(run("ZRANGE z + - BYLEX"), array({}));
}

TEST_F(ZsetRangesTest, ScatteredScoresByBytesAsRedisWalksThem) {
  run("ZADD z 1 b 2 a 3 c 4 a2 5 d");
  EXPECT_EQ(run("ZRANGEBYLEX z [b [c"), bulks({"b", "a", "c", "a2"}));
  EXPECT_EQ(run("ZREVRANGEBYLEX z [c [b"), array({}));
}

TEST_F(ZsetRangesTest, Refuses) {
  run("ZADD z 1 a");
  EXPECT_EQ(run("ZRANGE z 0 1 LIMIT 0 1"),
            error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
                  "BYLEX"));
  EXPECT_EQ(run("ZRANGE z - + BYLEX WITHSCORES"),
            error("ERR syntax error, WITHSCORES not supported in combination with BYLEX"));
  EXPECT_EQ(run("ZRANGE z x 1"), not_an_integer);
  EXPECT_EQ(run("ZRANGE z x 1 BYSCORE"), error("ERR min or max is not a float"));
  EXPECT_EQ(run("ZRANGE z x + BYLEX"), error("ERR min or max not valid string range item"));
  EXPECT_EQ(run("ZRANGE z 0 1 BYLEX BYSCORE"), syntax_error);
  EXPECT_EQ(run("ZREVRANGE z 0 1 REV"), syntax_error);
  EXPECT_EQ(run("ZRANGEBYSCORE z 0 1 LIMIT 0"), syntax_error);
  EXPECT_EQ(run("ZRANGESTORE d z 0 1 WITHSCORES"), syntax_error);
  EXPECT_EQ(run("ZRANGEBYSCORE z 0 1 LIMIT x 1"), not_an_integer);
}

TEST_F(ZsetRangesTest, Stores) {
  run("ZADD z 1 a 2 b 3 c");
  run("SET d x");
  EXPECT_EQ(run("ZRANGESTORE d z 0 1"), integer(2));
  EXPECT_EQ(run("ZRANGE d 0 -1 WITHSCORES"), bulks({"a", "1", "b", "2"}));
  EXPECT_EQ(run("ZRANGESTORE z z 3 2 BYSCORE REV LIMIT 0 1"), integer(1));
  EXPECT_EQ(run("ZRANGE z 0 -1 WITHSCORES"), bulks({"c", "3"}));
  EXPECT_EQ(run("ZRANGESTORE z nokey 0 1"), integer(0));
  EXPECT_EQ(run("EXISTS z"), integer(0));
}

}  // namespace
}  // namespace respawn::commands::test
