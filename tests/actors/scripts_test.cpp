// Scripts that take long, among actors: the loop goes on, and any of them may end in the middle.
#include <gtest/gtest.h>

#include "tests/actors/crash_at.hpp"
#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

const std::string lost_script =
    error("ERR the keyspace failed while this command ran; whether it took effect is unknown");

/// Within a few turns it has not ended; each turn takes a microsecond here.
constexpr std::string_view endless = R"lua(EVAL "redis.call('SET','k',1) while true do end" 0)lua";
constexpr std::string_view clean_endless =
    R"lua(EVAL "while true do pcall(function() end) end" 0)lua";
constexpr std::string_view long_script =
    R"lua(EVAL "local n = 0 for i = 1, 5000000 do n = n + 1 end return n" 0)lua";

TEST(LongScripts, LetTheLoopGoOn) {
  World world;
  Client running = world.connect();
  EXPECT_EQ(running.run(long_script), "");
  Client other = world.connect();  // it is accepted meanwhile
  EXPECT_EQ(other.run("PING"), "");
  world.loop.advance_us(200);
  EXPECT_EQ(running.received(), integer(5'000'000));
  EXPECT_EQ(other.received(), "+PONG\r\n");
}

TEST(LongScripts, MakeOthersWaitAndThenTellThem) {
  World world;
  world.configure([](config::Config& c) { c.busy_reply_threshold_ms = 1; });
  Client running = world.connect();
  Client other = world.connect();
  EXPECT_EQ(running.run(clean_endless), "");
  world.loop.advance_us(3);
  EXPECT_EQ(other.run("PING"), "");
  world.loop.skip_us(1'100);  // each slice takes a microsecond of simulated time, and long by ours
  world.loop.advance_us(5);
  EXPECT_EQ(other.received(), error("BUSY Redis is busy running a script. You can only call SCRIPT "
                                    "KILL or SHUTDOWN NOSAVE."));
  EXPECT_EQ(other.run("SCRIPT KILL"), ok);
  world.loop.advance_us(2);
  EXPECT_NE(running.received().find("Script killed by user"), std::string::npos);
  EXPECT_EQ(other.run("PING"), "+PONG\r\n");
}

TEST(LongScripts, OutliveTheirClient) {
  World world;
  Client running = world.connect();
  Client other = world.connect();
  running.run(
      R"lua(EVAL "local n = 0 for i = 1, 5000000 do n = n + 1 end redis.call('SET','k',n)" 0)lua");
  running.peer().close();
  world.loop.advance_us(200);
  EXPECT_EQ(other.run("GET k"), bulk("5000000"));
  EXPECT_EQ(world.store.clients.size(), 1U);
}

TEST(LongScripts, EndWithTheKeyspaceActor) {
  World world;
  Client running = world.connect();
  Client other = world.connect();
  EXPECT_EQ(running.run(endless), "");
  world.loop.advance_us(3);
  EXPECT_EQ(other.run("GET k"), "");
  world.kill_later("keyspace");
  world.loop.advance_ms(300);
  EXPECT_EQ(running.received(), lost_script);
  EXPECT_EQ(other.received(), bulk("1"));
  EXPECT_EQ(running.run("EVAL \"return 1\" 0"), integer(1));
  EXPECT_EQ(running.run(long_script), "");
  world.loop.advance_us(200);
  EXPECT_EQ(running.received(), integer(5'000'000));
}

/// Whatever step fails, who ran the script is told, and nobody waits for ever.
TEST(LongScripts, FailAtEachStep) {
  constexpr std::string_view script =
      R"lua(EVAL "redis.call('INCR','k') local n = 0 for i = 1, 3000000 do n = n + 1 end )lua"
      R"lua(return redis.call('INCR','k')" 0)lua";
  for (std::size_t step = 0;; ++step) {
    World world;
    Client running = world.connect();
    Client other = world.connect();
    CrashAt probe(step);
    world.store.probe = &probe;
    std::string reply = running.run(script);
    std::string pong = other.run("PING");
    world.loop.advance_ms(300);
    pong += other.received();
    world.store.probe = nullptr;
    reply += running.received();
    EXPECT_TRUE(pong == "+PONG\r\n" || (pong == lost_script && reply != lost_script)) << step;
    EXPECT_EQ(other.run("ECHO x"), bulk("x")) << step;
    const std::string left = other.run("GET k");
    if (reply != lost_script) {
      EXPECT_EQ(reply, integer(2)) << step;
      EXPECT_EQ(left, bulk("2")) << step;
    }
    EXPECT_EQ(running.run(R"lua(EVAL "return redis.call('DEL','k')" 0)lua"),
              integer(left == null ? 0 : 1))
        << step;
    if (!probe.failed()) break;
    ASSERT_FALSE(testing::Test::HasFailure()) << step;
  }
}

// ---- In the debugger ----

const std::string stopped_at_1 =
    "*2\r\n+* Stopped at 1, stop reason = step over\r\n+-> 1   redis.call('SET','k',1)\r\n";
const std::string end_of_session = "*1\r\n+<endsession>\r\n";
constexpr std::string_view writing = "EVAL \"redis.call('SET','k',1)\\nreturn 2\" 0";

