// What a configuration promises: it is kept, or the server says that it is not.
#include <csignal>

#include "base/text.hpp"
#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

/// Tests of Respawn alone: redis-server has no --check-config, and no reload.
class Promises : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (IsSkipped()) return;
    if (run({"--version"}) != 0 || said.find("Respawn") == said.npos)
      GTEST_SKIP() << "Respawn's own";
  }

  [[nodiscard]] std::filesystem::path file(const std::string& name) const {
    return files_.path() / name;
  }

  /// Runs the program until it ends: its exit code, and what it printed in `said`.
  int run(std::vector<std::string> arguments, std::string input = {}) {
    ServerOptions options;
    options.arguments = std::move(arguments);
    options.input = std::move(input);
    options.add_port = false;
    options.await_ready = false;
    ServerProcess process(options);
    const auto status = process.wait_for_exit();
    said = process.standard_output() + process.standard_error();
    return status ? status->code : -1;
  }

  /// Writes the text to a.conf and starts from it, in a directory that is not a.conf's.
  ServerProcess& start_from(const std::string& text, std::vector<std::string> arguments = {}) {
    write_file(file("a.conf"), text);
    ServerOptions options;
    options.config = file("a.conf").string();
    options.arguments = std::move(arguments);
    return start_with(std::move(options));
  }

  /// Has the server read a.conf again; what it logged about it.
  std::string reload(const std::string& text) {
    write_file(file("a.conf"), text);
    const std::size_t before = log().size();
    server().signal(SIGHUP);
    const auto done = [&] {
      return log().find("Configuration reload", before) != std::string::npos;
    };
    EXPECT_TRUE(wait_until(done)) << log();
    return log().substr(before);
  }

  /// What both a start and --check-config say of a file with this text, which they refuse.
  std::string refusal_of(const std::string& name, const std::string& text) {
    write_file(file(name), text);
    EXPECT_EQ(run({file(name).string(), "--port", "0"}), 1) << text << said;
    const std::string at_start = said;
    EXPECT_EQ(run({"--check-config", file(name).string()}), 1) << text << said;
    EXPECT_NE(at_start.find(said), std::string::npos) << at_start << "\n---\n" << said;
    return said;
  }

  support::TemporaryDirectory files_;
  std::string said;
};

/// The error or simple text that a command is answered with.
std::string answer(RespClient& client, const std::vector<std::string>& words) {
  return client.command(words).text;
}

