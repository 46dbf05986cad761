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
