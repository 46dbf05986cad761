// How the server starts and how it ends.
#include <csignal>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

class Lifecycle : public ServerTest {
 protected:
  /// Waits for the end and expects exit code 0.
  void expect_clean_end() {
    const auto status = server().wait_for_exit();
    EXPECT_TRUE(status && status->clean()) << log();
  }

  /// Runs the binary to its end with nothing but these arguments.
  support::ExitStatus run_to_end(std::vector<std::string> arguments) {
    ServerOptions options;
    options.arguments = std::move(arguments);
    options.add_port = false;
    options.await_ready = false;
    return start_with(std::move(options)).wait_for_exit().value_or(support::ExitStatus{});
  }
};

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_F(Lifecycle, SigtermEndsInOrder) {
  start();
  RespClient client(port());
  client.command({"SET", "k", "v"});
  server().signal(SIGTERM);
  expect_clean_end();
  EXPECT_EQ(client.socket().read_until_end(), "");
}

TEST_F(Lifecycle, SigintEndsInOrder) {
  start();
  server().signal(SIGINT);
  expect_clean_end();
}

TEST_F(Lifecycle, ARepeatedSigtermIsNoHurry) {
  start();
  for (int i = 0; i < 3; ++i) server().signal(SIGTERM);
  expect_clean_end();
}

TEST_F(Lifecycle, ShutdownEndsInOrder) {
  start();
  RespClient client(port());
  RespClient waiter(port());
  waiter.send({"BLPOP", "l", "0"});
  client.send({"SHUTDOWN"});
  EXPECT_EQ(client.socket().read_until_end(), "") << "no reply, only the end";
  expect_clean_end();
}

TEST_F(Lifecycle, ShutdownNosaveNowForce) {
  start();
  RespClient client(port());
  client.send({"SHUTDOWN", "NOSAVE", "NOW", "FORCE"});
  EXPECT_EQ(client.socket().read_until_end(), "");
  expect_clean_end();
}

TEST_F(Lifecycle, EndsWithManyClientsAndAllTheirWaiting) {
  start();
  std::vector<RespClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back(port());
    clients.back().send(i % 2 == 0 ? std::vector<std::string>{"BLPOP", "l", "0"}
                                   : std::vector<std::string>{"SUBSCRIBE", "c"});
  }
  ASSERT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "100"; }));
  server().signal(SIGTERM);
  expect_clean_end();
}

TEST_F(Lifecycle, EndsSoonAfterClientsCameAndWent) {
  start();
  std::vector<RespClient> staying;
  for (int i = 0; i < 50; ++i) {
    staying.emplace_back(port());
    staying.back().command({"PING"});
    RespClient(port()).command({"PING"});
  }
  const auto began = support::SteadyClock::now();
  server().signal(SIGTERM);
  expect_clean_end();
  EXPECT_LT(support::elapsed_ms(began), 2000) << "something is waited for that does not come";
}

TEST_F(Lifecycle, ASecondSigintEndsAtOnce) {
  start();
  if (!is_respawn()) GTEST_SKIP() << "Redis finishes what it is doing first";
  RespClient busy(port());
  RespClient probe(port());
  probe.command({"PING"});
  busy.send({"DEBUG", "SLEEP", "15"});
  // The sleep has begun as soon as others are not answered any more.
  ASSERT_TRUE(wait_until([&] {
    probe.send({"PING"});
    try {
      probe.read(std::chrono::milliseconds(200));
      return false;
    } catch (const std::exception&) {
      return true;
    }
  }));
  const auto began = support::SteadyClock::now();
  server().signal(SIGINT);
  // The first one is noted in the log before the second one may come.
  ASSERT_TRUE(wait_until([&] { return log().find("Received SIGINT") != std::string::npos; }));
  server().signal(SIGINT);
  const auto status = server().wait_for_exit();
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->clean());
  EXPECT_LT(support::elapsed_ms(began), 10'000);
}

TEST_F(Lifecycle, StartsAgainOnTheSamePortAtOnce) {
  start();
  const auto same = std::to_string(port());
  RespClient client(port());
  client.command({"PING"});
  ASSERT_TRUE(server().stop());
  ServerOptions options;
  options.arguments = {"--port", same, "--save", ""};
  options.await_ready = false;
  start_with(options);
  EXPECT_TRUE(wait_until([&] {
    try {
      return RespClient(static_cast<std::uint16_t>(std::stoi(same))).text({"PING"}) == "PONG";
    } catch (const std::runtime_error&) {
      return false;
    }
  }));
}

