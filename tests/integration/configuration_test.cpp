// Where the configuration comes from, how it changes, and what is said when it is wrong.
#include <csignal>

#include "tests/integration/fixture.hpp"
#include "tests/support/socket_table.hpp"

namespace respawn::integration {
namespace {

class Configuration : public ServerTest {
 protected:
  [[nodiscard]] std::filesystem::path file(const std::string& name) const {
    return files_.path() / name;
  }

  ServerProcess& start_from(const std::string& config, std::vector<std::string> arguments = {},
                            std::string input = {}) {
    ServerOptions options;
    options.config = config;
    options.arguments = std::move(arguments);
    options.input = std::move(input);
    return start_with(std::move(options));
  }

  /// What `--check-config` says of a file with this text: the exit code, and the text in `said`.
  int check(const std::string& name, const std::string& text,
            std::vector<std::string> arguments = {}) {
    write_file(file(name), text);
    ServerOptions options;
    options.config = file(name).string();
    options.arguments = std::move(arguments);
    options.arguments.emplace_back("--check-config");
    options.add_port = false;
    options.await_ready = false;
    ServerProcess process(options);
    const auto status = process.wait_for_exit();
    said = process.standard_output() + process.standard_error();
    return status ? status->code : -1;
  }

  /// Expects that the text is refused, and that the message names the file and all these.
  void expect_refused(const std::string& name, const std::string& text,
                      const std::vector<std::string>& named) {
    EXPECT_EQ(check(name, text), 1) << text;
    EXPECT_NE(said.find(name), std::string::npos) << said;
    for (const auto& word : named)
      EXPECT_NE(said.find(word), std::string::npos) << word << " in: " << said;
  }

