#include <gmock/gmock.h>

#include <optional>

#include "commands/shared/info_writer.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class Info : public CommandTest {
 protected:
  std::string info(std::string_view arguments = "") {
    const std::string reply = run("INFO " + std::string(arguments));
    const std::size_t start = reply.find("\r\n") + 2;
    return reply.substr(start, reply.size() - start - 2);
  }

  std::vector<std::string> titles(std::string_view arguments = "") {
    std::vector<std::string> found;
    const std::string text = info(arguments);
    for (std::string_view line : split(text, '\n'))
      if (line.starts_with("# ")) found.emplace_back(trim(line.substr(2)));
    return found;
  }

  std::optional<std::string> field(std::string_view name, std::string_view section) {
    const std::string text = info(section);
    for (std::string_view line : split(text, '\n'))
      if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
        return std::string(trim(line.substr(name.size() + 1)));
    return std::nullopt;
  }
};

TEST_F(Info, DefaultLeavesOutTheLongSections) {
  const auto expected =
      ElementsAre("Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU",
                  "Modules", "Errorstats", "Cluster", "Keyspace");
  EXPECT_THAT(titles(), expected);
  EXPECT_THAT(titles("default"), expected);
}

TEST_F(Info, AllAndEverythingHaveAllSections) {
  const auto expected =
      ElementsAre("Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU",
                  "Modules", "Commandstats", "Errorstats", "Latencystats", "Cluster", "Keyspace");
  EXPECT_THAT(titles("all"), expected);
  EXPECT_THAT(titles("everything"), expected);
}

TEST_F(Info, SectionsComeInTheirOwnOrderOnce) {
  EXPECT_THAT(titles("keyspace CPU keyspace"), ElementsAre("CPU", "Keyspace"));
  EXPECT_EQ(titles("default commandstats").size(), 12U);
  EXPECT_EQ(info("nosuch"), "");
  EXPECT_EQ(info("\"\""), "");
  EXPECT_EQ(info("keyspace cluster"), "# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\n");
}

TEST_F(Info, IsVerbatimInResp3) {
  EXPECT_EQ(connect(protocol::RespVersion::resp3).run("INFO cluster"),
            "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n");
}

