// XREAD and XREADGROUP that wait.
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

const std::string group_gone =
    error("NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option");

class StreamReadsTest : public CommandTest {
 protected:
  static std::string one_entry(std::string_view id, std::string_view value) {
    return aggregate(
        '*', {aggregate(
                 '*', {bulk("s"),
                       aggregate(
                           '*', {aggregate('*', {bulk(id), bulks({"f", std::string(value)})})})})});
  }

  Client& second = connect();
};

TEST_F(StreamReadsTest, WhatIsNewIsReadAtOnce) {
  run("XADD s 1 f a");
  run("XADD s 2 f b");
  EXPECT_EQ(run("XREAD STREAMS s 1"), one_entry("2-0", "b"));
  EXPECT_EQ(run("XREAD COUNT 1 BLOCK 0 STREAMS s 0"), one_entry("1-0", "a"));
  EXPECT_EQ(run("XREAD STREAMS s +"), one_entry("2-0", "b"));
  EXPECT_EQ(run("XREAD STREAMS s $"), null_array);
  EXPECT_EQ(run("XREAD STREAMS s none 2 0"), null_array);
  Client& third = connect(protocol::RespVersion::resp3);
  EXPECT_EQ(third.run("XREAD STREAMS s 1"),
            aggregate('%', {bulk("s"),
                            aggregate('*', {aggregate('*', {bulk("2-0"), bulks({"f", "b"})})})}));
}

TEST_F(StreamReadsTest, ArgumentsAreChecked) {
  EXPECT_EQ(run("XREAD STREAMS s"), error("ERR wrong number of arguments for 'xread' command"));
  EXPECT_EQ(
      run("XREAD STREAMS s t 0"),
      error("ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be "
            "specified."));
  EXPECT_EQ(run("XREAD BLOCK -1 STREAMS s 0"), error("ERR timeout is negative"));
  EXPECT_EQ(run("XREAD BLOCK x STREAMS s 0"),
            error("ERR timeout is not an integer or out of range"));
  EXPECT_EQ(run("XREAD STREAMS s >"),
            error("ERR The > ID can be specified only when calling XREADGROUP using the GROUP "
                  "<group> <consumer> option."));
  EXPECT_EQ(
      run("XREAD NOACK STREAMS s 0"),
      error("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."));
  EXPECT_EQ(run("XREADGROUP COUNT 1 COUNT 1 STREAMS s >"),
            error("ERR Missing GROUP option for XREADGROUP"));
  EXPECT_EQ(run({"EVAL", "return redis.pcall('xread', 'block', '0', 'streams', 's', '$')", "0"}),
            error("ERR xread command is not allowed with BLOCK option from scripts"));
}

TEST_F(StreamReadsTest, TheLastEntryIsThatOfTheTimeWhenTheWaitBegan) {
  run("XADD s 1 f a");
  EXPECT_EQ(second.run("XREAD BLOCK 0 STREAMS s other $ $"), no_reply);
  run("XADD other2 1 f x");
  EXPECT_EQ(second.received(), no_reply);
  run("XADD s 2 f b");
  EXPECT_EQ(second.received(), one_entry("2-0", "b"));
}

TEST_F(StreamReadsTest, OneEntryIsOneConsumers) {
  run("XGROUP CREATE s g $ MKSTREAM");
  Client& third = connect();
  EXPECT_EQ(second.run("XREADGROUP GROUP g a BLOCK 0 STREAMS s >"), no_reply);
  EXPECT_EQ(third.run("XREADGROUP GROUP g b BLOCK 0 STREAMS s >"), no_reply);
  run("XADD s 1 f a");
  EXPECT_EQ(second.received(), one_entry("1-0", "a"));
  EXPECT_EQ(third.received(), no_reply);
  run("XADD s 2 f b");
  EXPECT_EQ(third.received(), one_entry("2-0", "b"));
}

TEST_F(StreamReadsTest, TimeEndsAWait) {
  EXPECT_EQ(second.run("XREAD BLOCK 100 STREAMS s $"), no_reply);
  pass_ms(101);
  EXPECT_EQ(second.received(), null_array);
}

TEST_F(StreamReadsTest, AWaitInATransactionIsNone) {
  run("MULTI");
  run("XREAD BLOCK 0 STREAMS s $");
  EXPECT_EQ(run("EXEC"), aggregate('*', {null_array}));
}

/// How each of these ends the wait of a consumer: the group is gone, or the key is something else.
TEST_F(StreamReadsTest, WhoWaitsInAGroupIsToldThatItIsGone) {
  const std::pair<const char*, std::string> ends[] = {
      {"DEL s", group_gone},
      {"UNLINK s", group_gone},
      {"FLUSHALL", group_gone},
      {"FLUSHDB", group_gone},
      {"SWAPDB 0 1", group_gone},
      {"RENAME s elsewhere", group_gone},
      {"MOVE s 2", group_gone},
      {"XGROUP DESTROY s g", group_gone},
      {"SET s text", wrong_type},
      {"EXPIRE s -1", group_gone},
      {"RENAME other s", wrong_type},
      {"COPY other s REPLACE", wrong_type},
      {"COPY empty s REPLACE", group_gone},
  };
  for (const auto& [line, reply] : ends) {
    SCOPED_TRACE(line);
    run("FLUSHALL");
    run("RPUSH other x");
    run("XADD empty 1 f v");
    run("XGROUP CREATE s g $ MKSTREAM");
    ASSERT_EQ(second.run("XREADGROUP GROUP g c BLOCK 0 STREAMS s >"), no_reply);
    run(line);
    EXPECT_EQ(second.received(), reply);
  }
}

TEST_F(StreamReadsTest, AStreamThatExpiresEndsTheWaitInItsGroup) {
  run("XGROUP CREATE s g $ MKSTREAM");
  ASSERT_EQ(second.run("XREADGROUP GROUP g c BLOCK 0 STREAMS s >"), no_reply);
  run("PEXPIRE s 50");
  pass_ms(60);
  EXPECT_EQ(second.received(), group_gone);
}

TEST_F(StreamReadsTest, WhoWaitsForAnyEntryDoesNotMind) {
  run("XADD s 5 f a");
  EXPECT_EQ(second.run("XREAD BLOCK 0 STREAMS s $"), no_reply);
  run("DEL s");
  EXPECT_EQ(second.received(), no_reply);
  run("SET s text");
  EXPECT_EQ(second.received(), no_reply);
  run("DEL s");
  run("XADD s 4 f b");
  EXPECT_EQ(second.received(), no_reply);
  run("XADD s 6 f c");
  EXPECT_EQ(second.received(), one_entry("6-0", "c"));
}

TEST_F(StreamReadsTest, AStreamThatAppearsServes) {
  run("XADD t 5 f a");
  for (const char* line : {"RENAME t s", "COPY t s"}) {
    SCOPED_TRACE(line);
    run("DEL s");
    EXPECT_EQ(second.run("XREAD BLOCK 0 STREAMS s 0"), no_reply);
    run(line);
    EXPECT_EQ(second.received(), one_entry("5-0", "a"));
    run("COPY s t");
  }
}

}  // namespace
}  // namespace respawn::commands::test
