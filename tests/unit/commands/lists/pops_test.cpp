#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ListPopsTest = CommandTest;
using BlockingTest = CommandTest;

TEST_F(ListPopsTest, OneElement) {
  run("RPUSH l a b c");
  EXPECT_EQ(run("LPOP l"), bulk("a"));
  EXPECT_EQ(run("RPOP l"), bulk("c"));
  EXPECT_EQ(run("LPOP l"), bulk("b"));
  EXPECT_EQ(run("EXISTS l"), integer(0));
  EXPECT_EQ(run("LPOP l"), null);
  EXPECT_EQ(run("RPOP l"), null);
}

TEST_F(ListPopsTest, SeveralElements) {
  run("RPUSH l a b c d e");
  EXPECT_EQ(run("LPOP l 2"), bulks({"a", "b"}));
  EXPECT_EQ(run("RPOP l 2"), bulks({"e", "d"}));
  EXPECT_EQ(run("LPOP l 0"), array({}));
  EXPECT_EQ(run("RPOP l 9223372036854775807"), bulks({"c"}));
  EXPECT_EQ(run("LPOP l 0"), null_array);
  EXPECT_EQ(run("RPOP l 2"), null_array);
  EXPECT_EQ(connect(protocol::RespVersion::resp3).run("RPOP l 2"), null3);
}

TEST_F(ListPopsTest, Refusals) {
  const std::string must_be_positive = error("ERR value is out of range, must be positive");
  EXPECT_EQ(run("LPOP l -1"), must_be_positive);
  EXPECT_EQ(run("RPOP l x"), must_be_positive);
  EXPECT_EQ(run("LPOP l 1 2"), error("ERR wrong number of arguments for 'lpop' command"));
  run("SET s x");
  for (const char* command :
       {"LPOP s", "LPOP s 0", "RPOP s 1", "BLPOP s 0", "BLPOP nokey s 0", "LMPOP 2 nokey s LEFT",
        "BLMPOP 0 1 s LEFT", "RPOPLPUSH s l", "BLMOVE s l LEFT LEFT 0"}) {
    EXPECT_EQ(run(command), wrong_type) << command;
  }
}

TEST_F(ListPopsTest, EventsAndChanges) {
  run("RPUSH l a b c d e");
  EXPECT_EQ(events_of("LPOP l"), "lpop l");
  EXPECT_EQ(changes_of("RPOP l 2"), 2u);
  EXPECT_EQ(events_of("BRPOP l 0"), "rpop l");
  EXPECT_EQ(events_of("LMPOP 1 l LEFT"), "lpop l, del l");
}

TEST_F(ListPopsTest, FromTheFirstListThatHasAny) {
  run("RPUSH b 1 2 3");
  EXPECT_EQ(run("LMPOP 2 a b LEFT"), array({bulk("b"), bulks({"1"})}));
  EXPECT_EQ(run("LMPOP 2 a b right COUNT 10"), array({bulk("b"), bulks({"3", "2"})}));
  EXPECT_EQ(run("LMPOP 2 a b LEFT"), null_array);
  run("RPUSH b 1");
  EXPECT_EQ(run("BLMPOP 0 2 a b LEFT COUNT 2"), array({bulk("b"), bulks({"1"})}));
}

TEST_F(ListPopsTest, LmpopRefuses) {
  for (const char* count : {"0", "-1", "x"})
    EXPECT_EQ(run(std::string("LMPOP ") + count + " l LEFT"),
              error("ERR numkeys should be greater than 0"));
  for (const char* count : {"0", "-1", "x"})
    EXPECT_EQ(run(std::string("LMPOP 1 l LEFT COUNT ") + count),
              error("ERR count should be greater than 0"));
  for (const char* arguments : {"1 l FOO", "2 l LEFT", "3 l LEFT", "9223372036854775807 l LEFT",
                                "1 l LEFT COUNT", "1 l LEFT COUNT 1 COUNT 1", "1 l LEFT FOO 1"}) {
    EXPECT_EQ(run(std::string("LMPOP ") + arguments), syntax_error) << arguments;
    EXPECT_EQ(run(std::string("BLMPOP 0 ") + arguments), syntax_error) << arguments;
  }
  EXPECT_EQ(run("BLMPOP x 1 l LEFT"), error("ERR timeout is not a float or out of range"));
}

