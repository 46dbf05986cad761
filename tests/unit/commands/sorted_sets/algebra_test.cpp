#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ZsetAlgebraTest = CommandTest;
using protocol::RespVersion;

TEST_F(ZsetAlgebraTest, UnionsIntersectionsDifferences) {
  run("ZADD a 1 x 2 y 3 z");
  run("ZADD b 10 y 20 z 30 w");
  EXPECT_EQ(run("ZUNION 2 a b WITHSCORES"), bulks({"x", "1", "y", "12", "z", "23", "w", "30"}));
  EXPECT_EQ(run("ZINTER 2 a b WITHSCORES"), bulks({"y", "12", "z", "23"}));
  EXPECT_EQ(run("ZDIFF 2 a b WITHSCORES"), bulks({"x", "1"}));
  EXPECT_EQ(run("ZINTER 2 a b WEIGHTS 2 -1 WITHSCORES"), bulks({"z", "-14", "y", "-6"}));
  EXPECT_EQ(run("ZINTER 2 a b AGGREGATE MAX WITHSCORES"), bulks({"y", "10", "z", "20"}));
  EXPECT_EQ(run("ZUNION 2 a b aggregate min"), bulks({"x", "y", "z", "w"}));
  EXPECT_EQ(run("ZINTER 2 a nokey"), array({}));
  EXPECT_EQ(run("ZINTER 2 a a WITHSCORES"), bulks({"x", "2", "y", "4", "z", "6"}));
  EXPECT_EQ(run("ZDIFF 2 a a"), array({}));
  EXPECT_EQ(connect(RespVersion::resp3).run("ZDIFF 2 a b WITHSCORES"),
            "*1\r\n*2\r\n$1\r\nx\r\n,1\r\n");
}

TEST_F(ZsetAlgebraTest, Stores) {
  run("ZADD a 1 x 2 y");
  run("ZADD b 10 y");
  EXPECT_EQ(run("ZUNIONSTORE d 2 a b"), integer(2));
  EXPECT_EQ(run("ZRANGE d 0 -1 WITHSCORES"), bulks({"x", "1", "y", "12"}));
  EXPECT_EQ(run("ZINTERSTORE d 2 a b WEIGHTS 1 0"), integer(1));
  EXPECT_EQ(run("ZRANGE d 0 -1 WITHSCORES"), bulks({"y", "2"}));
  EXPECT_EQ(run("ZDIFFSTORE d 2 b a"), integer(0));
  EXPECT_EQ(run("EXISTS d"), integer(0));
  EXPECT_EQ(run("ZDIFFSTORE a 2 a b"), integer(1));
  EXPECT_EQ(run("ZRANGE a 0 -1"), bulks({"x"}));
}

TEST_F(ZsetAlgebraTest, InfinitiesThatCancelAreZero) {
  run("ZADD a inf x");
  run("ZADD b -inf x");
  EXPECT_EQ(run("ZUNION 2 a b WITHSCORES"), bulks({"x", "0"}));
  EXPECT_EQ(run("ZINTER 2 a b WITHSCORES"), bulks({"x", "0"}));
  EXPECT_EQ(run("ZUNION 1 a WEIGHTS 0 WITHSCORES"), bulks({"x", "0"}));
}

TEST_F(ZsetAlgebraTest, SetsCountAsScoreOne) {
  run("SADD s x y 5");
  run("ZADD a 3 x 4 q");
  EXPECT_EQ(run("ZUNION 2 s a WITHSCORES"), bulks({"5", "1", "y", "1", "q", "4", "x", "4"}));
  EXPECT_EQ(run("ZINTER 2 s a WEIGHTS 5 1 WITHSCORES"), bulks({"x", "8"}));
  EXPECT_EQ(run("ZDIFF 2 s a"), bulks({"5", "y"}));
  EXPECT_EQ(run("ZINTERCARD 2 s s"), integer(3));
}

TEST_F(ZsetAlgebraTest, CountsUpToALimit) {
  run("ZADD a 1 x 2 y 3 z");
  EXPECT_EQ(run("ZINTERCARD 2 a a"), integer(3));
  EXPECT_EQ(run("ZINTERCARD 2 a a LIMIT 2"), integer(2));
  EXPECT_EQ(run("ZINTERCARD 2 a a LIMIT 0"), integer(3));
  EXPECT_EQ(run("ZINTERCARD 2 a nokey LIMIT 1"), integer(0));
  EXPECT_EQ(run("ZINTERCARD 1 a LIMIT -1"), error("ERR LIMIT can't be negative"));
}

TEST_F(ZsetAlgebraTest, Refuses) {
  EXPECT_EQ(run("ZUNION 0 a"), error("ERR at least 1 input key is needed for 'zunion' command"));
  EXPECT_EQ(run("ZUNION x a"), not_an_integer);
  EXPECT_EQ(run("ZUNIONSTORE d 2 a b WEIGHTS 1 x"), error("ERR weight value is not a float"));
  for (const char* command :
       {"ZUNION 2 a", "ZUNION 1 a WEIGHTS", "ZUNION 1 a AGGREGATE AVG", "ZUNION 1 a AGGREGATE",
        "ZDIFF 1 a WEIGHTS 1", "ZUNIONSTORE d 1 a WITHSCORES", "ZINTERCARD 1 a WEIGHTS 1"})
    EXPECT_EQ(run(command), syntax_error) << command;
}

}  // namespace
}  // namespace respawn::commands::test
