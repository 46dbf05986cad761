// DEBUG RELOAD, and the levers of tests that say how time passes.
#include <gmock/gmock.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::HasSubstr;

class DebugReload : public CommandTest {
 protected:
  DebugReload() {
    server.configure([](config::Config& c) { c.enable_debug_command = config::Permission::yes; });
  }
};

TEST_F(DebugReload, AllDataIsAsItWas) {
  run("SET s text");
  run("SET i 12 PX 100000");
  run("RPUSH l a b c");
  run("SADD set x y 1");
  run("HSET h f v g w");
  run("HPEXPIRE h 5000 FIELDS 1 g");
  run("ZADD z 1.5 m 2 n");
  run("SELECT 3");
  run("SET other 1");
  const std::string before = run("DEBUG DIGEST");
  EXPECT_EQ(run("DEBUG RELOAD"), ok);
  EXPECT_EQ(run("DEBUG DIGEST"), before);
  EXPECT_EQ(run("GET other"), bulk("1"));
  run("SELECT 0");
  EXPECT_EQ(run("PTTL i"), integer(100'000));
  EXPECT_EQ(run("HPTTL h FIELDS 2 f g"), array({integer(-1), integer(5000)}));
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"a", "b", "c"}));
}

TEST_F(DebugReload, EncodingsAreAsTheConfigurationWantsThem) {
  run("RPUSH l a b c");
  EXPECT_EQ(run("OBJECT ENCODING l"), bulk("listpack"));
  server.configure([](config::Config& c) { c.list_max_listpack_size = 2; });
  run("DEBUG RELOAD");
  EXPECT_EQ(run("OBJECT ENCODING l"), bulk("quicklist"));
}

TEST_F(DebugReload, WhatIsOverIsGone) {
  run("DEBUG SET-ACTIVE-EXPIRE 0");
  run("SET k v PX 10");
  run("SET j v");
  pass_ms(50);
  EXPECT_EQ(run("DBSIZE"), integer(2));
  run("DEBUG RELOAD");
  EXPECT_EQ(run("DBSIZE"), integer(1));
}

TEST_F(DebugReload, ItCountsAsNoChange) {
  run("SET k v");
  run("DEBUG RELOAD");
  EXPECT_EQ(server.store.databases.changes, 0U);
}

TEST_F(DebugReload, LoadsWhatIsInTheFileOnTopOrAlone) {
  const std::string failed = error("ERR Error trying to load the RDB dump, check server logs");
  run("SET k 1");
  EXPECT_EQ(run("DEBUG RELOAD NOSAVE"), failed) << "there is no file";
  EXPECT_EQ(run("SAVE"), ok);
  run("SET k 2");
  run("SET later 3");
  EXPECT_EQ(run("DEBUG RELOAD NOSAVE NOFLUSH"), failed) << "a key is there twice";
  EXPECT_EQ(run("DEBUG RELOAD NOSAVE NOFLUSH MERGE"), ok);
  EXPECT_EQ(run("MGET k later"), bulks({"1", "3"}));
  EXPECT_EQ(run("DEBUG RELOAD NOSAVE"), ok);
  EXPECT_EQ(run("DBSIZE"), integer(1));
}

TEST_F(DebugReload, FunctionsAreLoadedAgain) {
  run({"FUNCTION", "LOAD",
       "#!lua name=one\nredis.register_function('f', function() return 7 end)"});
  EXPECT_EQ(run("DEBUG RELOAD"), ok);
  EXPECT_EQ(run("FCALL f 0"), integer(7));
  EXPECT_EQ(run("DEBUG RELOAD NOFLUSH"),
            error("ERR Error trying to load the RDB dump, check server logs"));
  EXPECT_EQ(run("DEBUG RELOAD NOFLUSH MERGE"), ok);
  EXPECT_EQ(run("FCALL f 0"), integer(7));
}

TEST_F(DebugReload, ItsOptionsAreChecked) {
  EXPECT_EQ(run("DEBUG RELOAD MERGE noflush"), ok);
  EXPECT_EQ(run("DEBUG RELOAD NOSUCH"),
            error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."));
}

TEST_F(DebugReload, PauseCronStopsExpiryByTime) {
  run("SET k v PX 10");
  EXPECT_EQ(run("DEBUG PAUSE-CRON 1"), ok);
  pass_ms(50);
  EXPECT_EQ(run("DBSIZE"), integer(1));
  EXPECT_EQ(run("DEBUG PAUSE-CRON 0"), ok);
  pass_ms(1);
  EXPECT_EQ(run("DBSIZE"), integer(0));
}

TEST_F(DebugReload, ReplyBuffersAreNotKept) {
  EXPECT_EQ(run("DEBUG REPLYBUFFER PEAK-RESET-TIME 100"), ok);
  EXPECT_EQ(run("DEBUG REPLYBUFFER PEAK-RESET-TIME never"), ok);
  EXPECT_EQ(run("DEBUG REPLYBUFFER PEAK-RESET-TIME reset"), ok);
  EXPECT_EQ(run("DEBUG REPLYBUFFER PEAK-RESET-TIME soon"), not_an_integer);
  EXPECT_EQ(run("DEBUG REPLYBUFFER RESIZING 0"), ok);
  EXPECT_THAT(run("DEBUG REPLYBUFFER NOSUCH 0"), HasSubstr("unknown subcommand"));
}

TEST_F(DebugReload, TheConfigurationFileIsWritten) {
  EXPECT_EQ(run("DEBUG CONFIG-REWRITE-FORCE-ALL"), ok);
  EXPECT_EQ(server.services.configuration.rewrites, 1);
  server.services.configuration.rewrite_error = "ERR no file";
  EXPECT_EQ(run("DEBUG CONFIG-REWRITE-FORCE-ALL"), error("ERR no file"));
}

}  // namespace
}  // namespace respawn::commands::test