TEST_F(ListPopsTest, Moving) {
  run("RPUSH a 1 2 3");
  EXPECT_EQ(run("LMOVE a b LEFT RIGHT"), bulk("1"));
  EXPECT_EQ(run("LMOVE a b RIGHT LEFT"), bulk("3"));
  EXPECT_EQ(run("RPOPLPUSH a b"), bulk("2"));
  EXPECT_EQ(run("EXISTS a"), integer(0));
  EXPECT_EQ(run("LRANGE b 0 -1"), bulks({"2", "3", "1"}));
  EXPECT_EQ(run("LMOVE a b LEFT LEFT"), null);
  EXPECT_EQ(run("BLMOVE b a RIGHT RIGHT 0"), bulk("1"));
  EXPECT_EQ(run("BRPOPLPUSH b a 0"), bulk("3"));
  EXPECT_EQ(run("LRANGE a 0 -1"), bulks({"3", "1"}));
  EXPECT_EQ(run("LMOVE a b FOO LEFT"), syntax_error);
  EXPECT_EQ(run("BLMOVE a b LEFT FOO 0"), syntax_error);
}

TEST_F(ListPopsTest, MovingWithinOneList) {
  run("RPUSH l a b c");
  EXPECT_EQ(run("LMOVE l l LEFT RIGHT"), bulk("a"));
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"b", "c", "a"}));
  EXPECT_EQ(run("LMOVE l l RIGHT RIGHT"), bulk("a"));
  EXPECT_EQ(run("RPOPLPUSH l l"), bulk("a"));
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"a", "b", "c"}));
  run("RPUSH one x");
  EXPECT_EQ(events_of("RPOPLPUSH one one"), "lpush one, rpop one");
  EXPECT_EQ(run("LRANGE one 0 -1"), bulks({"x"}));
}

TEST_F(ListPopsTest, MovingToAnotherTypeChangesNothing) {
  run("RPUSH l a");
  run("SET s x");
  EXPECT_EQ(run("LMOVE l s LEFT LEFT"), wrong_type);
  EXPECT_EQ(run("LMOVE nokey s LEFT LEFT"), null);
  EXPECT_EQ(run("LLEN l"), integer(1));
  EXPECT_EQ(events_of("LMOVE l m LEFT RIGHT"), "new m, rpush m, lpop l, del l");
  EXPECT_EQ(changes_of("LMOVE m l LEFT RIGHT"), 1u);
}

TEST_F(BlockingTest, APushServesAWaiter) {
  Client& waiter = connect();
  EXPECT_EQ(waiter.run("BLPOP a b 0"), no_reply);
  EXPECT_TRUE(waiter.blocked());
  EXPECT_EQ(run("RPUSH b x y"), integer(2));
  EXPECT_EQ(waiter.received(), bulks({"b", "x"}));
  EXPECT_FALSE(waiter.blocked());
  EXPECT_EQ(run("LRANGE b 0 -1"), bulks({"y"}));
}

TEST_F(BlockingTest, TheKeysAreTriedInTheOrderOfTheCommand) {
  run("RPUSH b 1");
  run("RPUSH a 2");
  EXPECT_EQ(run("BLPOP a b 0"), bulks({"a", "2"}));
  EXPECT_EQ(run("BRPOP a b 0"), bulks({"b", "1"}));
}

TEST_F(BlockingTest, WaitersAreServedInTheOrderOfTheirArrival) {
  Client& first = connect();
  Client& second = connect();
  Client& third = connect();
  first.run("BLPOP l 0");
  second.run("BRPOP l 0");
  third.run("BLPOP l 0");
  run("RPUSH l 1 2");
  EXPECT_EQ(first.received(), bulks({"l", "1"}));
  EXPECT_EQ(second.received(), bulks({"l", "2"}));
  EXPECT_TRUE(third.blocked());
  run("RPUSH l 3");
  EXPECT_EQ(third.received(), bulks({"l", "3"}));
}

TEST_F(BlockingTest, AWaitEndsInTime) {
  Client& waiter = connect();
  waiter.run("BLPOP l 0.1");
  pass_ms(99);
  EXPECT_TRUE(waiter.blocked());
  pass_ms(1);
  EXPECT_EQ(waiter.received(), null_array);
  run("RPUSH l x");
  EXPECT_EQ(waiter.received(), no_reply);
  EXPECT_EQ(run("LLEN l"), integer(1));
}

TEST_F(BlockingTest, WhatAWaitInVainAnswers) {
  Client& resp3 = connect(protocol::RespVersion::resp3);
  for (const char* command : {"BLPOP l 1", "BRPOP l m 1", "BLMPOP 1 1 l LEFT",
                              "BLMOVE l m LEFT LEFT 1", "BRPOPLPUSH l m 1"}) {
    EXPECT_EQ(run(command), no_reply) << command;
    EXPECT_EQ(resp3.run(command), no_reply) << command;
    pass_ms(1000);
    EXPECT_EQ(server.first.received(), null_array) << command;
    EXPECT_EQ(resp3.received(), null3) << command;
  }
}

