#include <gmock/gmock.h>

#include "tests/unit/commands/server/slow_commands.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string key_values(const std::vector<std::string>& parts) {
  return aggregate('%', parts);
}

class LatencyCommand : public CommandTest {
 protected:
  void monitor_from(std::int64_t ms) {
    server.configure([=](config::Config& c) { c.latency_monitor_threshold_ms = ms; });
  }

  [[nodiscard]] std::int64_t now_s() const { return server.clock.wall_us() / 1'000'000; }

  /// One command that takes so long.
  void run_slowly(std::string_view line, std::int64_t ms) {
    handlers.us = ms * 1000;
    run(line);
    handlers.us = 0;
  }

  SlowHandlers handlers{server};
};

TEST_F(LatencyCommand, NothingIsRecordedBelowTheThreshold) {
  run_slowly("GET k", 500);
  EXPECT_EQ(run("LATENCY LATEST"), array({}));
  monitor_from(100);
  run_slowly("GET k", 99);
  EXPECT_EQ(run("LATENCY LATEST"), array({}));
  run_slowly("GET k", 100);
  EXPECT_EQ(run("LATENCY LATEST"),
            array({array({bulk("fast-command"), integer(now_s()), integer(100), integer(100)})}));
}

TEST_F(LatencyCommand, HistoryHasTheLongestOfEachSecond) {
  monitor_from(100);
  run_slowly("KEYS *", 300);
  const std::int64_t first_s = now_s();
  pass_ms(2000);
  run_slowly("KEYS *", 200);
  const std::int64_t second_s = now_s();
  run_slowly("KEYS *", 110);
  ASSERT_EQ(now_s(), second_s);
  const std::string history =
      array({array({integer(first_s), integer(300)}), array({integer(second_s), integer(200)})});
  EXPECT_EQ(run("LATENCY HISTORY command"), history);
  EXPECT_EQ(run("LATENCY HISTORY COMMAND"), array({}));
  EXPECT_EQ(run("LATENCY HISTORY nosuch"), array({}));
  EXPECT_EQ(run("LATENCY LATEST"),
            array({array({bulk("command"), integer(second_s), integer(200), integer(300)})}));
  server.restart();
  EXPECT_EQ(run("LATENCY HISTORY command"), history);
}

TEST_F(LatencyCommand, ResetForgetsSomeOrAll) {
  monitor_from(1);
  run_slowly("GET k", 5);
  run_slowly("KEYS *", 5);
  EXPECT_EQ(run("LATENCY RESET nosuch"), integer(0));
  EXPECT_EQ(run("LATENCY RESET COMMAND nosuch"), integer(1));
  EXPECT_EQ(run("LATENCY HISTORY command"), array({}));
  EXPECT_EQ(run("LATENCY RESET"), integer(1));
  EXPECT_EQ(run("LATENCY RESET"), integer(0));
}