void expect_renamed(std::uint16_t port) {
  RespClient client(port);
  EXPECT_EQ(answer(client, {"CONFIG", "GET", "port"}),
            "ERR unknown command 'CONFIG', with args beginning with: 'GET' 'port' ");
  EXPECT_EQ(answer(client, {"SET"}), "ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(answer(client, {"store", "k", "v"}), "OK");
  EXPECT_EQ(answer(client, {"set", "k"}), "v");
  EXPECT_EQ(answer(client, {"FLUSHALL"}),
            "ERR unknown command 'FLUSHALL', with args beginning with: ");
}

TEST_F(Promises, RenamesOfAClassicFileAreDone) {
  start_from(
      "rename-command CONFIG \"\"\nrename-command SET store\nrename-command GET SET\n"
      "rename-command flushall 8f3a\n");
  expect_renamed(port());
  RespClient client(port());
  EXPECT_EQ(answer(client, {"8f3a"}), "OK");
}

TEST_F(Promises, RenamesOfAJsonFileAreDoneInTheirOrder) {
  start_from(
      "{ \"rename-command\": { \"SET\": \"store\", \"GET\": \"SET\", \"CONFIG\": \"\",\n"
      "                       \"FLUSHALL\": \"\" } }");
  expect_renamed(port());
}

TEST_F(Promises, RenamesOfTheCommandLineAreDone) {
  start_from("rename-command CONFIG \"\"\n",
             {"--rename-command", "SET", "store", "--rename-command GET SET", "--rename-command",
              "FLUSHALL", ""});
  expect_renamed(port());
}

TEST_F(Promises, ARenameThatCannotBeDoneStopsTheStart) {
  const std::pair<const char*, const char*> wrong[] = {
      {"rename-command nosuch x", "No such command in rename-command"},
      {"rename-command config|get x", "No such command in rename-command"},
      {"rename-command GET set", "Target command name already exists"},
      {"rename-command GET", "Bad directive or wrong number of arguments"}};
  for (const auto& [line, why] : wrong) {
    const std::string text = refusal_of("r.conf", "timeout 5\n" + std::string(line) + "\n");
    EXPECT_NE(text.find("at line 2\n>>> '" + std::string(line) + "'\n" + why), text.npos) << text;
    EXPECT_NE(text.find("r.conf:2: "), text.npos) << text;
  }
  const std::string json =
      refusal_of("r.json", "{ \"rename-command\": {\n  \"GET\": \"g\",\n  \"GETT\": \"\" } }");
  EXPECT_NE(json.find("r.json:3:3: "), json.npos) << json;
  EXPECT_NE(refusal_of("r.conf", "rename-command GET a\nrename-command GET b\n").find(":2: "),
            std::string::npos);
}

TEST_F(Promises, WhatWouldOpenTheServerStopsTheStart) {
  for (const char* line : {"loadmodule /usr/lib/search.so", "replicaof 127.0.0.1 1",
                           "cluster-enabled yes", "port 0\ntls-port 6380"}) {
    const std::string text = refusal_of("o.conf", "# a remark\n" + std::string(line) + "\n");
    EXPECT_NE(text.find("o.conf:"), text.npos) << text;
    EXPECT_NE(text.find("cannot be ignored"), text.npos) << text;
  }
}

TEST_F(Promises, AMissingDirectoryStopsTheStart) {
  const std::string text = refusal_of("d.conf", "dir /nosuch-directory\n");
  EXPECT_NE(text.find(">>> 'dir /nosuch-directory'\nNo such file or directory\n"), text.npos);
}

TEST_F(Promises, AStockFileIsWarnedAboutWhereverItIsRead) {
  const std::string text = "save 900 1\ntls-port 1\nactivedefrag yes\n";
  const char* named[] = {"option 'tls-port' is accepted", "option 'activedefrag' is accepted"};
  start_from(text);
  const std::string reloaded = reload(text);
  EXPECT_EQ(run({file("a.conf").string(), "--check-config"}), 0) << said;
  for (const char* warning : named) {
    EXPECT_NE(log().find(warning), std::string::npos) << log();
    EXPECT_NE(reloaded.find(warning), std::string::npos) << reloaded;
    EXPECT_NE(said.find(warning), std::string::npos) << said;
    EXPECT_EQ(said.find(warning), said.rfind(warning)) << "once";
  }
}

TEST_F(Promises, SetRefusesWhatDoesNotHappen) {
  start();
  RespClient client(port());
  EXPECT_EQ(
      answer(client, {"CONFIG", "SET", "activedefrag", "yes"}),
      "ERR CONFIG SET failed (possibly related to argument 'activedefrag') - this server does "
      "not defragment memory");
  EXPECT_NE(answer(client, {"CONFIG", "SET", "timeout", "5", "activedefrag", "yes"}), "OK");
  EXPECT_EQ(option("timeout"), "0");
  client.ok({"CONFIG", "SET", "save", "", "appendonly", "no", "activedefrag", "no"});
  client.ok({"CONFIG", "SET", "slowlog-max-len", "5", "repl-timeout", "7"});
  EXPECT_EQ(option("repl-timeout"), "7");
}

TEST_F(Promises, RewriteKeepsRenames) {
  start_from("rename-command FLUSHALL \"\"\nuser default on nopass ~* &* +@all\ntimeout 1\n");
  RespClient client(port());
  client.ok({"CONFIG", "SET", "timeout", "2"});
  client.ok({"CONFIG", "REWRITE"});
  EXPECT_EQ(
      read_file(file("a.conf"))
          .find(
              "rename-command FLUSHALL \"\"\nuser default on nopass sanitize-payload ~* &* +@all\n"
              "timeout 2\n"),
      0U);
}

TEST_F(Promises, AnIncludeBehindADirectoryIsInIt) {
  std::filesystem::create_directory(file("d"));
  write_file(file("d/sub.conf"), "timeout 7\n");
  write_file(file("sub.conf"), "timeout 8\n");
  start_from("dir " + file("d").string() + "\ninclude sub.conf\n");
  EXPECT_EQ(option("timeout"), "7");
  reload("dir " + file("d").string() + "\ninclude ../sub.conf\n");
  EXPECT_EQ(option("timeout"), "8");
}

TEST_F(Promises, FilesOfTheProcessAreInTheLastDirectory) {
  std::filesystem::create_directory(file("d"));
  std::filesystem::create_directory(file("d/e"));
  const std::string at = std::to_string(support::free_port());
  write_file(file("a.conf"), "logfile a.log\ndir " + file("d").string() +
                                 "\nunixsocket a.sock\npidfile a.pid\ndir e\nport " + at + "\n");
  ServerOptions options;
  options.config = file("a.conf").string();
  options.add_port = false;
  options.await_ready = false;
  start_with(std::move(options));
  for (const char* name : {"d/e/a.log", "d/e/a.sock", "d/e/a.pid"})
    EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(file(name)); })) << name;
  EXPECT_TRUE(wait_until(
      [&] { return read_file(file("d/e/a.log")).find("Ready to accept") != std::string::npos; }));
}

