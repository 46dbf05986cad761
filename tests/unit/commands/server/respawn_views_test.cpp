#include <gmock/gmock.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::HasSubstr;

class RespawnViews : public CommandTest {
 protected:
  /// A waiter as WAITERS shows it in RESP2.
  static std::string waiter(Client& client, std::string_view name, std::string_view command,
                            std::int64_t waiting_ms, std::int64_t left_ms) {
    return array({bulk("id"), integer(static_cast<std::int64_t>(client.session().id)),
                  bulk("address"), bulk(client.session().peer_address), bulk("name"), bulk(name),
                  bulk("command"), bulk(command), bulk("waiting-ms"), integer(waiting_ms),
                  bulk("left-ms"), integer(left_ms)});
  }

  static std::string waited(int db, std::string_view key, const std::vector<std::string>& waiters) {
    return array(
        {bulk("db"), integer(db), bulk("key"), bulk(key), bulk("waiters"), array(waiters)});
  }
};

TEST_F(RespawnViews, WaitersAreInTheOrderOfTheirService) {
  Client& first = connect();
  Client& second = connect();
  first.run("CLIENT SETNAME worker");
  first.run("BLPOP l 0");
  pass_ms(300);
  second.run("BLMPOP 2 2 l m LEFT");
  pass_ms(200);
  const std::string at_l = waited(
      0, "l", {waiter(first, "worker", "blpop", 500, -1), waiter(second, "", "blmpop", 200, 1800)});
  EXPECT_EQ(run("RESPAWN WAITERS"),
            array({at_l, waited(0, "m", {waiter(second, "", "blmpop", 200, 1800)})}));
  EXPECT_EQ(run("RESPAWN WAITERS l"), array({at_l}));
  EXPECT_EQ(run("RESPAWN WAITERS nosuch"), array({}));
}

TEST_F(RespawnViews, AKeyIsThatOfTheClientsDatabase) {
  Client& waiting = connect();
  waiting.run("SELECT 3");
  waiting.run("BZPOPMIN z 0");
  EXPECT_EQ(run("RESPAWN WAITERS z"), array({}));
  const std::string at_z = array({waited(3, "z", {waiter(waiting, "", "bzpopmin", 0, -1)})});
  EXPECT_EQ(run("RESPAWN WAITERS"), at_z);
  run("SELECT 3");
  EXPECT_EQ(run("RESPAWN WAITERS z"), at_z);
}

TEST_F(RespawnViews, WaitersAreMapsInResp3) {
  connect().run("BLPOP l 0");
  EXPECT_THAT(connect(protocol::RespVersion::resp3).run("RESPAWN WAITERS"),
              HasSubstr("*1\r\n%3\r\n" + bulk("db")));
}

TEST_F(RespawnViews, AWaitBeganWhenItDidAlsoForASuccessor) {
  Client& waiting = connect();
  waiting.run("BLPOP l 10");
  pass_ms(1000);
  server.restart();
  EXPECT_EQ(run("RESPAWN WAITERS l"),
            array({waited(0, "l", {waiter(waiting, "", "blpop", 1000, 9000)})}));
}

TEST_F(RespawnViews, WaitersTakesOneKey) {
  EXPECT_EQ(run("RESPAWN WAITERS a b"),
            error("ERR wrong number of arguments for 'respawn|waiters' command"));
}

class RespawnLatency : public RespawnViews {
 protected:
  RespawnLatency() { server.clock.advance_ms(1); }

  /// A request that arrived so long ago.
  std::string run_late(std::string_view line, std::int64_t waited_us) {
    server.first.session().batch.arrived_ns = server.clock.stopwatch_ns();
    server.clock.advance_us(waited_us);
    std::string reply = run(line);
    server.first.session().batch.arrived_ns = 0;
    return reply;
  }

  static std::string times(std::int64_t requests, std::int64_t us) {
    return array({bulk("requests"), integer(requests), bulk("p50-us"), integer(us), bulk("p90-us"),
                  integer(us), bulk("p99-us"), integer(us), bulk("p99.9-us"), integer(us),
                  bulk("max-us"), integer(us)});
  }
};

TEST_F(RespawnLatency, WaitsAndRunTimesAreApart) {
  EXPECT_EQ(run("RESPAWN LATENCY"), array({bulk("wait"), times(0, 0), bulk("run"), times(0, 0)}));
  run_late("PING", 500);
  run_late("PING", 500);
  // 500 us lie in a bucket that ends at 507.
  EXPECT_EQ(run("RESPAWN LATENCY"), array({bulk("wait"), times(2, 507), bulk("run"), times(2, 0)}));
  EXPECT_THAT(run("INFO latencystats"),
              HasSubstr("respawn_request_wait_usec:p50=507.903,p99=507.903,p99.9=507.903\r\n"));
  EXPECT_EQ(run("RESPAWN LATENCY RESET"), ok);
  EXPECT_EQ(run("RESPAWN LATENCY"), array({bulk("wait"), times(0, 0), bulk("run"), times(0, 0)}));
}

TEST_F(RespawnLatency, ABlockedRequestIsCountedOnce) {
  Client& waiting = connect();
  waiting.session().batch.arrived_ns = server.clock.stopwatch_ns();
  waiting.run("BLPOP l 0");
  pass_ms(5000);
  EXPECT_THAT(run("RESPAWN LATENCY"), HasSubstr(bulk("run") + times(0, 0)));
  run("RPUSH l x");
  EXPECT_EQ(run("RESPAWN LATENCY"), array({bulk("wait"), times(1, 0), bulk("run"), times(1, 0)}));
}

TEST_F(RespawnLatency, RepliesAreShownWhereSomebodyMeasuresThem) {
  auto& process = server.services.process;
  process.replies.emplace();
  process.replies->record(500'000);
  EXPECT_THAT(run("RESPAWN LATENCY"), HasSubstr(bulk("reply") + times(1, 507)));
  EXPECT_THAT(run("INFO latencystats"), HasSubstr("respawn_request_reply_usec:p50=507.903"));
  run("RESPAWN LATENCY RESET");
  EXPECT_THAT(run("RESPAWN LATENCY"), HasSubstr(bulk("reply") + times(0, 0)));
}

TEST_F(RespawnLatency, ItsArgumentIsReset) {
  EXPECT_EQ(run("RESPAWN LATENCY NOW"), syntax_error);
  EXPECT_EQ(run("RESPAWN LATENCY RESET RESET"), syntax_error);
}

}  // namespace
}  // namespace respawn::commands::test
