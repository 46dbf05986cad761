// Scripts that take longer than a slice: who waits, who is answered, what ends them.
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class LongScriptsTest : public CommandTest {
 protected:
  /// One slice in which no time passes, and so much in front of it.
  void slice(std::int64_t ms = 0) {
    server.clock.advance_ms(ms);
    server.go_on_suspended();
  }

  /// Until a script that ends has ended.
  void slices() {
    for (int i = 0; i < 1000 && server.executor->suspended(); ++i) slice();
  }

  const std::string busy = error(
      "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");
  const std::string busy_function = error(
      "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");
  static constexpr std::string_view endless = "while true do end";
  static constexpr std::string_view long_one =
      "local n = 0 for i = 1, 20000000 do n = n + 1 end return n";
};

TEST_F(LongScriptsTest, OthersWaitUntilItHasEnded) {
  Client& other = connect();
  EXPECT_EQ(run({"EVAL", long_one, "0"}), "");
  EXPECT_EQ(other.run("PING"), "");
  EXPECT_EQ(other.received(), "");
  slices();
  EXPECT_EQ(server.first.received(), integer(20'000'000));
  EXPECT_EQ(other.received(), "+PONG\r\n");
}

TEST_F(LongScriptsTest, OthersAreToldWhenItTakesTooLong) {
  Client& other = connect();
  Client& third = connect();
  run({"EVAL", endless, "0"});
  EXPECT_EQ(other.run("PING"), "");
  slice(4'000);
  EXPECT_EQ(other.received(), "");
  slice(1'001);
  EXPECT_EQ(other.received(), busy);
  EXPECT_EQ(third.run("GET k"), busy);
  EXPECT_NE(third.run("INFO server").find("redis_version"), std::string::npos);
  EXPECT_EQ(third.run("MULTI"), ok);
  EXPECT_EQ(third.run("GET k"), busy);
  EXPECT_EQ(third.run("SCRIPT KILL"), simple("QUEUED"));
  EXPECT_EQ(other.run("SCRIPT KILL"), ok);
  slice();
  EXPECT_EQ(server.first.received(),
            error("ERR Script killed by user with SCRIPT KILL... script: "
                  "694a5fe1ddb97a4c6a1bf299d9537c7d3d0f84e7, on @user_script:1."));
  EXPECT_EQ(other.run("PING"), "+PONG\r\n");
  EXPECT_NE(third.run("EXEC").find("EXECABORT"), std::string::npos);
  EXPECT_EQ(other.run("SCRIPT KILL"), error("NOTBUSY No scripts in execution right now."));
}

TEST_F(LongScriptsTest, WhatHasWrittenCannotBeKilled) {
  Client& other = connect();
  run({"EVAL",
       "redis.call('SET', 'k', 1) local n = 0 for i = 1, 20000000 do n = n + 1 end "
       "return redis.call('GET', 'k')",
       "0"});
  slice(5'001);
  EXPECT_NE(other.run("SCRIPT KILL").find("-UNKILLABLE"), std::string::npos);
  EXPECT_NE(other.run("FUNCTION KILL").find("-UNKILLABLE"), std::string::npos);
  EXPECT_EQ(other.run("SHUTDOWN"), busy);
  slices();
  EXPECT_EQ(server.first.received(), bulk("1"));
  EXPECT_EQ(other.run("GET k"), bulk("1"));
}

TEST_F(LongScriptsTest, FunctionsAreKilledByTheirOwnCommand) {
  run({"FUNCTION", "LOAD",
       "#!lua name=l\nredis.register_function('f', function() while true do end end)"});
  Client& other = connect();
  run("FCALL f 1 key arg");
  slice(5'001);
  EXPECT_EQ(other.run("PING"), busy_function);
  EXPECT_EQ(other.run("SCRIPT KILL"), busy_function);
  const std::string stats = other.run("FUNCTION STATS");
  EXPECT_NE(stats.find(bulks({"FCALL", "f", "1", "key", "arg"})), std::string::npos) << stats;
  EXPECT_EQ(other.run("FUNCTION KILL"), ok);
  slice();
  EXPECT_NE(server.first.received().find("killed by user"), std::string::npos);
  EXPECT_EQ(run("FCALL f 1").substr(0, 4), "-ERR");
}

TEST_F(LongScriptsTest, LibrariesAreLoadedInSlices) {
  Client& other = connect();
  EXPECT_EQ(run({"FUNCTION", "LOAD",
                 "#!lua name=l\nlocal n = 0 for i = 1, 20000000 do n = n + 1 end "
                 "redis.register_function('f', function() return n end)"}),
            "");
  EXPECT_EQ(other.run("FCALL f 0"), "");
  slices();
  EXPECT_EQ(server.first.received(), bulk("l"));
  EXPECT_EQ(other.received(), integer(20'000'000));
}

TEST_F(LongScriptsTest, LoadingIsKilledOrTakesTooLong) {
  constexpr std::string_view endless_library = "#!lua name=l\nwhile true do end";
  Client& other = connect();
  run({"FUNCTION", "LOAD", endless_library});
  slice(501);
  EXPECT_NE(server.first.received().find("FUNCTION LOAD timeout"), std::string::npos);
  server.configure([](config::Config& c) { c.busy_reply_threshold_ms = 100; });
  run({"FUNCTION", "LOAD", endless_library});
  slice(101);
  EXPECT_EQ(other.run("FCALL f 0"), busy_function);
  EXPECT_EQ(other.run("FUNCTION KILL"), ok);
  slice();
  EXPECT_NE(server.first.received().find("killed by user"), std::string::npos);
  run({"FUNCTION", "LOAD", endless_library});
  server.restart();
  EXPECT_EQ(other.run({"FUNCTION", "LOAD",
                       "#!lua name=l\nredis.register_function('f', function() return 1 end)"}),
            bulk("l"));
}

TEST_F(LongScriptsTest, GoOnWithinTransactions) {
  Client& other = connect();
  server.first.run("MULTI");
  server.first.run("SET k 1");
  run({"EVAL", long_one, "0"});
  server.first.run("INCR k");
  EXPECT_EQ(server.first.run("EXEC"), "");
  EXPECT_EQ(other.run("GET k"), "");
  slices();
  EXPECT_EQ(server.first.received(), array({ok, integer(20'000'000), integer(2)}));
  EXPECT_EQ(other.received(), bulk("2"));
}

TEST_F(LongScriptsTest, WhatCameBeforeIsAnsweredAtOnceAndWhatComesBehindLater) {
  EXPECT_EQ(server.first.pipeline({"SET k 1", "EVAL '" + std::string(long_one) + "' 0", "GET k"}),
            ok);
  slices();
  EXPECT_EQ(server.first.received(), integer(20'000'000) + bulk("1"));
}

TEST_F(LongScriptsTest, TimeStandsStillAndNothingEnds) {
  run("SET k v PX 100");
  run({"EVAL",
       "local n = 0 for i = 1, 20000000 do n = n + 1 end "
       "return {redis.call('GET', 'k'), redis.call('PTTL', 'k')}",
       "0"});
  slice(1'000);
  slices();
  EXPECT_EQ(server.first.received(), array({bulk("v"), integer(100)}));
  EXPECT_EQ(run("GET k"), null);
}

TEST_F(LongScriptsTest, BlockedClientsAreServedBehindIt) {
  Client& waiting = connect();
  waiting.run("BLPOP l 0");
  run({"EVAL",
       "redis.call('RPUSH', 'l', 1) local n = 0 for i = 1, 20000000 do n = n + 1 end "
       "return redis.call('LLEN', 'l')",
       "0"});
  slice();
  EXPECT_EQ(waiting.received(), "");
  slices();
  EXPECT_EQ(server.first.received(), integer(1));
  EXPECT_EQ(waiting.received(), bulks({"l", "1"}));
}

TEST_F(LongScriptsTest, TheKeyspaceActorMayEndInTheMiddle) {
  Client& other = connect();
  run({"EVAL",
       "redis.call('SET', 'k', 1) while true do pcall(function() while true do end end) "
       "end",
       "0"});
  slice(5'001);
  EXPECT_EQ(other.run("PING"), busy);
  server.restart();
  EXPECT_EQ(other.run("GET k"), bulk("1"));
  EXPECT_EQ(other.run({"EVAL", "return 5", "0"}), integer(5));
  EXPECT_EQ(other.run("SCRIPT KILL"), error("NOTBUSY No scripts in execution right now."));
}

TEST_F(LongScriptsTest, NoThresholdMeansThatOthersWait) {
  server.configure([](config::Config& c) { c.busy_reply_threshold_ms = 0; });
  Client& other = connect();
  run({"EVAL", long_one, "0"});
  slice(100'000);
  EXPECT_EQ(other.run("PING"), "");
  slices();
  EXPECT_EQ(other.received(), "+PONG\r\n");
}

TEST_F(LongScriptsTest, PauseLooksAtTheFlagsOfScripts) {
  run("CLIENT PAUSE 100000 WRITE");
  EXPECT_EQ(run({"EVAL", "#!lua flags=no-writes\nreturn 1", "0"}), integer(1));
  Client& other = connect();
  EXPECT_EQ(other.run({"EVAL", "return 1", "0"}), "");
  run("CLIENT UNPAUSE");
  EXPECT_EQ(other.received(), integer(1));
}

}  // namespace
}  // namespace respawn::commands::test
