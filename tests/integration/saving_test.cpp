// The snapshot file of the real process: kept over restarts, exchanged with redis-server, refused
// when it is damaged.
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

using Words = std::vector<std::string>;

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class SavingOverRestarts : public ServerTest {
 protected:
  ServerProcess& start_in_directory(Words arguments = {},
                                    const std::string& binary = support::server_binary()) {
    ServerOptions options;
    options.binary = binary;
    options.arguments = {"--dir", directory_.path().string(), "--enable-debug-command", "yes"};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    return start_with(options);
  }

  [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "dump.rdb"; }

  std::string digest() {
    RespClient client(port());
    return client.text({"DEBUG", "DIGEST"});
  }

  void stop_in_order() {
    const auto status = server().stop();
    ASSERT_TRUE(status && status->clean()) << log();
  }

  /// Values of every type and encoding, some of which expire.
  static void fill(RespClient& client) {
    for (int i = 0; i < 200; ++i) {
      const std::string number = std::to_string(i);
      client.command({"SET", "string:" + number, "value " + number});
      client.command({"SET", "integer:" + number, std::to_string(i * 37 - 1000)});
      client.command(
          {"RPUSH", "large list", number, std::string(static_cast<std::size_t>(i), 'x')});
      client.command({"SADD", "large set", "member " + number});
      client.command({"SADD", "integers", std::to_string(i * 1000)});
      client.command({"HSET", "large hash", number, "value " + number});
      client.command({"ZADD", "large sorted set", std::to_string(i) + ".5", "member " + number});
    }
    client.command({"SET", "long", std::string(100'000, 'q')});
    client.command({"SET", "ends", "later", "PXAT", "33000000000123"});
    client.command({"RPUSH", "list", "1", "a", "-70000"});
    client.command({"SADD", "set", "x", "y"});
    client.command({"HSET", "hash", "f", "v", "g", "12"});
    client.command({"ZADD", "sorted set", "1.25", "m", "-inf", "n"});
    client.command({"EXPIRE", "large hash", "100000"});
    client.command({"SELECT", "9"});
    client.command({"SET", "elsewhere", "1"});
    client.command({"FUNCTION", "LOAD",
                    "#!lua name=one\nredis.register_function('f', function() return 7 end)"});
    client.command({"SELECT", "0"});
  }

  support::TemporaryDirectory directory_;
};

TEST_F(SavingOverRestarts, SigtermAndShutdownKeepEverything) {
  start_in_directory();
  RespClient client(port());
  fill(client);
  const std::string before = digest();
  stop_in_order();
  start_in_directory();
  EXPECT_EQ(digest(), before);
  RespClient again(port());
  EXPECT_EQ(again.text({"PEXPIRETIME", "ends"}), "33000000000123");
  EXPECT_EQ(again.text({"FCALL", "f", "0"}), "7");
  again.command({"SET", "another", "1"});
  again.send({"SHUTDOWN"});
  ASSERT_TRUE(server().wait_for_exit());
  start_in_directory();
  EXPECT_EQ(RespClient(port()).text({"GET", "another"}), "1");
}

TEST_F(SavingOverRestarts, FilesTravelBothWays) {
  if (support::redis_binary().empty()) GTEST_SKIP() << "no redis-server";
  start_in_directory({"--save", ""}, support::redis_binary());
  std::string before;
  {
    RespClient client(port());
    fill(client);
    client.command({"SADD", "another set", "1", "b"});
    before = digest();
    client.ok({"SAVE"});
    stop_in_order();
  }
  start_in_directory({"--save", ""});
  EXPECT_EQ(digest(), before);
  RespClient(port()).ok({"SAVE"});
  stop_in_order();
  const std::string check = "redis-check-rdb " + file().string() + " > /dev/null";
  EXPECT_EQ(std::system(check.c_str()), 0);
  start_in_directory({"--save", ""}, support::redis_binary());
  EXPECT_EQ(digest(), before);
  EXPECT_EQ(RespClient(port()).text({"PEXPIRETIME", "ends"}), "33000000000123");
  EXPECT_EQ(RespClient(port()).text({"FCALL", "f", "0"}), "7");
}

TEST_F(SavingOverRestarts, ADamagedFileEndsTheStartAndStaysAsItIs) {
  start_in_directory();
  {
    RespClient client(port());
    fill(client);
    stop_in_order();
  }
  std::string bytes = read_whole(file());
  for (const bool truncated : {false, true}) {
    std::string damaged = truncated ? bytes.substr(0, bytes.size() / 2) : bytes;
    if (!truncated) damaged[bytes.size() / 2] ^= 1;
    std::ofstream(file(), std::ios::binary) << damaged;
    ServerOptions options;
    options.arguments = {"--dir", directory_.path().string()};
    options.await_ready = false;
    start_with(options);
    const auto status = server().wait_for_exit();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 1) << log();
    EXPECT_NE(log().find("Fatal error loading the DB"), std::string::npos) << log();
    EXPECT_NE(log().find("at byte"), std::string::npos) << log();
    EXPECT_EQ(read_whole(file()), damaged);
  }
}

TEST_F(SavingOverRestarts, WhileItLoadsClientsAreToldSo) {
  start_in_directory();
  {
    RespClient client(port());
    client.command({"DEBUG", "POPULATE", "2000"});
    stop_in_order();
  }
  ServerOptions options;
  options.arguments = {"--dir", directory_.path().string(), "--key-load-delay", "500"};
  options.await_ready = false;
  start_with(options);
  std::string answer;
  ASSERT_TRUE(wait_until([&] {
    try {
      answer = RespClient(port()).command({"GET", "key:1"}).text;
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }));
  EXPECT_EQ(answer, "LOADING Redis is loading the dataset in memory");
  EXPECT_EQ(info("persistence", "loading"), "1");
  ASSERT_TRUE(wait_until([&] { return info("persistence", "loading") == "0"; }));
  EXPECT_EQ(info("persistence", "rdb_last_load_keys_loaded"), "2000");
  EXPECT_EQ(RespClient(port()).text({"DBSIZE"}), "2000");
}

/// Writes at full speed until it is told to stop.
class Writer {
 public:
  explicit Writer(std::uint16_t port) : thread_([this, port] { write(port); }) {}

  ~Writer() {
    stop_ = true;
    thread_.join();
  }

 private:
  void write(std::uint16_t port) {
    RespClient client(port);
    for (int i = 0; !stop_; ++i) {
      const std::string key = "key:" + std::to_string(i % 10'000);
      client.command({"SET", key, std::to_string(i)});
      if (i % 7 == 0) client.command({"DEL", "key:" + std::to_string(i * 13 % 10'000)});
    }
  }

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

TEST_F(SavingOverRestarts, ASaveSurvivesTheKeyspaceActor) {
  start_in_directory({"--restart-intensity", "100000", "--rdb-key-save-delay", "100"});
  RespClient client(port());
  if (!support::is_respawn(client)) GTEST_SKIP() << "it has no actors";
  client.command({"DEBUG", "POPULATE", "10000"});
  {
    const Writer writer(port());
    client.command({"BGSAVE"});
    for (int kill = 0; kill < 5; ++kill) {
      client.command({"RESPAWN", "KILL", "keyspace"});
      EXPECT_EQ(info("persistence", "rdb_bgsave_in_progress"), "1");
    }
    ASSERT_TRUE(wait_until([&] { return info("persistence", "rdb_bgsave_in_progress") == "0"; }));
    EXPECT_EQ(info("persistence", "rdb_last_bgsave_status"), "ok");
  }
  server().signal(SIGKILL);
  ASSERT_TRUE(server().wait_for_exit());
  start_in_directory();
  EXPECT_GT(std::stoi(RespClient(port()).text({"DBSIZE"})), 5'000);
}

/// Values that are written in slices, all of which change() changes.
class LongValues {
 public:
  static constexpr int elements = 60'000;

  static void make(RespClient& client) {
    constexpr int at_once = 500;
    for (int i = 0; i < elements; i += at_once) {
      Words hash = {"HSET", "hash"};
      Words set = {"SADD", "set"};
      Words sorted_set = {"ZADD", "sorted set"};
      Words list = {"RPUSH", "list"};
      for (int j = i; j < i + at_once; ++j) {
        const std::string number = std::to_string(j);
        hash.insert(hash.end(), {"field " + number, "value " + number});
        set.push_back("member " + number);
        sorted_set.insert(sorted_set.end(), {std::to_string(j * 7919 % elements), number + "m"});
        list.push_back("element " + number);
      }
      for (const Words& words : {hash, set, sorted_set, list}) client.command(words);
    }
    for (int i = 0; i < elements; i += at_once) {
      for (int j = i; j < i + at_once; ++j)
        client.send({"XADD", "stream", std::to_string(j + 1) + "-1", "field", std::to_string(j)});
      for (int j = 0; j < at_once; ++j) client.read();
    }
    client.command({"XGROUP", "CREATE", "stream", "readers", "0"});
    client.command(
        {"XREADGROUP", "GROUP", "readers", "one", "COUNT", "20000", "STREAMS", "stream", ">"});
    client.command({"SETRANGE", "string", "5000000", "end"});
  }

  static void change(RespClient& client, int round) {
    const std::string number = std::to_string(round * 7907 % elements);
    const std::string id = std::to_string(round * 7907 % elements + 1) + "-1";
    const std::vector<Words> commands = {
        {"HSET", "hash", "field " + number, "changed"},
        {"HDEL", "hash", "field " + std::to_string(round)},
        {"SREM", "set", "member " + number},
        {"SADD", "set", "new " + number},
        {"ZADD", "sorted set", std::to_string(round), number + "m"},
        {"ZREM", "sorted set", std::to_string(round) + "m"},
        {"LSET", "list", number, "changed"},
        {"LPUSH", "list", "new"},
        {"RPOP", "list"},
        {"XDEL", "stream", id},
        {"XACK", "stream", "readers", id},
        {"XADD", "stream", "*", "field", "new"},
        {"XREADGROUP", "GROUP", "readers", "two", "COUNT", "1", "STREAMS", "stream", ">"},
        {"SETRANGE", "string", std::to_string(round * 7907 * 3), "changed"},
        {"APPEND", "string", "more"}};
    for (const Words& words : commands) client.send(words);
    for (std::size_t i = 0; i < commands.size(); ++i) client.read();
  }
};

TEST_F(SavingOverRestarts, LongValuesAreSavedAsTheyWereWhileTheyChange) {
  start_in_directory({"--save", "", "--restart-intensity", "100000"});
  RespClient client(port());
  LongValues::make(client);
  client.ok({"CLIENT", "PAUSE", "100000", "WRITE"});
  const std::string before = digest();
  client.command({"BGSAVE"});
  client.ok({"CLIENT", "UNPAUSE"});
  int rounds = 0;
  for (; info("persistence", "rdb_bgsave_in_progress") == "1"; ++rounds) {
    LongValues::change(client, rounds);
    if (rounds == 5 && support::is_respawn(client)) client.command({"RESPAWN", "KILL", "keyspace"});
    if (rounds == 8) client.command({"DEL", "set"});
    if (rounds == 9) client.command({"RENAME", "list", "stream"});
  }
  EXPECT_GT(rounds, 0);
  EXPECT_EQ(info("persistence", "rdb_last_bgsave_status"), "ok");
  EXPECT_NE(digest(), before);
  server().signal(SIGKILL);
  ASSERT_TRUE(server().wait_for_exit());
  start_in_directory({"--save", ""});
  EXPECT_EQ(digest(), before);
}

TEST_F(SavingOverRestarts, LongValuesAreRewrittenAsCommandsWhileTheyChange) {
  const Words arguments = {"--save", "", "--appendonly", "yes", "--aof-use-rdb-preamble", "no"};
  start_in_directory(arguments);
  std::string before;
  {
    RespClient client(port());
    LongValues::make(client);
    client.command({"BGREWRITEAOF"});
    int rounds = 0;
    for (; info("persistence", "aof_rewrite_in_progress") == "1"; ++rounds)
      LongValues::change(client, rounds);
    EXPECT_GT(rounds, 0);
    before = digest();
    stop_in_order();
  }
  start_in_directory(arguments);
  EXPECT_EQ(digest(), before);
}

}  // namespace
}  // namespace respawn::integration
