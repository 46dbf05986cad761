// CLIENT PAUSE: what is held, for how long, and what becomes of it.
#include <gmock/gmock.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A pause that begins between a push and whom it serves: what a transaction does that pauses in
/// its middle.
class PauseAtServing final : public engine::StepProbe {
 public:
  explicit PauseAtServing(Server& server) : store_(server.store) { store_.probe = this; }

  ~PauseAtServing() override { store_.probe = nullptr; }

  PauseAtServing(const PauseAtServing&) = delete;
  PauseAtServing& operator=(const PauseAtServing&) = delete;

  void at(engine::Step step) override {
    if (step == engine::Step::serving) store_.pause.begin(Pause::Mode::write, 1'000'000);
  }

 private:
  Store& store_;
};

class ClientPause : public CommandTest {
 protected:
  std::string clients_info() { return server.first.run("INFO clients"); }

  Client& other = connect();
};

TEST_F(ClientPause, WriteHoldsWhatMayChangeSomething) {
  run("SET k v");
  EXPECT_EQ(run("CLIENT PAUSE 1000 WRITE"), ok);
  EXPECT_EQ(other.run("GET k"), bulk("v"));
  EXPECT_EQ(other.run("PING"), simple("PONG"));
  EXPECT_EQ(other.run("SET k w"), no_reply);
  EXPECT_EQ(run("GET k"), bulk("v"));
  EXPECT_EQ(run("CLIENT UNPAUSE"), ok);
  EXPECT_EQ(other.received(), ok);
  EXPECT_EQ(run("GET k"), bulk("w"));
}

TEST_F(ClientPause, WriteHoldsWhatReplicasWouldHearOf) {
  Client& third = connect();
  run("CLIENT PAUSE 1000 WRITE");
  EXPECT_EQ(other.run("PFCOUNT h"), no_reply);
  EXPECT_EQ(third.run("PUBLISH c m"), no_reply);
  run("CLIENT UNPAUSE");
  EXPECT_EQ(other.received(), integer(0));
  EXPECT_EQ(third.received(), integer(0));
}

TEST_F(ClientPause, AllHoldsEverythingUntilItsTimeIsOver) {
  EXPECT_EQ(run("CLIENT PAUSE 1000"), ok);
  EXPECT_EQ(other.run("PING"), no_reply);
  EXPECT_EQ(run("CLIENT UNPAUSE"), no_reply);
  pass_ms(999);
  EXPECT_EQ(other.received(), no_reply);
  pass_ms(1);
  EXPECT_EQ(other.received(), simple("PONG"));
  EXPECT_EQ(server.first.received(), ok);
}

TEST_F(ClientPause, TheStricterModeAndTheLaterEndCount) {
  run("CLIENT PAUSE 1000 WRITE");
  run("CLIENT PAUSE 10 WRITE");
  pass_ms(500);
  EXPECT_EQ(other.run("SET k v"), no_reply);
  run("CLIENT PAUSE 1 ALL");
  EXPECT_EQ(run("PING"), no_reply);
  pass_ms(499);
  EXPECT_EQ(server.first.received(), no_reply);
  pass_ms(1);
  EXPECT_EQ(server.first.received(), simple("PONG"));
  EXPECT_EQ(other.received(), ok);
}

TEST_F(ClientPause, NoTimeIsNoPause) {
  EXPECT_EQ(run("CLIENT PAUSE 0"), ok);
  EXPECT_EQ(other.run("SET k v"), ok);
}

TEST_F(ClientPause, ErrorsAreAnsweredAtOnce) {
  run("CLIENT PAUSE 1000");
  EXPECT_EQ(other.run("SET k"), error("ERR wrong number of arguments for 'set' command"));
  EXPECT_EQ(other.run("NOSUCH"), error("ERR unknown command 'NOSUCH', with args beginning with: "));
}

TEST_F(ClientPause, ArgumentsAreChecked) {
  EXPECT_EQ(run("CLIENT PAUSE abc"), error("ERR timeout is not an integer or out of range"));
  EXPECT_EQ(run("CLIENT PAUSE -1"), error("ERR timeout is negative"));
  EXPECT_EQ(run("CLIENT PAUSE 9223372036854775807"), error("ERR timeout is out of range"));
  EXPECT_EQ(run("CLIENT PAUSE 1 READ"), error("ERR CLIENT PAUSE mode must be WRITE or ALL"));
  EXPECT_EQ(run("CLIENT PAUSE abc READ"), error("ERR CLIENT PAUSE mode must be WRITE or ALL"));
  EXPECT_EQ(run("CLIENT PAUSE 1 ALL x"),
            error("ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT "
                  "HELP."));
  EXPECT_EQ(other.run("SET k v"), ok);
}