TEST_F(Lifecycle, SaysOnceWhyItDoesNotStart) {
  const ServerProcess holder;
  const std::vector<std::string> arguments = {"--port", std::to_string(holder.port()), "--bind",
                                              "127.0.0.1"};
  const std::string reason = "ddress already in use";
  EXPECT_EQ(run_to_end(arguments).code, 1);
  EXPECT_EQ(count(log(), reason), 1) << log();
  // Whoever waits at the terminal hears of it as well, wherever the log is.
  auto with_file = arguments;
  with_file.insert(with_file.end(), {"--logfile", "server.log"});
  EXPECT_EQ(run_to_end(with_file).code, 1);
  EXPECT_EQ(count(log(), reason), 1) << log();
  EXPECT_EQ(count(read_file(server().directory() / "server.log"), reason), 1);
  auto silent = arguments;
  silent.insert(silent.end(), {"--loglevel", "nothing"});
  EXPECT_EQ(run_to_end(silent).code, 1);
  EXPECT_EQ(count(log(), reason), 1) << log();
}

TEST_F(Lifecycle, SaysItsVersion) {
  const auto status = run_to_end({"--version"});
  EXPECT_TRUE(status.clean());
  EXPECT_NE(server().standard_output().find("server v="), std::string::npos) << log();
}

TEST_F(Lifecycle, HelpsOnRequest) {
  run_to_end({"--help"});
  EXPECT_NE(log().find("--port"), std::string::npos) << log();
}

TEST_F(Lifecycle, InfoHasWhatClientsAndToolsRead) {
  start();
  RespClient client(port());
  const auto text = "\n" + client.text({"INFO"});
  for (const auto* field : {"redis_version",
                            "redis_mode",
                            "os",
                            "arch_bits",
                            "process_id",
                            "run_id",
                            "tcp_port",
                            "uptime_in_seconds",
                            "executable",
                            "config_file",
                            "connected_clients",
                            "maxclients",
                            "blocked_clients",
                            "used_memory",
                            "used_memory_human",
                            "used_memory_rss",
                            "maxmemory",
                            "maxmemory_policy",
                            "mem_allocator",
                            "loading",
                            "rdb_changes_since_last_save",
                            "rdb_bgsave_in_progress",
                            "aof_enabled",
                            "aof_rewrite_in_progress",
                            "total_connections_received",
                            "total_commands_processed",
                            "instantaneous_ops_per_sec",
                            "rejected_connections",
                            "expired_keys",
                            "evicted_keys",
                            "keyspace_hits",
                            "keyspace_misses",
                            "pubsub_channels",
                            "pubsub_patterns",
                            "total_error_replies",
                            "role",
                            "connected_slaves",
                            "master_replid",
                            "master_repl_offset",
                            "used_cpu_sys",
                            "used_cpu_user",
                            "cluster_enabled"})
    EXPECT_NE(text.find(std::string("\n") + field + ":"), std::string::npos) << field;
  EXPECT_EQ(support::info_field(client, "server", "process_id"), std::to_string(server().pid()));
  EXPECT_EQ(support::info_field(client, "server", "tcp_port"), std::to_string(port()));
}

TEST_F(Lifecycle, InfoCountsWhatHappens) {
  start();
  RespClient client(port());
  client.ok({"CONFIG", "RESETSTAT"});
  client.command({"SET", "k", "v"});
  client.command({"GET", "k"});
  client.command({"GET", "nokey"});
  client.command({"GET", "a", "b"});
  EXPECT_EQ(support::info_field(client, "stats", "keyspace_hits"), "1");
  EXPECT_EQ(support::info_field(client, "stats", "keyspace_misses"), "1");
  EXPECT_EQ(support::info_field(client, "stats", "total_error_replies"), "1");
  const auto commands = client.text({"INFO", "commandstats"});
  EXPECT_NE(commands.find("cmdstat_get:calls=2,"), std::string::npos) << commands;
  EXPECT_NE(commands.find("rejected_calls=1,failed_calls=0"), std::string::npos) << commands;
  EXPECT_EQ(support::info_field(client, "keyspace", "db0").substr(0, 16), "keys=1,expires=0");
}

}  // namespace
}  // namespace respawn::integration
