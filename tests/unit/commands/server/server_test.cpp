#include <gmock/gmock.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class ServerCommand : public CommandTest {};

TEST_F(ServerCommand, TimeIsTheWallClock) {
  server.clock.advance_us(1'000'007);
  EXPECT_EQ(run("TIME"), bulks({"1700000001", "7"}));
  EXPECT_EQ(run("TIME now"), error("ERR wrong number of arguments for 'time' command"));
}

TEST_F(ServerCommand, RoleIsAMasterThatNobodyFollows) {
  EXPECT_EQ(run("ROLE"), array({bulk("master"), integer(0), array({})}));
  EXPECT_EQ(run("ROLE x"), error("ERR wrong number of arguments for 'role' command"));
}

TEST_F(ServerCommand, TheStartCountsAsTheLastSave) {
  pass_ms(10'000);
  EXPECT_EQ(run("LASTSAVE"), integer(1'700'000'000));
  EXPECT_THAT(run("INFO persistence"), testing::HasSubstr("rdb_last_save_time:1700000000\r\n"));
  EXPECT_EQ(run("LASTSAVE x"), error("ERR wrong number of arguments for 'lastsave' command"));
}

TEST_F(ServerCommand, LolwutEndsWithTheVersion) {
  const std::string version = "Redis ver. 7.2.4\n";
  EXPECT_EQ(run("LOLWUT"), bulk(version));
  EXPECT_EQ(run("LOLWUT VERSION"), bulk(version));
  EXPECT_EQ(run("LOLWUT VERSION 7"), bulk(version));
  EXPECT_EQ(run("LOLWUT some words"), bulk(version));
  EXPECT_EQ(run("LOLWUT VERSION x"), not_an_integer);
  EXPECT_EQ(run("LOLWUT VERSION 5 x"), not_an_integer);
  EXPECT_EQ(run("LOLWUT VERSION 6 1 x"), not_an_integer);
  EXPECT_EQ(run("LOLWUT VERSION 5 8 4"),
            bulk("*\n**\n* *\n****\n\nPascal's triangle, its odd numbers. " + version));
  EXPECT_EQ(run("LOLWUT VERSION 6 7 4 x"),
            bulk("   #\n  ###\n ##  #\n## ####\n\nRule 30, from a single cell. " + version));
  EXPECT_EQ(run("LOLWUT VERSION 6 -5 0"), bulk("#\n\nRule 30, from a single cell. " + version));
  EXPECT_LT(run("LOLWUT VERSION 5 99999999 99999999").size(), 1'100'000U);
  Client& resp3 = connect(protocol::RespVersion::resp3);
  EXPECT_EQ(resp3.run("LOLWUT"), "=21\r\ntxt:" + version + "\r\n");
}

TEST_F(ServerCommand, ThereAreNoModules) {
  EXPECT_EQ(run("MODULE LIST"), array({}));
  EXPECT_THAT(run("MODULE HELP"), testing::StartsWith("*11\r\n+MODULE <subcommand> "));
  const std::string not_allowed = error(
      "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", "
      "you can run it from a local connection, otherwise you need to set this option in the "
      "configuration file, and then restart the server.");
  // That DEBUG is allowed says nothing of modules.
  server.configure([](config::Config& c) { c.enable_debug_command = config::Permission::yes; });
  for (const char* const line :
       {"MODULE LOAD /m.so", "MODULE LOADEX /m.so CONFIG a b", "MODULE UNLOAD m"})
    EXPECT_EQ(run(line), not_allowed) << line;
  server.configure([](config::Config& c) { c.enable_module_command = config::Permission::local; });
  EXPECT_EQ(run("MODULE UNLOAD m"),
            error("ERR Error unloading module: no such module with that name"));
  for (const char* const line : {"MODULE LOAD /m.so 1 2", "MODULE LOADEX /m.so ARGS 1 2"})
    EXPECT_EQ(run(line), error("ERR Error loading the extension. Please check the server logs."));
  EXPECT_THAT(server.services.log.lines,
              testing::ElementsAre("Module /m.so was not loaded: modules are not supported",
                                   "Module /m.so was not loaded: modules are not supported"));
  server.first.session().peer_address = "10.0.0.1:5000";
  EXPECT_EQ(run("MODULE UNLOAD m"), not_allowed);
}

TEST_F(ServerCommand, ShutdownPassesItsOptionsOnAndClosesWithoutAReply) {
  EXPECT_EQ(server.first.pipeline({"SHUTDOWN NOSAVE NOW FORCE", "PING"}), no_reply);
  EXPECT_TRUE(server.first.closed());
  ASSERT_EQ(server.services.shutdown.requests.size(), 1U);
  const ShutdownRequest& request = server.services.shutdown.requests[0];
  EXPECT_TRUE(request.nosave && request.now && request.force);
  EXPECT_FALSE(request.save);
}

TEST_F(ServerCommand, ShutdownCanBeAborted) {
  EXPECT_EQ(run("SHUTDOWN ABORT"), error("ERR No shutdown in progress."));
  connect().run("SHUTDOWN SAVE");
  EXPECT_EQ(run("SHUTDOWN abort"), ok);
}

TEST_F(ServerCommand, ShutdownRefusesContradictions) {
  EXPECT_EQ(run("SHUTDOWN gently"), syntax_error);
  EXPECT_EQ(run("SHUTDOWN SAVE NOSAVE"), syntax_error);
  EXPECT_EQ(run("SHUTDOWN ABORT NOW"), syntax_error);
  EXPECT_TRUE(server.services.shutdown.requests.empty());
}

}  // namespace
}  // namespace respawn::commands::test