TEST_F(ClientPause, ALongOneNeverEndsByItself) {
  EXPECT_EQ(run("CLIENT PAUSE 9000000000000000000 WRITE"), ok);
  EXPECT_EQ(other.run("SET k v"), no_reply);
  pass_ms(1'000'000'000);
  EXPECT_EQ(other.received(), no_reply);
  run("CLIENT UNPAUSE");
  EXPECT_EQ(other.received(), ok);
}

TEST_F(ClientPause, TheRestOfABatchWaitsBehind) {
  run("CLIENT PAUSE 1000 WRITE");
  EXPECT_EQ(other.pipeline({"GET k", "SET k 1", "INCR k", "GET k"}), null);
  EXPECT_EQ(server.first.pipeline({"CLIENT UNPAUSE", "GET k"}), ok + null);
  EXPECT_EQ(other.received(), ok + integer(2) + bulk("2"));
}

TEST_F(ClientPause, ItBeginsWithinTheBatchThatAsksForIt) {
  EXPECT_EQ(server.first.pipeline({"SET k 1", "CLIENT PAUSE 1000 WRITE", "SET k 2"}), ok + ok);
  EXPECT_EQ(other.run("GET k"), bulk("1"));
  pass_ms(1000);
  EXPECT_EQ(server.first.received(), ok);
  EXPECT_EQ(other.run("GET k"), bulk("2"));
}

TEST_F(ClientPause, HeldOnesRunInTheOrderInWhichTheyCame) {
  Client& third = connect();
  Client& fourth = connect();
  run("CLIENT PAUSE 1000 WRITE");
  third.run("RPUSH l c");
  other.run("RPUSH l b");
  fourth.run("RPUSH l d");
  server.restart();
  connect().run("RPUSH l e");
  run("CLIENT UNPAUSE");
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"c", "b", "d", "e"}));
}

TEST_F(ClientPause, TheyCountAsBlocked) {
  run("CLIENT PAUSE 2000 WRITE");
  other.run("SET k v");
  pass_ms(500);
  EXPECT_THAT(clients_info(),
              AllOf(HasSubstr("blocked_clients:1\r\n"), HasSubstr("paused_reason:client_pause\r\n"),
                    HasSubstr("paused_actions:write\r\n"),
                    HasSubstr("paused_timeout_milliseconds:1500\r\n")));
  EXPECT_THAT(run("CLIENT LIST ID 2"), AllOf(HasSubstr(" flags=b "), HasSubstr(" cmd=set ")));
  EXPECT_EQ(run("CLIENT UNBLOCK 2"), integer(0));
  run("CLIENT UNPAUSE");
  EXPECT_THAT(
      clients_info(),
      AllOf(HasSubstr("blocked_clients:0\r\n"), HasSubstr("paused_reason:none\r\n"),
            HasSubstr("paused_actions:none\r\n"), HasSubstr("paused_timeout_milliseconds:0\r\n")));
}

TEST_F(ClientPause, WhoLeavesRunsNothing) {
  run("CLIENT PAUSE 1000 WRITE");
  other.run("SET k v");
  Client& third = connect();
  third.run("SET k w");
  run("CLIENT KILL ID 3");
  server.disconnect(third);
  server.disconnect(other);
  EXPECT_THAT(clients_info(), HasSubstr("blocked_clients:0\r\n"));
  run("CLIENT UNPAUSE");
  EXPECT_EQ(run("GET k"), null);
}

TEST_F(ClientPause, WhoHasFinishedSendingRunsNothing) {
  other.session().facts.finished = true;
  run("CLIENT PAUSE 1000 WRITE");
  EXPECT_EQ(other.run("SET k v"), no_reply);
  EXPECT_TRUE(other.closed());
  EXPECT_THAT(clients_info(), HasSubstr("blocked_clients:0\r\n"));
  Client& third = connect();
  third.run("SET k w");
  third.session().facts.finished = true;
  run("CLIENT UNPAUSE");
  EXPECT_EQ(third.received(), no_reply);
  EXPECT_EQ(run("GET k"), null);
}

TEST_F(ClientPause, ASuccessorGoesOnHolding) {
  run("CLIENT PAUSE 1000 WRITE");
  other.run("SET k v");
  server.restart();
  EXPECT_EQ(other.received(), no_reply);
  EXPECT_THAT(clients_info(), HasSubstr("blocked_clients:1\r\n"));
  pass_ms(1000);
  EXPECT_EQ(other.received(), ok);
  EXPECT_EQ(run("GET k"), bulk("v"));
}