TEST(DebuggedScripts, TalkWithTheirClient) {
  World world;
  Client client = world.connect();
  EXPECT_EQ(client.run("SCRIPT DEBUG SYNC"), ok);
  EXPECT_EQ(client.run(writing), stopped_at_1);
  EXPECT_EQ(client.run("s"),
            "*4\r\n+<redis> SET k 1\r\n+<reply> \"+OK\"\r\n"
            "+* Stopped at 2, stop reason = step over\r\n+-> 2   return 2\r\n");
  EXPECT_EQ(client.run("c"), end_of_session + integer(2));
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(world.connect().run("GET k"), bulk("1"));
}

TEST(DebuggedScripts, AreAnsweredCommandByCommandInAPipeline) {
  World world;
  Client client = world.connect();
  Client other = world.connect();
  client.run("SCRIPT DEBUG YES");
  EXPECT_EQ(client.send(std::string(writing) + "\r\ns\r\np\r\nc\r\nPING\r\n"),
            stopped_at_1 +
                "*4\r\n+<redis> SET k 1\r\n+<reply> \"+OK\"\r\n"
                "+* Stopped at 2, stop reason = step over\r\n+-> 2   return 2\r\n"
                "*1\r\n+No local variables in the current context.\r\n" +
                end_of_session + integer(2));
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(other.run("GET k"), null);
}

TEST(DebuggedScripts, MayEvaluateForEver) {
  World world;
  world.configure([](config::Config& c) { c.busy_reply_threshold_ms = 1; });
  Client client = world.connect();
  Client other = world.connect();
  client.run("SCRIPT DEBUG YES");
  client.run(writing);
  EXPECT_EQ(client.run("eval 'while true do end'"), "");
  world.loop.skip_us(1'100);
  world.loop.advance_us(5);
  EXPECT_EQ(other.run("PING").substr(0, 5), "-BUSY");
  EXPECT_EQ(other.run("SCRIPT KILL"), ok);
  world.loop.advance_us(20);
  EXPECT_EQ(other.run("PING"), "+PONG\r\n");
  EXPECT_EQ(other.run("GET k"), null);
  EXPECT_NE(client.received().find("Script killed by user"), std::string::npos);
  EXPECT_TRUE(client.closed());
}

TEST(DebuggedScripts, StopWhereTheyRunForTooLong) {
  World world;
  world.configure([](config::Config& c) { c.busy_reply_threshold_ms = 1; });
  Client client = world.connect();
  client.run("SCRIPT DEBUG SYNC");
  client.run(R"lua(EVAL "while true do end" 0)lua");
  EXPECT_EQ(client.run("c"), "");
  world.loop.skip_us(1'200);
  world.loop.advance_us(5);
  EXPECT_NE(client.received().find("stop reason = timeout reached, infinite loop?"),
            std::string::npos);
  EXPECT_EQ(client.run("a").substr(0, end_of_session.size()), end_of_session);
}

TEST(DebuggedScripts, GoOnWithoutTheirClient) {
  for (const bool taken_back : {false, true}) {
    World world;
    Client client = world.connect();
    Client other = world.connect();
    client.run(taken_back ? "SCRIPT DEBUG YES" : "SCRIPT DEBUG SYNC");
    client.run(writing);
    EXPECT_EQ(other.run("PING"), "");
    world.loop.advance_ms(5'100);
    EXPECT_EQ(other.received().substr(0, 5), "-BUSY");
    client.peer().close();
    world.loop.advance_us(20);
    EXPECT_EQ(other.run("GET k"), taken_back ? null : bulk("1"));
    EXPECT_EQ(world.store.clients.size(), 1U);
  }
}

TEST(DebuggedScripts, EndWithTheKeyspaceActor) {
  World world;
  Client client = world.connect();
  Client other = world.connect();
  client.run("SCRIPT DEBUG YES");
  client.run(writing);
  client.run("s");
  world.kill_later("keyspace");
  world.loop.advance_ms(300);
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(other.run("GET k"), null);
  EXPECT_EQ(other.run("EVAL 'return 1' 0"), integer(1));
}

/// Whatever step fails, what was to be taken back is, and the next one debugs.
TEST(DebuggedScripts, FailAtEachStep) {
  for (std::size_t step = 0;; ++step) {
    World world;
    Client client = world.connect();
    Client other = world.connect();
    client.run("SCRIPT DEBUG YES");
    CrashAt probe(step);
    world.store.probe = &probe;
    client.run(writing);
    client.run("s");
    client.run("eval redis.call('INCR','k')");
    client.run("c");
    world.loop.advance_ms(300);
    world.store.probe = nullptr;
    EXPECT_EQ(other.run("GET k"), null) << step;
    Client next = world.connect();
    next.run("SCRIPT DEBUG SYNC");
    EXPECT_EQ(next.run(writing), stopped_at_1) << step;
    next.run("c");
    EXPECT_EQ(other.run("GET k"), bulk("1")) << step;
    if (!probe.failed()) return;
  }
}

}  // namespace
}  // namespace respawn::actors::test
