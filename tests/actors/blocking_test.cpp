// Blocked clients: order, time, and what stands behind them in their pipelines.
#include <gtest/gtest.h>

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
  EXPECT_EQ(client.send("SET a 1\r\nBLPOP k 0\r\nGET a\r\n"), "");
  pusher.run("SET a 2");
  EXPECT_EQ(pusher.run("RPUSH k v"), integer(1));
  EXPECT_EQ(client.received(), ok + bulks({"k", "v"}) + bulk("2"));
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