TEST_F(ClientPause, AWaitGoesOnAndMayEnd) {
  other.run("BLPOP l 1");
  run("CLIENT PAUSE 5000 WRITE");
  pass_ms(1001);
  EXPECT_EQ(other.received(), null_array);
}

TEST_F(ClientPause, WhoIsWokenIsHeld) {
  other.run("BLPOP l 0");
  PauseAtServing probe(server);
  EXPECT_EQ(run("RPUSH l x"), integer(1));
  EXPECT_EQ(other.received(), no_reply);
  EXPECT_FALSE(other.blocked());
  EXPECT_THAT(clients_info(), HasSubstr("blocked_clients:1\r\n"));
  EXPECT_EQ(run("LLEN l"), integer(1));
  EXPECT_EQ(run("CLIENT UNPAUSE"), ok);
  EXPECT_EQ(other.received(), bulks({"l", "x"}));
}

TEST_F(ClientPause, NothingExpiresMeanwhile) {
  run("SET k v PX 10");
  run("SET l v PX 10");
  run("CLIENT PAUSE 1000 WRITE");
  pass_ms(500);
  EXPECT_EQ(run("GET k"), null);
  EXPECT_EQ(run("EXISTS k l"), integer(0));
  EXPECT_EQ(run("DBSIZE"), integer(2));
  EXPECT_THAT(run("INFO stats"), HasSubstr("\r\nexpired_keys:0\r\n"));
  EXPECT_EQ(run("SCAN 0"), array({bulk("0"), array({})}));
  run("RANDOMKEY");
  run("CLIENT UNPAUSE");
  EXPECT_EQ(run("GET k"), null);
  EXPECT_THAT(run("INFO stats"), HasSubstr("\r\nexpired_keys:1\r\n"));
  pass_ms(1);
  EXPECT_EQ(run("DBSIZE"), integer(0));
}

TEST_F(ClientPause, NoFieldExpiresMeanwhile) {
  run("HSET h a 1 b 2");
  run("HPEXPIRE h 10 FIELDS 1 a");
  const std::uint64_t before = server.store.databases.changes;
  run("CLIENT PAUSE 1000 WRITE");
  pass_ms(500);
  EXPECT_EQ(run("HGET h a"), null);
  EXPECT_EQ(run("HGETALL h"), bulks({"b", "2"}));
  EXPECT_EQ(server.store.databases.changes, before);
  run("CLIENT UNPAUSE");
  pass_ms(1);
  EXPECT_EQ(server.store.databases.changes, before + 1);
}

TEST_F(ClientPause, NothingIsEvictedMeanwhile) {
  run("SET k v");
  server.services.memory.known.used = 2'000'000;
  run("CLIENT PAUSE 1000 WRITE");
  server.configure([](config::Config& c) {
    c.maxmemory_bytes = 1'000'000;
    c.maxmemory_policy = config::EvictionPolicy::allkeys_random;
  });
  EXPECT_EQ(run("GET k"), bulk("v"));
  server.executor->upkeep().make_room();
  EXPECT_FALSE(server.executor->upkeep().memory_unsettled());
  EXPECT_EQ(run("EXISTS k"), integer(1));
  run("CLIENT UNPAUSE");
  run("PING");
  EXPECT_EQ(run("DBSIZE"), integer(0));
}

TEST_F(ClientPause, MessagesReachWhoIsHeld) {
  run("CLIENT PAUSE 1000 WRITE");
  Client& third = connect(protocol::RespVersion::resp3);
  third.run("SUBSCRIBE c");
  EXPECT_EQ(third.run("SET k v"), no_reply);
  server.executor->environment().subscriptions.publish("c", "m");
  run("PING");
  EXPECT_EQ(third.received(), aggregate('>', {bulk("message"), bulk("c"), bulk("m")}));
  run("CLIENT UNPAUSE");
  EXPECT_EQ(third.received(), ok);
}

TEST_F(ClientPause, WhatItHeldMayPauseAgain) {
  run("CLIENT PAUSE 1000 WRITE");
  EXPECT_EQ(other.pipeline({"SET k 1", "CLIENT PAUSE 1000 WRITE", "SET k 2"}), no_reply);
  Client& third = connect();
  EXPECT_EQ(third.run("SET j 1"), no_reply);
  pass_ms(1000);
  EXPECT_EQ(other.received(), ok + ok);
  EXPECT_EQ(third.received(), no_reply);
  EXPECT_EQ(run("GET k"), bulk("1"));
  pass_ms(1000);
  EXPECT_EQ(other.received(), ok);
  EXPECT_EQ(third.received(), ok);
}

}  // namespace
}  // namespace respawn::commands::test