/// Programs that start a server read its log.
TEST_F(Promises, TheLogSaysWhoStartedAndWhenItIsReady) {
  start_from("logfile " + file("a.log").string() + "\n");
  RespClient client(port());
  const std::string pid = support::info_field(client, "server", "process_id");
  const auto log = [&] { return read_file(file("a.log")); };
  EXPECT_TRUE(wait_until([&] { return log().find("Ready to accept") != std::string::npos; }));
  const std::size_t started = log().find(" PID: " + pid);
  const std::size_t initialized = log().find("Server initialized");
  EXPECT_LT(started, initialized);
  EXPECT_LT(initialized, log().find("Ready to accept connections"));
}

TEST_F(Promises, ADirectoryIsShownInFull) {
  std::filesystem::create_directory(file("d"));
  std::filesystem::create_directory_symlink("d", file("link"));
  start_from("enable-protected-configs yes\ntimeout 1\n", {"--dir", files_.path().string()});
  const std::string full = std::filesystem::canonical(files_.path()).string();
  RespClient client(port());
  EXPECT_EQ(option("dir"), full);
  client.ok({"CONFIG", "SET", "dir", "d"});
  EXPECT_EQ(option("dir"), full + "/d");
  client.ok({"CONFIG", "SET", "dir", ".."});
  EXPECT_EQ(option("dir"), full);
  client.ok({"CONFIG", "SET", "dir", file("link").string()});
  EXPECT_EQ(option("dir"), full + "/d");
  EXPECT_EQ(answer(client, {"CONFIG", "SET", "dir", "nosuch"}),
            "ERR CONFIG SET failed (possibly related to argument 'dir') - No such file or "
            "directory");
  EXPECT_EQ(option("dir"), full + "/d");
  client.ok({"CONFIG", "SET", "timeout", "2"});
  client.ok({"CONFIG", "REWRITE"});
  EXPECT_NE(read_file(file("a.conf")).find("timeout 2\n"), std::string::npos) << "still found";
  EXPECT_NE(reload("timeout 3\nenable-protected-configs yes\n").find("reloaded"),
            std::string::npos);
  EXPECT_EQ(option("timeout"), "3");
}

TEST_F(Promises, APasswordOfRunTimeOutlivesAReload) {
  start_from("timeout 1\n");
  RespClient client(port());
  client.ok({"CONFIG", "SET", "requirepass", "s3cret"});
  const std::string told = reload("timeout 2\n");
  EXPECT_EQ(told.find("requirepass"), told.npos) << told;
  RespClient stranger(port());
  EXPECT_EQ(answer(stranger, {"GET", "k"}), "NOAUTH Authentication required.");
  stranger.ok({"AUTH", "s3cret"});
  EXPECT_EQ(stranger.command({"CONFIG", "GET", "timeout"}).elements.at(1).text, "2");
}