  support::TemporaryDirectory files_;
  std::string said;
};

TEST_F(Configuration, AClassicFileAndOptionsOverIt) {
  write_file(file("redis.conf"), "# a remark\ntimeout 100\ntcp-keepalive 50\nmaxmemory 100mb\n");
  start_from(file("redis.conf").string(), {"--timeout", "200"});
  EXPECT_EQ(option("timeout"), "200");
  EXPECT_EQ(option("tcp-keepalive"), "50");
  EXPECT_EQ(option("maxmemory"), "104857600");
  EXPECT_EQ(info("server", "config_file"), file("redis.conf").string());
}

TEST_F(Configuration, StandardInput) {
  start_from("-", {}, "timeout 77\nmaxmemory 1mb\n");
  EXPECT_EQ(option("timeout"), "77");
  EXPECT_EQ(option("maxmemory"), "1048576");
}

TEST_F(Configuration, RewriteOfAClassicFile) {
  write_file(file("redis.conf"), "# kept remark\ntimeout 100\n");
  start_from(file("redis.conf").string());
  RespClient client(port());
  client.ok({"CONFIG", "SET", "timeout", "123", "maxmemory", "1mb"});
  client.ok({"CONFIG", "REWRITE"});
  const auto text = read_file(file("redis.conf"));
  EXPECT_NE(text.find("# kept remark\n"), std::string::npos) << text;
  EXPECT_NE(text.find("timeout 123\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("timeout 100\n"), std::string::npos) << text;
  ASSERT_TRUE(server().stop());
  start_from(file("redis.conf").string());
  EXPECT_EQ(option("timeout"), "123");
  EXPECT_EQ(option("maxmemory"), "1048576");
}

TEST_F(Configuration, AWrongOptionStopsTheStart) {
  ServerOptions options;
  options.arguments = {"--timeout", "abc"};
  options.await_ready = false;
  auto& failed = start_with(options);
  const auto status = failed.wait_for_exit();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 1);
  EXPECT_NE(log().find("timeout"), std::string::npos) << log();
}

TEST_F(Configuration, AMissingFileStopsTheStart) {
  ServerOptions options;
  options.config = file("missing.conf").string();
  options.await_ready = false;
  auto& failed = start_with(options);
  const auto status = failed.wait_for_exit();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 1);
  EXPECT_NE(log().find("missing.conf"), std::string::npos) << log();
}

/// What only Respawn can do.
class OwnConfiguration : public Configuration {
 protected:
  void SetUp() override {
    Configuration::SetUp();
    if (IsSkipped()) return;
    start();
    if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  }
};

TEST_F(OwnConfiguration, JsonAndOptionsOverIt) {
  write_file(file("a.json"), "// a remark\n{ \"timeout\": 100, \"maxmemory\": \"100mb\" }\n");
  start_from(file("a.json").string(), {"--timeout", "200"});
  EXPECT_EQ(option("timeout"), "200");
  EXPECT_EQ(option("maxmemory"), "104857600");
}

TEST_F(OwnConfiguration, JsonFromStandardInput) {
  start_from("-", {}, "{ \"timeout\": 55 }");
  EXPECT_EQ(option("timeout"), "55");
}

TEST_F(OwnConfiguration, TheOneThatIsDelivered) {
  start_from(RESPAWN_CONFIG);
  EXPECT_TRUE(serves());
}

TEST_F(OwnConfiguration, TheProfileOfACache) {
  start_from((std::filesystem::path(RESPAWN_CONFIG).parent_path() / "cache.json").string());
  EXPECT_TRUE(serves());
  EXPECT_EQ(option("maxmemory-policy"), "allkeys-lru");
  EXPECT_EQ(option("save"), "");
}

TEST_F(OwnConfiguration, TheProfileThatLosesNothing) {
  const std::string durable =
      (std::filesystem::path(RESPAWN_CONFIG).parent_path() / "durable.json").string();
  start_from(durable, {"--dir", files_.path().string()});
  EXPECT_TRUE(serves());
  RespClient client(port());
  client.ok({"SET", "k", "v"});
  // No need to wait: what was acknowledged is on disk.
  const auto reply = client.command({"WAITAOF", "1", "0", "1"});
  EXPECT_EQ(reply.elements.at(0).integer(), 1);
  server().signal(SIGKILL);
  ASSERT_TRUE(server().wait_for_exit());
  start_from(durable, {"--dir", files_.path().string()});
  EXPECT_EQ(RespClient(port()).text({"GET", "k"}), "v");
}

TEST_F(OwnConfiguration, CheckAcceptsARightFile) {
  EXPECT_EQ(check("right.json", "{ \"timeout\": 10 }"), 0) << said;
  EXPECT_EQ(check("right.conf", "timeout 10\n"), 0) << said;
}

TEST_F(OwnConfiguration, CheckNamesFilePlaceAndExpectation) {
  expect_refused("a.json", "{ \"timeout\": \"abc\" }", {"timeout"});
  expect_refused("b.json", "{ \"nosuch\": 1 }", {"nosuch"});
  expect_refused("c.json", "{\n  \"timeout\": 1,\n  \"timeout\n}", {"3"});
  expect_refused("d.json", "{ \"maxmemory-policy\": \"nosuch\" }",
                 {"maxmemory-policy", "noeviction"});
  expect_refused("e.json", "{\n  \"timeout\": -1\n}", {"timeout"});
  expect_refused("f.conf", "# first\ntimeout abc\n", {"timeout", "2"});
  expect_refused("g.conf", "nosuch 1\n", {"nosuch", "1"});
  expect_refused("h.conf", "timeout \"unbalanced\n", {"1"});
  expect_refused("i.conf", "\n\nmaxmemory-policy nosuch\n", {"maxmemory-policy", "3"});
}

TEST_F(OwnConfiguration, CheckLooksAtOptionsToo) {
  EXPECT_EQ(check("right.json", "{}", {"--timeout", "abc"}), 1);
  EXPECT_NE(said.find("timeout"), std::string::npos) << said;
}

TEST_F(OwnConfiguration, RewriteOfJson) {
  write_file(file("a.json"), "// kept remark\n{\n  \"timeout\": 100\n}\n");
  start_from(file("a.json").string());
  RespClient client(port());
  client.ok({"CONFIG", "SET", "timeout", "123", "maxmemory", "1mb"});
  client.ok({"CONFIG", "REWRITE"});
  EXPECT_NE(read_file(file("a.json")).find("kept remark"), std::string::npos);
  ASSERT_TRUE(server().stop());
  start_from(file("a.json").string());
  EXPECT_EQ(option("timeout"), "123");
  EXPECT_EQ(option("maxmemory"), "1048576");
}

TEST_F(OwnConfiguration, SighupReadsTheFileAgain) {
  write_file(file("a.json"), "{ \"timeout\": 100, \"maxmemory\": \"1mb\" }");
  start_from(file("a.json").string());
  write_file(file("a.json"), "{ \"timeout\": 200, \"maxmemory\": \"1mb\" }");
  server().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return option("timeout") == "200"; }));
  EXPECT_EQ(option("maxmemory"), "1048576");
  EXPECT_NE(log().find("timeout"), std::string::npos) << "the difference is logged: " << log();
}

