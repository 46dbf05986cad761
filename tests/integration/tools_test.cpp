// The programs people use with Redis: redis-cli and redis-benchmark.
#include <cstdio>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

class Tools : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (std::system("command -v redis-cli redis-benchmark >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "redis-tools are not installed";
  }

  /// Output of a shell command, standard error included; $PORT is the server's.
  std::string shell(const std::string& command) {
    const auto line = "export PORT=" + std::to_string(port()) + "; exec 2>&1; " + command;
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(line.c_str(), "r"), ::pclose);
    std::string output;
    char chunk[4096];
    while (const auto got = std::fread(chunk, 1, sizeof chunk, pipe.get()))
      output.append(chunk, got);
    return output;
  }
};

TEST_F(Tools, RedisCli) {
  start();
  EXPECT_EQ(shell("redis-cli -p $PORT PING"), "PONG\n");
  EXPECT_EQ(shell("redis-cli -p $PORT SET key 'a b'"), "OK\n");
  EXPECT_EQ(shell("redis-cli -p $PORT --no-raw GET key"), "\"a b\"\n");
  EXPECT_EQ(shell("redis-cli -3 -p $PORT --no-raw GET nokey"), "(nil)\n");
  EXPECT_EQ(shell("redis-cli -3 -p $PORT --json CONFIG GET maxmemory"), "{\"maxmemory\":\"0\"}\n");
  EXPECT_EQ(shell("printf 'INCR n\\nINCR n\\n' | redis-cli -p $PORT"), "1\n2\n");
  EXPECT_EQ(shell("printf 'SET a 1\\r\\nSET b 2\\r\\n' | redis-cli -p $PORT --pipe | tail -n 1"),
            "errors: 0, replies: 2\n");
}

TEST_F(Tools, RedisCliStat) {
  start();
  const auto text = shell("timeout 2 stdbuf -oL redis-cli -p $PORT --stat -i 0.1 | head -n 4");
  EXPECT_NE(text.find("keys"), std::string::npos) << text;
  EXPECT_NE(text.find(" (+1)"), std::string::npos) << "requests are counted: " << text;
}

TEST_F(Tools, RedisBenchmark) {
  start();
  const auto text = shell(
      "redis-benchmark -p $PORT -n 2000 -P 4 -q -t "
      "ping,set,get,incr,lpush,rpush,lpop,rpop,lrange,mset"
      " | tr '\\r' '\\n'");
  EXPECT_EQ(text.find("WARN"), std::string::npos) << text;
  EXPECT_EQ(text.find("rror"), std::string::npos) << text;
  for (const auto* name : {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH",
                           "LPOP", "RPOP", "LRANGE_100", "LRANGE_600", "MSET"})
    EXPECT_NE(text.find(std::string(name)), std::string::npos) << name << " in: " << text;
}

}  // namespace
}  // namespace respawn::integration
