#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ZsetPopsTest = CommandTest;
using protocol::RespVersion;

TEST_F(ZsetPopsTest, Pops) {
  run("ZADD z 1 a 2 b 3 c 4 d 5 e");
  EXPECT_EQ(run("ZPOPMIN z"), bulks({"a", "1"}));
  EXPECT_EQ(run("ZPOPMAX z 2"), bulks({"e", "5", "d", "4"}));
  EXPECT_EQ(run("ZPOPMIN z 0"), array({}));
  auto& three = connect(RespVersion::resp3);
  EXPECT_EQ(three.run("ZPOPMIN z"), "*2\r\n$1\r\nb\r\n,2\r\n");
  EXPECT_EQ(three.run("ZPOPMIN z 5"), "*1\r\n*2\r\n$1\r\nc\r\n,3\r\n");
  EXPECT_EQ(run("EXISTS z"), integer(0));
  EXPECT_EQ(run("ZPOPMIN z"), array({}));
  EXPECT_EQ(run("ZPOPMIN z 1 2"), syntax_error);
  EXPECT_EQ(run("ZPOPMIN z -1"), error("ERR value is out of range, must be positive"));
}

TEST_F(ZsetPopsTest, FromTheFirstThatHasAny) {
  run("ZADD b 1 x 2 y 3 z");
  EXPECT_EQ(run("ZMPOP 2 a b MIN"), array({bulk("b"), array({bulks({"x", "1"})})}));
  EXPECT_EQ(run("ZMPOP 2 a b max COUNT 9"),
            array({bulk("b"), array({bulks({"z", "3"}), bulks({"y", "2"})})}));
  EXPECT_EQ(run("ZMPOP 2 a b MIN"), null_array);
  EXPECT_EQ(run("ZMPOP 0 a MIN"), error("ERR numkeys should be greater than 0"));
  EXPECT_EQ(run("ZMPOP 1 a MIN COUNT 0"), error("ERR count should be greater than 0"));
  for (const char* command :
       {"ZMPOP 2 a MIN", "ZMPOP 1 a MID", "ZMPOP 1 a MIN COUNT", "ZMPOP 1 a MIN COUNT 1 COUNT 2",
        "ZMPOP 9223372036854775807 a MIN", "BZMPOP 0 1 a MIN x"})
    EXPECT_EQ(run(command), syntax_error) << command;
}

TEST_F(ZsetPopsTest, WaitsForAMember) {
  auto& waiter = connect();
  EXPECT_EQ(waiter.run("BZPOPMIN a b 0"), no_reply);
  run("ZADD b 2 y 1 x");
  EXPECT_EQ(waiter.received(), bulks({"b", "x", "1"}));
  EXPECT_EQ(waiter.run("BZPOPMAX a b 0"), bulks({"b", "y", "2"}));
  EXPECT_EQ(waiter.run("BZMPOP 0 1 c MAX COUNT 2"), no_reply);
  run("ZADD c 1 a 2 b 3 c");
  EXPECT_EQ(waiter.received(), array({bulk("c"), array({bulks({"c", "3"}), bulks({"b", "2"})})}));
  EXPECT_EQ(run("ZCARD c"), integer(1));
}

TEST_F(ZsetPopsTest, IsServedByWhateverMakesASortedSet) {
  run("ZADD source 1 a");
  for (const char* command :
       {"ZUNIONSTORE k 1 source", "ZRANGESTORE k source 0 -1", "COPY source k", "ZINCRBY k 1 a"}) {
    auto& waiter = connect();
    EXPECT_EQ(waiter.run("BZPOPMIN k 0"), no_reply) << command;
    run(command);
    EXPECT_EQ(waiter.received(), bulks({"k", "a", "1"})) << command;
  }
  auto& waiter = connect();
  waiter.run("BZPOPMIN k 0");
  run("RENAME source k");
  EXPECT_EQ(waiter.received(), bulks({"k", "a", "1"}));
}

TEST_F(ZsetPopsTest, GoesOnWaitingWhenAnotherTypeComes) {
  auto& waiter = connect();
  waiter.run("BZPOPMIN k 1");
  run("RPUSH k x");
  EXPECT_EQ(waiter.received(), no_reply);
  pass_ms(1001);
  EXPECT_EQ(waiter.received(), null_array);
}

}  // namespace
}  // namespace respawn::commands::test
