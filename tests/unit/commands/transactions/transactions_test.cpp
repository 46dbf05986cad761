#include <gtest/gtest.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

const std::string queued = "+QUEUED\r\n";

std::string execabort(std::string_view why) {
  return error("EXECABORT Transaction discarded because of" + std::string(why));
}

class TransactionsTest : public CommandTest {
 protected:
  /// What the unit of each line propagated, as a listener sees it.
  class Listener final : public UnitListener {
   public:
    void unit_done(const UnitRecord& unit) override {
      for (const Propagated& effect : unit.propagated()) {
        text += std::to_string(effect.db) + ":";
        for (const std::string& word : effect.words) text += word + " ";
      }
      text += "; ";
    }

    std::string text;
  };

  TransactionState& transaction() { return server.first.session().transaction; }
};

TEST_F(TransactionsTest, CommandsRunWhenExecSaysSo) {
  EXPECT_EQ(run("MULTI"), ok);
  EXPECT_EQ(run("SET k 1"), queued);
  EXPECT_EQ(connect().run("GET k"), null);
  EXPECT_EQ(run("INCR k"), queued);
  EXPECT_EQ(run("EXEC"), array({ok, integer(2)}));
  EXPECT_EQ(run("EXEC"), error("ERR EXEC without MULTI"));
}

TEST_F(TransactionsTest, ARefusedCommandRefusesTheWhole) {
  for (const char* refused : {"NOSUCH", "GET", "CONFIG NOSUCH"}) {
    run("MULTI");
    run("SET k 1");
    run(refused);
    EXPECT_EQ(run("SET k 2"), queued) << refused;
    EXPECT_EQ(run("EXEC"), execabort(" previous errors.")) << refused;
    EXPECT_EQ(run("EXISTS k"), integer(0)) << refused;
  }
}

TEST_F(TransactionsTest, ACommandThatFailsStopsNothing) {
  run("RPUSH l a");
  run("MULTI");
  run("INCR l");
  run("RPUSH l b");
  EXPECT_EQ(run("EXEC"), array({error(errors::wrong_type), integer(2)}));
}

TEST_F(TransactionsTest, TimeStandsStillWithinExec) {
  run("MULTI");
  run("TIME");
  run("TIME");
  const std::string reply = run("EXEC");
  EXPECT_EQ(reply.substr(4, (reply.size() - 4) / 2), reply.substr(4 + (reply.size() - 4) / 2));
}

TEST_F(TransactionsTest, OneUnitIsPropagated) {
  Listener listener;
  server.store.unit.add_listener(listener);
  run("MULTI");
  run("SET k 1");
  run("SELECT 2");
  run("GET k");
  run("INCR n");
  run("EXEC");
  EXPECT_EQ(listener.text, "0:SET k 1 2:INCR n ; ");
  listener.text.clear();
  run("MULTI");
  run("GET k");
  run("EXEC");
  EXPECT_EQ(listener.text, "");
  server.store.unit.remove_listener(listener);
}

TEST_F(TransactionsTest, WhoOnlyWatchesHasNothingPropagated) {
  run("WATCH k");
  EXPECT_TRUE(server.store.unit.recorded());
  EXPECT_FALSE(server.store.unit.wants_effects());
  run("UNWATCH");
  EXPECT_FALSE(server.store.unit.recorded());
}

TEST_F(TransactionsTest, AWatchedKeyThatChangesStopsExec) {
  Client& other = connect();
  const char* const changes[] = {"SET k 2",    "DEL k",        "RENAME k l", "EXPIRE k 10",
                                 "FLUSHDB",    "FLUSHALL",     "SWAPDB 0 1", "MOVE k 3",
                                 "APPEND k x", "RESTORE k 0 x"};
  for (const char* change : changes) {
    run("FLUSHALL");
    run("SET k 1");
    run("WATCH k");
    const bool changes_it = other.run(change)[0] != '-';
    run("MULTI");
    run("PING");
    EXPECT_EQ(run("EXEC"), changes_it ? null_array : array({"+PONG\r\n"})) << change;
  }
}

TEST_F(TransactionsTest, TheEndOfAWatchedKeyIsAChange) {
  run("SET k 1 PX 100");
  run("WATCH k");
  server.clock.advance_ms(101);  // nobody has looked at it yet
  run("MULTI");
  run("PING");
  EXPECT_EQ(run("EXEC"), null_array);
  run("SET k 1 PX 100");
  run("WATCH k");
  pass_ms(101);
  run("MULTI");
  run("PING");
  EXPECT_EQ(run("EXEC"), null_array);
}

TEST_F(TransactionsTest, AnEvictedKeyIsAChange) {
  run("SET k 1");
  run("WATCH k");
  std::size_t over = 1;
  server.services.memory.measure = [&over] {
    return over > 0 ? (--over, std::uint64_t{1} << 40) : std::uint64_t{0};
  };
  server.configure([](config::Config& config) {
    config.maxmemory_bytes = 1;
    config.maxmemory_policy = config::EvictionPolicy::allkeys_random;
  });
  connect().run("PING");
  server.configure([](config::Config& config) { config.maxmemory_bytes = 0; });
  EXPECT_EQ(run("EXISTS k"), integer(0));
  run("MULTI");
  run("PING");
  EXPECT_EQ(run("EXEC"), null_array);
}

