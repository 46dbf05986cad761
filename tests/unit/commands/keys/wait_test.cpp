#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class Wait : public CommandTest {
 protected:
  static std::string id_of(Client& client) { return std::to_string(client.session().id); }
};

TEST_F(Wait, NothingToWaitFor) {
  EXPECT_EQ(run("WAIT 0 0"), integer(0));
  EXPECT_EQ(run("WAIT -1 0"), integer(0));
}

TEST_F(Wait, AnswersWhenTheTimeIsOver) {
  Client& waiting = connect();
  EXPECT_EQ(waiting.run("WAIT 1 100"), no_reply);
  EXPECT_TRUE(waiting.blocked());
  pass_ms(99);
  EXPECT_EQ(waiting.received(), no_reply);
  pass_ms(1);
  EXPECT_EQ(waiting.received(), integer(0));
  EXPECT_EQ(waiting.run("PING"), simple("PONG"));
}

TEST_F(Wait, WaitsForEverUntilUnblocked) {
  Client& waiting = connect();
  waiting.run("WAIT 1 0");
  pass_ms(1'000'000'000);
  run("SET k v");
  EXPECT_TRUE(waiting.blocked());
  EXPECT_EQ(run("CLIENT UNBLOCK " + id_of(waiting)), integer(1));
  EXPECT_EQ(waiting.received(), integer(0));
  waiting.run("WAIT 1 9223370000000000000");
  EXPECT_EQ(run("CLIENT UNBLOCK " + id_of(waiting) + " ERROR"), integer(1));
  EXPECT_EQ(waiting.received(), error("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
}

TEST_F(Wait, GoesOnWaitingAfterARestart) {
  Client& waiting = connect();
  waiting.run("WAIT 1 100");
  server.restart();
  EXPECT_TRUE(waiting.blocked());
  pass_ms(100);
  EXPECT_EQ(waiting.received(), integer(0));
}

TEST_F(Wait, WhoLeavesIsForgotten) {
  Client& waiting = connect();
  waiting.run("WAIT 1 100");
  server.disconnect(waiting);
  EXPECT_EQ(server.store.clients.blocked_count, 0U);
  pass_ms(200);
}

TEST_F(Wait, WrongNumbers) {
  EXPECT_EQ(run("WAIT x 0"), not_an_integer);
  EXPECT_EQ(run("WAIT 0 x"), error("ERR timeout is not an integer or out of range"));
  EXPECT_EQ(run("WAIT 0 -1"), error("ERR timeout is negative"));
  EXPECT_EQ(run("WAIT 0 9223372036854775807"), error("ERR timeout is out of range"));
}

}  // namespace
}  // namespace respawn::commands::test