TEST_F(OwnConfiguration, SighupRejectsAFileThatIsPartlyWrong) {
  write_file(file("a.json"), "{ \"timeout\": 100, \"maxmemory\": \"1mb\" }");
  start_from(file("a.json").string());
  const auto before = log().size();
  write_file(file("a.json"), "{ \"timeout\": 200, \"maxmemory\": \"abc\" }");
  server().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return log().find("maxmemory", before) != std::string::npos; }));
  EXPECT_EQ(option("timeout"), "100");
  write_file(file("a.json"), "{ \"timeout\": 300 }");
  server().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return option("timeout") == "300"; }));
}

TEST_F(OwnConfiguration, SetReachesAClientThatSaysNothing) {
  start({"--tcp-keepalive", "0"});
  RespClient quiet(port());
  quiet.ok({"CLIENT", "SETNAME", "quiet"});
  const auto probed = [&] { return support::is_probed(port(), quiet.socket()); };
  EXPECT_FALSE(probed());
  RespClient other(port());
  other.ok({"CONFIG", "SET", "tcp-keepalive", "100"});
  EXPECT_TRUE(wait_until(probed));
  other.ok({"CONFIG", "SET", "tcp-keepalive", "0"});
  EXPECT_TRUE(wait_until([&] { return !probed(); }));
}

TEST_F(OwnConfiguration, SetOfTheLogsShapeHoldsForTheNextLine) {
  RespClient client(port());
  client.ok({"CONFIG", "SET", "log-format", "json"});
  client.ok({"DEBUG", "LOG", "in json"});
  EXPECT_TRUE(wait_until(
      [&] { return log().find("\"message\":\"DEBUG LOG: in json\"}") != std::string::npos; }));
  client.ok({"CONFIG", "SET", "log-format", "text", "loglevel", "nothing"});
  client.ok({"DEBUG", "LOG", "in text"});
  client.ok({"CONFIG", "SET", "loglevel", "notice"});
  client.ok({"DEBUG", "LOG", "in text again"});
  EXPECT_TRUE(
      wait_until([&] { return log().find("# DEBUG LOG: in text again\n") != std::string::npos; }));
  EXPECT_EQ(log().find("DEBUG LOG: in text\n"), std::string::npos) << log();
}

TEST_F(OwnConfiguration, SighupMovesTheListenerOrChangesNothing) {
  const auto first = support::free_port();
  const auto second = support::free_port();
  const auto text = [](std::uint16_t at, int timeout) {
    return "{ \"port\": " + std::to_string(at) + ", \"timeout\": " + std::to_string(timeout) + " }";
  };
  write_file(file("a.json"), text(first, 100));
  ServerOptions options;
  options.config = file("a.json").string();
  options.add_port = false;
  options.await_ready = false;
  start_with(std::move(options));
  const auto answers = [](std::uint16_t at) {
    try {
      RespClient client(at);
      return client.command({"PING"}).text == "PONG";
    } catch (const std::exception&) {
      return false;
    }
  };
  ASSERT_TRUE(wait_until([&] { return answers(first); }));
  {
    const ServerProcess other;
    write_file(file("a.json"), text(other.port(), 200));
    server().signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] {
      return log().find("Configuration reload rejected: port: Unable to listen on this port") !=
             std::string::npos;
    }));
  }
  EXPECT_TRUE(answers(first));
  write_file(file("a.json"), text(second, 300));
  server().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return answers(second); }));
  RespClient client(second);
  EXPECT_EQ(support::info_field(client, "server", "tcp_port"), std::to_string(second));
}

TEST_F(Configuration, SighupWithoutAFileDoesNoHarm) {
  start();
  if (!is_respawn()) GTEST_SKIP() << "Redis ignores SIGHUP";
  server().signal(SIGHUP);
  EXPECT_TRUE(serves());
}

}  // namespace
}  // namespace respawn::integration