TEST_F(BlockingTest, TimeoutsThatAreNone) {
  for (const char* command : {"BLPOP l x", "BRPOP l nan", "BRPOPLPUSH l m \"\""})
    EXPECT_EQ(run(command), error("ERR timeout is not a float or out of range")) << command;
  EXPECT_EQ(run("BLPOP l -1"), error("ERR timeout is negative"));
  EXPECT_EQ(run("BLPOP l -0.001"), error("ERR timeout is negative"));
  EXPECT_EQ(run("BLMOVE l m LEFT LEFT 1e18"), error("ERR timeout is out of range"));
}

TEST_F(BlockingTest, TheRestOfAPipelineWaitsBehindIt) {
  Client& waiter = connect();
  EXPECT_EQ(waiter.pipeline({"SET a 1", "BLPOP l 0", "SET a 2", "GET a"}), ok);
  EXPECT_EQ(run("GET a"), bulk("1"));
  run("RPUSH l x");
  EXPECT_EQ(waiter.received(), bulks({"l", "x"}) + ok + bulk("2"));
}

TEST_F(BlockingTest, APipelineMayBlockTwice) {
  Client& waiter = connect();
  waiter.pipeline({"BLPOP l 0", "BLPOP l 0", "PING"});
  run("RPUSH l x");
  EXPECT_EQ(waiter.received(), bulks({"l", "x"}));
  EXPECT_TRUE(waiter.blocked());
  run("RPUSH l y");
  EXPECT_EQ(waiter.received(), bulks({"l", "y"}) + simple("PONG"));
}

TEST_F(BlockingTest, AKeyOfAnotherTypeServesNobody) {
  Client& waiter = connect();
  waiter.run("BLPOP a b 0");
  run("SET a x");
  EXPECT_TRUE(waiter.blocked());
  run("RPUSH b y");
  EXPECT_EQ(waiter.received(), bulks({"b", "y"}));
}

TEST_F(BlockingTest, AClientThatLeavesTakesNothing) {
  Client& leaver = connect();
  Client& waiter = connect();
  leaver.run("BLPOP l 0");
  waiter.run("BLPOP l 0");
  server.disconnect(leaver);
  run("RPUSH l x");
  EXPECT_EQ(waiter.received(), bulks({"l", "x"}));
}

TEST_F(BlockingTest, MovesAreChained) {
  Client& mover = connect();
  Client& waiter = connect();
  waiter.run("BLPOP b 0");
  mover.run("BLMOVE a b LEFT RIGHT 0");
  run("RPUSH a x");
  EXPECT_EQ(mover.received(), bulk("x"));
  EXPECT_EQ(waiter.received(), bulks({"b", "x"}));
  EXPECT_EQ(run("DBSIZE"), integer(0));
}

TEST_F(BlockingTest, AMoveToAnotherTypeFailsAndLeavesTheElementToTheNext) {
  Client& mover = connect();
  Client& waiter = connect();
  mover.run("BRPOPLPUSH a s 0");
  waiter.run("BLPOP a 0");
  run("SET s text");
  run("RPUSH a x");
  EXPECT_EQ(mover.received(), wrong_type);
  EXPECT_EQ(waiter.received(), bulks({"a", "x"}));
}

TEST_F(BlockingTest, BlmpopTakesAsManyAsThereAre) {
  Client& waiter = connect();
  waiter.run("BLMPOP 0 2 a b RIGHT COUNT 3");
  run("RPUSH b 1 2");
  EXPECT_EQ(waiter.received(), array({bulk("b"), bulks({"2", "1"})}));
}

TEST_F(BlockingTest, WaitersSurviveARestartInTheirOrder) {
  Client& first = connect();
  Client& second = connect();
  first.run("BLPOP l 0");
  second.run("BLPOP l 5");
  server.restart();
  run("RPUSH l 1");
  EXPECT_EQ(first.received(), bulks({"l", "1"}));
  pass_ms(5000);
  EXPECT_EQ(second.received(), null_array);
}

TEST_F(BlockingTest, AListThatCameAndWentServesNobody) {
  Client& waiter = connect();
  waiter.run("BLPOP l 0");
  Client& other = connect();
  other.run("BLPOP l 0");
  run("RPUSH l x");
  EXPECT_EQ(waiter.received(), bulks({"l", "x"}));
  EXPECT_TRUE(other.blocked());
  EXPECT_EQ(run("EXISTS l"), integer(0));
}

}  // namespace
}  // namespace respawn::commands::test