TEST_F(Info, ServerTellsOfTheProcess) {
  ProcessFacts& process = server.services.process.known;
  process.run_id = std::string(40, 'a');
  server.configure([](config::Config& config) { config.port = 7000; });
  process.started_ms = server.clock.wall_us() / 1000 - 90'000'000;
  process.event_backend = "epoll";
  EXPECT_EQ(field("redis_version", "server"), "7.2.4");
  EXPECT_EQ(field("redis_mode", "server"), "standalone");
  EXPECT_THAT(field("respawn_version", "server").value(), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ(field("run_id", "server"), process.run_id);
  EXPECT_EQ(field("tcp_port", "server"), "7000");
  EXPECT_EQ(field("multiplexing_api", "server"), "epoll");
  EXPECT_EQ(field("uptime_in_seconds", "server"), "90000");
  EXPECT_EQ(field("uptime_in_days", "server"), "1");
  EXPECT_EQ(field("server_time_usec", "server"), std::to_string(server.clock.wall_us()));
  EXPECT_EQ(field("listener0", "server"), "name=tcp,bind=*,bind=-::*,port=7000");
}

TEST_F(Info, ClientsCountsTheBlocked) {
  connect().run("BLPOP a b 0");
  connect().run("BLPOP a 5");
  EXPECT_EQ(field("connected_clients", "clients"), "3");
  EXPECT_EQ(field("blocked_clients", "clients"), "2");
  EXPECT_EQ(field("clients_in_timeout_table", "clients"), "1");
  EXPECT_EQ(field("total_blocking_keys", "clients"), "2");
}

TEST_F(Info, MemoryHasRatiosAndAPeak) {
  MemoryFacts& memory = server.services.memory.known;
  memory = {.used = 3U << 20, .resident = 6U << 20, .allocated = 1U << 20, .active = 2U << 20};
  EXPECT_EQ(field("used_memory", "memory"), "3145728");
  EXPECT_EQ(field("used_memory_human", "memory"), "3.00M");
  EXPECT_EQ(field("mem_fragmentation_ratio", "memory"), "2.00");
  EXPECT_EQ(field("allocator_frag_ratio", "memory"), "2.00");
  EXPECT_EQ(field("allocator_frag_bytes", "memory"), "1048576");
  memory.used = 1U << 20;
  EXPECT_EQ(field("used_memory_peak", "memory"), "3145728");
  EXPECT_EQ(field("used_memory_peak_perc", "memory"), "33.33%");
  EXPECT_EQ(field("maxmemory_policy", "memory"), "noeviction");
}

TEST_F(Info, StatsCountWhatHappened) {
  run("SET k v PX 10");
  run("GET k");
  run("GET nothing");
  pass_ms(20);
  connect().run("SUBSCRIBE c");
  run("LPOP");
  EXPECT_EQ(field("keyspace_hits", "stats"), "1");
  EXPECT_EQ(field("keyspace_misses", "stats"), "1");
  EXPECT_EQ(field("expired_keys", "stats"), "1");
  EXPECT_EQ(field("pubsub_channels", "stats"), "1");
  EXPECT_EQ(field("total_error_replies", "stats"), "1");
}

TEST_F(Info, PersistenceIsHonest) {
  run("SET k v");
  EXPECT_EQ(field("loading", "persistence"), "0");
  EXPECT_EQ(field("aof_enabled", "persistence"), "0");
  EXPECT_EQ(field("rdb_bgsave_in_progress", "persistence"), "0");
  EXPECT_EQ(field("rdb_changes_since_last_save", "persistence"), "1");
}

TEST_F(Info, ReplicationIsAMastersWithoutReplicas) {
  EXPECT_EQ(field("role", "replication"), "master");
  EXPECT_EQ(field("connected_slaves", "replication"), "0");
  EXPECT_EQ(field("master_replid", "replication"), server.store.replication_id);
  EXPECT_EQ(field("master_replid2", "replication"), std::string(40, '0'));
  EXPECT_EQ(field("second_repl_offset", "replication"), "-1");
}

TEST_F(Info, CpuTimesHaveSixDigits) {
  EXPECT_THAT(field("used_cpu_sys", "cpu").value(), MatchesRegex("[0-9]+\\.[0-9]{6}"));
  EXPECT_TRUE(field("used_cpu_user_main_thread", "cpu").has_value());
}

TEST_F(Info, CommandstatsCountCallsRejectionsAndFailures) {
  run("SET k v");
  run("LPUSH k x");
  run("GET");
  run("CLIENT ID");
  EXPECT_EQ(field("cmdstat_set", "commandstats"),
            "calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0");
  EXPECT_THAT(field("cmdstat_lpush", "commandstats").value(), HasSubstr("failed_calls=1"));
  EXPECT_THAT(field("cmdstat_client|id", "commandstats").value(), StartsWith("calls=1,"));
  run("CONFIG RESETSTAT");
  EXPECT_EQ(field("cmdstat_set", "commandstats"), std::nullopt);
}

TEST_F(Info, CommandstatsCountACommandThatBlocksOnceAndWhenItEnds) {
  const auto calls = [this] { return server.store.registry.find("blpop")->statistics.calls; };
  const auto failures = [this] {
    return server.store.registry.find("blpop")->statistics.failed_calls;
  };
  auto& waiter = server.connect();
  waiter.run("BLPOP l 0");
  EXPECT_EQ(calls(), 0U);
  run("RPUSH l a");
  EXPECT_EQ(calls(), 1U);
  waiter.run("BLPOP l 0.1");
  server.pass_ms(101);
  EXPECT_EQ(calls(), 2U);
  waiter.run("BLPOP l 0");
  run("CLIENT UNBLOCK " + std::to_string(waiter.session().id));
  EXPECT_EQ(calls(), 3U);
  EXPECT_EQ(failures(), 0U);
  waiter.run("BLPOP l 0");
  run("CLIENT UNBLOCK " + std::to_string(waiter.session().id) + " ERROR");
  EXPECT_EQ(calls(), 4U);
  EXPECT_EQ(failures(), 1U);
}

TEST_F(Info, ErrorstatsCountByCode) {
  run("SET k v");
  run("LPUSH k x");
  run("NOSUCH");
  run("GET");
  EXPECT_EQ(info("errorstats"),
            "# Errorstats\r\nerrorstat_ERR:count=2\r\nerrorstat_WRONGTYPE:count=1\r\n");
}

TEST_F(Info, KeyspaceListsDatabasesWithKeys) {
  run("SET a 1");
  run("SET b 2 PX 1000");
  run("SELECT 7");
  run("SET c 3");
  EXPECT_EQ(
      info("keyspace"),
      "# Keyspace\r\ndb0:keys=2,expires=1,avg_ttl=1000\r\ndb7:keys=1,expires=0,avg_ttl=0\r\n");
}

TEST(HumanBytes, ChoosesTheUnit) {
  EXPECT_EQ(human_bytes(0), "0B");
  EXPECT_EQ(human_bytes(1023), "1023B");
  EXPECT_EQ(human_bytes(1024), "1.00K");
  EXPECT_EQ(human_bytes(1536), "1.50K");
  EXPECT_EQ(human_bytes(std::uint64_t{5} << 40), "5.00T");
  EXPECT_EQ(human_bytes(std::uint64_t{3} << 60), "3072.00P");
}

}  // namespace
}  // namespace respawn::commands::test