TEST_F(Promises, AReloadTellsOfSecretsOnlyWhetherTheyAreThere) {
  start_from("timeout 1\n");
  const std::string set = reload("timeout 1\nrequirepass pw-alpha-1\n");
  const std::string changed = reload("timeout 1\nrequirepass pw-beta-2\n");
  const std::string gone = reload("timeout 1\n");
  RespClient stranger(port());
  EXPECT_EQ(answer(stranger, {"GET", "k"}), "NOAUTH Authentication required.")
      << "a line that is gone opens nothing";
  const std::string removed = reload("timeout 1\nrequirepass \"\"\n");
  RespClient welcome(port());
  EXPECT_EQ(welcome.command({"PING"}).text, "PONG");
  const auto says = [](const std::string& text, const char* what) {
    EXPECT_NE(text.find("requirepass"), text.npos) << text;
    EXPECT_NE(text.find(what), text.npos) << text;
  };
  says(set, "secret=set");
  says(changed, "secret=changed");
  says(gone, "stays as it is; only 'requirepass \"\"'");
  says(removed, "secret=removed");
  for (const char* secret : {"pw-alpha-1", "pw-beta-2"})
    EXPECT_EQ(log().find(secret), std::string::npos) << log();
}

TEST_F(Promises, ARenameThatLeftTheFileStaysUntilARestart) {
  start_from("rename-command CONFIG \"\"\n");
  const std::string told = reload("timeout 1\n");
  EXPECT_NE(told.find("names stay as they are until a restart"), told.npos) << told;
  RespClient client(port());
  EXPECT_EQ(answer(client, {"CONFIG", "GET", "x"}).find("ERR unknown command"), 0U);
  EXPECT_NE(reload("rename-command nosuch x\n").find("reload rejected"), std::string::npos);
}

TEST_F(Promises, WhatWasRewrittenIsWhatAReloadComparesWith) {
  start_from("timeout 1\n");
  RespClient client(port());
  client.ok({"CONFIG", "SET", "timeout", "2"});
  client.ok({"CONFIG", "REWRITE"});
  client.ok({"CONFIG", "SET", "timeout", "3"});
  reload(read_file(file("a.conf")));
  EXPECT_EQ(option("timeout"), "3");
}

/// Every way to type a line of a usage text: [a | b] is nothing, a or b, and a | b is either.
std::vector<std::string> spellings(const std::string& line) {
  const std::size_t open = line.find('[');
  const std::size_t close = line.find(']', open);
  std::vector<std::string> all;
  if (open == line.npos) {
    for (std::string_view part : split(line, '|')) all.emplace_back(trim(part));
    return all;
  }
  auto choices = split(std::string_view(line).substr(open + 1, close - open - 1), '|');
  choices.emplace_back();
  for (std::string_view choice : choices)
    for (std::string& each :
         spellings(line.substr(0, open) + std::string(choice) + line.substr(close + 1)))
      all.push_back(std::move(each));
  return all;
}

TEST_F(Promises, EachLineOfTheUsageWorks) {
  write_file(file("a.conf"), "timeout 1\n");
  write_file(file("a.json"), "{ \"timeout\": 1 }");
  ASSERT_EQ(run({"--help"}), 0);
  const std::string help = said;
  constexpr std::string_view program = "respawn-server";
  int lines = 0;
  for (std::string_view line : split(help, '\n')) {
    const std::size_t at = line.find(program);
    if (at == line.npos || line.starts_with("  --")) continue;
    ++lines;
    for (const std::string& spelling : spellings(std::string(line.substr(at + program.size())))) {
      std::vector<std::string> arguments{"--check-config"};
      for (std::string_view word : split(spelling, ' ')) {
        const std::string name = word.substr(word.rfind('/') + 1) == "redis.conf" ? "a.conf"
                                 : word.ends_with(".json")                        ? "a.json"
                                                                                  : "";
        if (!name.empty()) {
          arguments.push_back(file(name).string());
        } else if (word == "--option") {
          arguments.emplace_back("--timeout");
        } else if (word == "value") {
          arguments.emplace_back("5");
        } else if (!word.empty() && word != "...") {
          arguments.emplace_back(word);
        }
      }
      EXPECT_EQ(run(arguments, "maxmemory 128mb\n"), 0) << line << "\n" << spelling << "\n" << said;
    }
  }
  EXPECT_GE(lines, 7);
}

}  // namespace
}  // namespace respawn::integration
