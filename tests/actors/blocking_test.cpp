// Blocked clients: order, time, and what stands behind them in their pipelines.
#include <gtest/gtest.h>

#include <limits>

#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

TEST(Blocking, TimesOutAfterItsTimeWithANullArray) {
  World world;
  Client client = world.connect();
  EXPECT_EQ(client.run("BLPOP k 0.1"), "");
  world.loop.advance_ms(99);
  EXPECT_EQ(client.received(), "");
  world.loop.advance_ms(2);
  EXPECT_EQ(client.received(), null_array);
}

TEST(Blocking, IsServedInOrderOfArrival) {
  World world;
  Client first = world.connect();
  Client second = world.connect();
  Client pusher = world.connect();
  first.run("BLPOP k 0");
  second.run("BRPOP k 0");
  EXPECT_EQ(pusher.run("RPUSH k a b c"), integer(3));
  EXPECT_EQ(first.received(), bulks({"k", "a"}));
  EXPECT_EQ(second.received(), bulks({"k", "c"}));
  EXPECT_EQ(pusher.run("LRANGE k 0 -1"), bulks({"b"}));
}

TEST(Blocking, HoldsBackTheRestOfItsPipeline) {
  World world;
  Client client = world.connect();
  Client pusher = world.connect();
  EXPECT_EQ(client.send("SET a 1\r\nBLPOP k 0\r\nGET a\r\n"), ok);
  pusher.run("SET a 2");
  EXPECT_EQ(pusher.run("RPUSH k v"), integer(1));
  EXPECT_EQ(client.received(), bulks({"k", "v"}) + bulk("2"));
}

TEST(Blocking, AnswersWhatStandsBeforeEachWait) {
  World world;
  Client first = world.connect();
  Client client = world.connect();
  first.run("BLPOP k 0");
  EXPECT_EQ(client.send("RPUSH k a\r\nBLPOP k 0\r\nPING\r\nBLPOP k 0\r\n"), integer(1));
  EXPECT_EQ(first.received(), bulks({"k", "a"}));
  EXPECT_EQ(first.run("RPUSH k b"), integer(1));
  EXPECT_EQ(client.received(), bulks({"k", "b"}) + simple("PONG"));
  EXPECT_EQ(first.run("RPUSH k c"), integer(1));
  EXPECT_EQ(client.received(), bulks({"k", "c"}));
}

TEST(Blocking, ASlowReaderHoldsUpWhatStandsBehindItsWaits) {
  World world;
  Client slow = world.connect();
  Client pusher = world.connect();
  pusher.run("SETRANGE large 899999 x");
  constexpr int waits = 40;  // with more than output_pause_bytes before them
  std::string commands;
  for (int i = 0; i < waits; ++i) commands += "GET large\r\nBLPOP k 0\r\n";
  slow.peer().set_receive_window(0);
  slow.peer().write(commands + "SET after 1\r\n");
  world.loop.run_until_idle();
  for (int i = 0; i < waits; ++i) pusher.run("RPUSH k v");
  EXPECT_EQ(pusher.run("EXISTS after"), integer(0));
  EXPECT_NE(pusher.run("LLEN k"), integer(0));
  slow.peer().set_receive_window(std::numeric_limits<std::size_t>::max());
  slow.peer().read_all();
  world.loop.run_until_idle();
  EXPECT_EQ(pusher.run("EXISTS after"), integer(1));
}

TEST(Blocking, BytesThatArriveMeanwhileRunAfterwards) {
  World world;
  Client client = world.connect();
  Client pusher = world.connect();
  client.run("BLPOP k 0");
  EXPECT_EQ(client.send("PI"), "");
  EXPECT_EQ(client.send("NG\r\n"), "");
  pusher.run("RPUSH k v");
  EXPECT_EQ(client.received(), bulks({"k", "v"}) + simple("PONG"));
}

TEST(Blocking, AClientThatLeavesIsForgotten) {
  World world;
  Client leaver = world.connect();
  Client stayer = world.connect();
  Client pusher = world.connect();
  leaver.run("BLPOP k 0");
  stayer.run("BLPOP k 0");
  leaver.peer().close();
  world.loop.run_until_idle();
  pusher.run("RPUSH k v");
  EXPECT_EQ(stayer.received(), bulks({"k", "v"}));
  EXPECT_EQ(world.store.clients.blocked_count, 0U);
}

TEST(Blocking, AKilledConnectionIsForgotten) {
  World world;
  Client victim = world.connect();
  Client stayer = world.connect();
  Client pusher = world.connect();
  victim.run("BLPOP k 0");
  stayer.run("BLPOP k 0");
  world.kill("connection:1");
  pusher.run("RPUSH k v");
  EXPECT_EQ(stayer.received(), bulks({"k", "v"}));
}

TEST(Blocking, AHalfClosedClientThatWaitsIsGone) {
  World world;
  Client client = world.connect();
  client.run("BLPOP k 0");
  client.peer().finish_sending();
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(world.store.clients.blocked_count, 0U);
}

TEST(Blocking, UnblockAnswersAsIfTheTimeWereOver) {
  World world;
  Client client = world.connect();
  Client other = world.connect();
  client.run("BLPOP k 0");
  EXPECT_EQ(other.run("CLIENT UNBLOCK 1"), integer(1));
  EXPECT_EQ(client.received(), null_array);
  client.run("BLPOP k 0");
  EXPECT_EQ(other.run("CLIENT UNBLOCK 1 ERROR"), integer(1));
  EXPECT_EQ(client.received(), error("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
}

}  // namespace
}  // namespace respawn::actors::test
