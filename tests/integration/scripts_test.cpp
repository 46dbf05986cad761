// A script without end, as a user meets it: who is answered, how soon, and how soon it ends.
#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

using Clock = std::chrono::steady_clock;

class ScriptsOverTheWire : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (!IsSkipped()) start({"--busy-reply-threshold", "100"});
  }

  /// How long the work takes.
  template <class Work>
  static std::int64_t ms_of(Work&& work) {
    const auto start = Clock::now();
    work();
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
  }

  /// Waits until the script of another client makes the server busy.
  static void await_busy(RespClient& client) {
    ASSERT_TRUE(wait_until([&] { return client.command({"PING"}).text.starts_with("BUSY"); }));
  }
};

TEST_F(ScriptsOverTheWire, WithoutEndAreBusyAndKilled) {
  for (const std::string script :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "local s = string.rep('a', 10000) while true do string.find(s, '.-.-.-b') end",
        "local t = {} for i = 1, 100000 do t[i] = i end "
        "while true do table.sort(t, function(a, b) return a > b end) end",
        "local t = {} for i = 1, 20000 do t[i] = {i} end while true do cjson.encode(t) end"}) {
    RespClient running(port());
    running.send({"EVAL", script, "0"});
    RespClient other(port());
    await_busy(other);
    std::int64_t busy_ms = 0;
    for (int i = 0; i < 5; ++i)
      busy_ms = std::max(
          busy_ms, ms_of([&] { EXPECT_TRUE(other.command({"PING"}).text.starts_with("BUSY")); }));
    EXPECT_LT(busy_ms, 20) << script;
    if (is_respawn()) {
      EXPECT_EQ(other.command({"RESPAWN", "TREE"}).is_error(), false);
      EXPECT_NE(other.text({"INFO", "server"}).find("uptime"), std::string::npos);
    }
    EXPECT_LT(ms_of([&] {
                other.ok({"SCRIPT", "KILL"});
                EXPECT_NE(running.read().text.find("Script killed by user"), std::string::npos);
              }),
              50)
        << script;
    EXPECT_EQ(other.command({"PING"}).text, "PONG");
  }
}

TEST_F(ScriptsOverTheWire, ConnectionsComeAndGoMeanwhile) {
  RespClient running(port());
  running.send({"EVAL", "while true do end", "0"});
  RespClient first(port());
  await_busy(first);
  for (int i = 0; i < 20; ++i) {
    RespClient passing(port());
    EXPECT_TRUE(passing.command({"PING"}).text.starts_with("BUSY"));
  }
  first.ok({"SCRIPT", "KILL"});
}

TEST_F(ScriptsOverTheWire, TheKeyspaceActorIsKilledUnderOne) {
  if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  RespClient running(port());
  running.send({"EVAL", "redis.call('SET', 'k', 1) while true do end", "0"});
  RespClient other(port());
  await_busy(other);
  EXPECT_TRUE(other.command({"SCRIPT", "KILL"}).text.starts_with("UNKILLABLE"));
  other.ok({"RESPAWN", "KILL", "keyspace"});
  EXPECT_NE(running.read().text.find("the keyspace failed while this command ran"),
            std::string::npos);
  EXPECT_EQ(other.text({"GET", "k"}), "1");
  EXPECT_EQ(other.text({"EVAL", "return 'again'", "0"}), "again");
}

TEST_F(ScriptsOverTheWire, ShutdownNosaveEndsTheServerUnderOne) {
  RespClient running(port());
  running.send({"EVAL", "redis.call('SET', 'k', 1) while true do end", "0"});
  RespClient other(port());
  await_busy(other);
  EXPECT_TRUE(other.command({"SHUTDOWN"}).text.starts_with("BUSY"));
  other.send({"SHUTDOWN", "NOSAVE"});
  EXPECT_TRUE(wait_until([&] { return !server().running(); }));
}

TEST_F(ScriptsOverTheWire, MemoryIsBoundedWhereThatIsAskedFor) {
  if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  RespClient client(port());
  client.ok({"CONFIG", "SET", "script-memory-limit", "20mb"});
  EXPECT_NE(
      client
          .command({"EVAL",
                    "local t = {} while true do t[#t + 1] = string.rep('x', 1000) .. #t end", "0"})
          .text.find("script-memory-limit"),
      std::string::npos);
  EXPECT_EQ(client.text({"EVAL", "return 'still here'", "0"}), "still here");
}

/// Different scripts, each run many times, and forgotten; and all of it again. Each makes garbage
/// in Lua, and keys that it deletes.
class ManyScripts : public ScriptsOverTheWire {
 protected:
  void round(int number) {
    RespClient client(port());
    for (int i = 0; i < scripts; ++i) {
      const std::string script = "-- " + std::to_string(number) + "\nlocal t = {} for i = 1, " +
                                 std::to_string(i % 50) +
                                 " do t[i] = KEYS[1] .. i end redis.call('SET', KEYS[1], #t) "
                                 "redis.call('DEL', KEYS[1]) return cjson.encode(t)";
      const std::string sha = client.text({"SCRIPT", "LOAD", script});
      std::string calls;
      for (int run = 0; run < runs; ++run)
        calls += support::encode_command({"EVALSHA", sha, "1", "key:" + std::to_string(run)});
      client.socket().write(calls);
      for (int run = 0; run < runs; ++run) EXPECT_FALSE(client.read().is_error());
    }
    client.ok({"SCRIPT", "FLUSH"});
  }

  [[nodiscard]] std::int64_t resident_kb() { return server().usage().resident_kb; }

  const bool full_length = std::getenv("RESPAWN_LONG") != nullptr;
  const int scripts = full_length ? 1000 : 100;
  const int runs = full_length ? 1000 : 20;
};

TEST_F(ManyScripts, LeaveNothingBehind) {
  for (int i = 0; i < 2; ++i) round(i);
  const std::int64_t before_kb = resident_kb();
  for (int i = 2; i < 5; ++i) round(i);
  RecordProperty("resident_kb_before", std::to_string(before_kb));
  RecordProperty("resident_kb_behind", std::to_string(resident_kb()));
  if (support::memory_is_telling && is_respawn()) {
    EXPECT_LT(resident_kb(), before_kb + 2'000);
  }
  EXPECT_EQ(info("memory", "number_of_cached_scripts"), "0");
}

}  // namespace
}  // namespace respawn::integration