TEST_F(LatencyCommand, GraphHasARowForEachStep) {
  monitor_from(1);
  run_slowly("KEYS *", 10);
  pass_ms(1000);
  run_slowly("KEYS *", 40);
  pass_ms(65'000);
  run_slowly("KEYS *", 25);
  const std::string graph = run("LATENCY GRAPH command");
  EXPECT_THAT(graph, HasSubstr("command - high 40 ms, low 10 ms (all time high 40 ms)\n" +
                               std::string(80, '-') + "\n"));
  EXPECT_THAT(graph, HasSubstr("-\n"
                               " # \n"
                               " |_\n"
                               " ||\n"
                               "_||\n"
                               "   \n"
                               "110\n"
                               "mms\n"));
  EXPECT_EQ(run("LATENCY GRAPH nosuch"), error("ERR No samples available for event 'nosuch'"));
}

TEST_F(LatencyCommand, DoctorSaysWhatMayHelp) {
  EXPECT_THAT(run("LATENCY DOCTOR"), HasSubstr("latency-monitor-threshold is 0"));
  monitor_from(50);
  EXPECT_THAT(run("LATENCY DOCTOR"), HasSubstr("Nothing has taken 50 ms or longer"));
  server.configure([](config::Config& c) { c.slowlog_log_slower_than_us = 100'000; });
  run_slowly("KEYS *", 60);
  const std::string report = run("LATENCY DOCTOR");
  EXPECT_THAT(report, AllOf(HasSubstr("- command: 1 in the last 1 s; mean 60 ms, deviation 0 ms"),
                            HasSubstr("CONFIG SET slowlog-log-slower-than 50000"),
                            HasSubstr("SLOWLOG GET"), Not(HasSubstr("Commands that do little"))));
  server.configure([](config::Config& c) { c.slowlog_log_slower_than_us = -1; });
  run_slowly("GET k", 60);
  EXPECT_THAT(run("LATENCY DOCTOR"),
              AllOf(HasSubstr("The slow log is off"), HasSubstr("Commands that do little")));
}

TEST_F(LatencyCommand, ExpiryIsAnEvent) {
  monitor_from(20);
  run("SET k v PX 10");
  handlers.slow = Step::expiry;
  handlers.us = 30'000;
  pass_ms(50);
  handlers.us = 0;
  EXPECT_THAT(run("LATENCY LATEST"), HasSubstr("expire-cycle"));
}

TEST_F(LatencyCommand, EvictionIsAnEvent) {
  run("SET k v");
  std::uint64_t used = 2'000'000;
  server.services.memory.measure = [&] { return used; };
  handlers.slow = Step::eviction;
  handlers.us = 30'000;
  server.configure([](config::Config& c) {
    c.latency_monitor_threshold_ms = 20;
    c.maxmemory_bytes = 1'000'000;
    c.maxmemory_policy = config::EvictionPolicy::allkeys_random;
  });
  run("PING");
  used = 0;
  EXPECT_THAT(run("LATENCY LATEST"), HasSubstr("eviction-cycle"));
}

TEST_F(LatencyCommand, HistogramCountsTheCallsByTheirTimes) {
  handlers.us = 1;
  run("SET a 1");
  handlers.us = 3;
  run("SET a 2");
  run("SET a 2");
  handlers.us = 100;
  run("GET a");
  handlers.us = 0;
  EXPECT_EQ(run("LATENCY HISTOGRAM set"),
            array({bulk("set"), array({bulk("calls"), integer(3), bulk("histogram_usec"),
                                       array({integer(1), integer(1), integer(4), integer(3)})})}));
  Client& third = connect(protocol::RespVersion::resp3);
  EXPECT_EQ(third.run("LATENCY HISTOGRAM nosuch GET"),
            key_values({bulk("get"), key_values({bulk("calls"), integer(1), bulk("histogram_usec"),
                                                 key_values({integer(132), integer(1)})})}));
  EXPECT_EQ(third.run("LATENCY HISTOGRAM nosuch"), key_values({}));
}

TEST_F(LatencyCommand, HistogramOfAContainerIsThatOfItsSubcommands) {
  run("CLIENT ID");
  run("CLIENT LIST");
  const std::string all = run("LATENCY HISTOGRAM client");
  EXPECT_THAT(all, AllOf(StartsWith("*4\r\n"), HasSubstr("client|id"), HasSubstr("client|list")));
  EXPECT_THAT(run("LATENCY HISTOGRAM client|id"),
              AllOf(StartsWith("*2\r\n"), HasSubstr("client|id")));
}

TEST_F(LatencyCommand, HistogramsEndWithResetstat) {
  run("GET k");
  run("CONFIG RESETSTAT");
  const std::string histogram = run("LATENCY HISTOGRAM");
  EXPECT_THAT(histogram, AllOf(StartsWith("*2\r\n"), HasSubstr("config|resetstat")));
}

TEST_F(LatencyCommand, VerySlowOnesCountAsASecond) {
  handlers.us = 60'000'000;
  run("GET k");
  handlers.us = 0;
  EXPECT_THAT(run("LATENCY HISTOGRAM get"), EndsWith("*2\r\n" + integer(1'082'130) + integer(1)));
}

TEST_F(LatencyCommand, TrackingCanBeTurnedOff) {
  run("GET k");
  server.configure([](config::Config& c) { c.latency_tracking = false; });
  run("GET k");
  run("SET k v");
  EXPECT_THAT(run("LATENCY HISTOGRAM"),
              AllOf(HasSubstr(bulk("calls") + integer(1)), Not(HasSubstr(bulk("set")))));
  EXPECT_THAT(run("INFO latencystats"), Not(HasSubstr("usec_")));
  server.configure([](config::Config& c) { c.latency_tracking = true; });
  run("GET k");
  EXPECT_THAT(run("LATENCY HISTOGRAM get"), HasSubstr(bulk("calls") + integer(2)));
}

TEST_F(LatencyCommand, InfoHasPercentiles) {
  handlers.us = 10;
  for (int i = 0; i < 99; ++i) run("GET k");
  handlers.us = 1000;
  run("GET k");
  handlers.us = 0;
  EXPECT_THAT(run("INFO latencystats"),
              HasSubstr("latency_percentiles_usec_get:p50=10.239,p99=10.239,p99.9=1015.807\r\n"));
  server.configure([](config::Config& c) { c.latency_tracking_info_percentiles = {0, 50.5}; });
  EXPECT_THAT(run("INFO latencystats"),
              HasSubstr("latency_percentiles_usec_get:p0=9.984,p50.5=10.239\r\n"));
}

TEST_F(LatencyCommand, ABlockedCommandIsMeasuredWithoutItsWait) {
  handlers.us = 10;
  Client& waiter = connect();
  waiter.run("BLPOP l 0");
  pass_ms(60'000);
  run("RPUSH l x");
  handlers.us = 0;
  EXPECT_THAT(run("LATENCY HISTOGRAM blpop"), HasSubstr(integer(33) + integer(1)));
  EXPECT_THAT(run("INFO commandstats"), HasSubstr("cmdstat_blpop:calls=1,usec=20,"));
}

}  // namespace
}  // namespace respawn::commands::test