TEST_F(TransactionsTest, ASuccessorKnowsWhatWasQueuedAndWatched) {
  run("SET k 1");
  run("WATCH k");
  run("MULTI");
  run("INCR k");
  server.restart();
  EXPECT_EQ(run("GET k"), queued);
  EXPECT_EQ(run("EXEC"), array({integer(2), bulk("2")}));
  run("WATCH k");
  server.restart();
  connect().run("SET k 5");
  run("MULTI");
  EXPECT_EQ(run("EXEC"), null_array);
}

TEST_F(TransactionsTest, WhoLeavesWatchesNothing) {
  Client& other = connect();
  other.run("WATCH k");
  other.run("MULTI");
  other.run("SET k 1");
  server.disconnect(other);
  EXPECT_FALSE(server.store.unit.recorded());
  EXPECT_EQ(run("SET k 2"), ok);
}

TEST_F(TransactionsTest, ResetThrowsItAway) {
  run("WATCH k");
  run("MULTI");
  run("SET k 1");
  EXPECT_EQ(run("RESET"), "+RESET\r\n");
  EXPECT_EQ(run("EXEC"), error("ERR EXEC without MULTI"));
  EXPECT_EQ(run("EXISTS k"), integer(0));
  EXPECT_FALSE(server.store.unit.recorded());
}

TEST_F(TransactionsTest, WhatIsQueuedIsBounded) {
  server.configure([](config::Config& config) { config.client_query_buffer_limit_bytes = 1000; });
  Client& other = connect();
  other.run("MULTI");
  EXPECT_EQ(other.run({"SET", "k", std::string(900, 'x')}), queued);
  EXPECT_EQ(other.session().transaction.argument_bytes(), 928U);
  EXPECT_FALSE(other.closed());
  EXPECT_EQ(other.run({"SET", "k", std::string(900, 'x')}), "");
  EXPECT_TRUE(other.closed());
}

TEST_F(TransactionsTest, WhatIsLostAnywayTakesNoMemory) {
  run("MULTI");
  run("NOSUCH");
  EXPECT_EQ(run({"SET", "k", std::string(900, 'x')}), queued);
  EXPECT_EQ(transaction().argument_bytes(), 0U);
  run("DISCARD");
}

TEST_F(TransactionsTest, APauseHoldsATransactionThatWrites) {
  Client& other = connect();
  other.run("MULTI");
  other.run("SET k 1");
  run("MULTI");
  run("GET k");
  Client& pauser = connect();
  pauser.run("CLIENT PAUSE 1000 WRITE");
  EXPECT_EQ(run("EXEC"), array({null}));
  EXPECT_EQ(other.run("EXEC"), "");
  pauser.run("CLIENT UNPAUSE");
  EXPECT_EQ(other.received(), array({ok}));
}

TEST_F(TransactionsTest, ItsCommandsAreCountedAndShownToMonitors) {
  Client& monitor = connect();
  monitor.run("MONITOR");
  run("MULTI");
  run("SET k 1");
  run("EXEC");
  const std::string shown = monitor.received();
  const std::size_t multi = shown.find("\"MULTI\"");
  const std::size_t set = shown.find("\"SET\"");
  const std::size_t exec = shown.find("\"EXEC\"");
  EXPECT_TRUE(multi < set && set < exec && exec != std::string::npos) << shown;
  EXPECT_EQ(server.store.registry.find("set")->statistics.calls, 1U);
}

TEST_F(TransactionsTest, NobodyMonitorsWithinExec) {
  run("MULTI");
  run("MONITOR");
  EXPECT_EQ(run("EXEC"), array({error("ERR MONITOR isn't allowed for DENY BLOCKING client")}));
}

TEST_F(TransactionsTest, RepliesThatAreNotWantedAreLeftOutOneByOne) {
  EXPECT_EQ(run("CLIENT REPLY OFF"), "");
  EXPECT_EQ(run("MULTI"), "");
  EXPECT_EQ(run("PING"), "");
  EXPECT_EQ(run("CLIENT REPLY ON"), "");
  EXPECT_EQ(run("PING"), "");
  EXPECT_EQ(run("EXEC"), ok + "+PONG\r\n");
}

TEST_F(TransactionsTest, MessagesToOneselfComeBehindTheReplies) {
  Client& client = connect(protocol::RespVersion::resp3);
  client.run("SUBSCRIBE c");
  client.run("MULTI");
  client.run("PUBLISH c hello");
  client.run("PING");
  EXPECT_EQ(client.run("EXEC"), array({integer(1), "+PONG\r\n"}) + ">3\r\n" + bulk("message") +
                                    bulk("c") + bulk("hello"));
}

TEST_F(TransactionsTest, InAPipeline) {
  EXPECT_EQ(server.first.pipeline({"SET k 1", "MULTI", "INCR k", "INCR k", "EXEC", "GET k"}),
            ok + ok + queued + queued + array({integer(2), integer(3)}) + bulk("3"));
}

}  // namespace
}  // namespace respawn::commands::test
