// What clients see when a part dies: as little as possible.
#include <gtest/gtest.h>

#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

TEST(Restart, DataAndSessionsSurviveTheKeyspaceActor) {
  World world;
  Client client = world.connect();
  client.run("SELECT 3");
  client.run("CLIENT SETNAME me");
  client.run("SET k v");
  world.kill("keyspace");
  EXPECT_EQ(client.run("GET k"), bulk("v"));
  EXPECT_EQ(client.run("CLIENT GETNAME"), bulk("me"));
}

TEST(Restart, ABatchThatHadNotBegunRunsWithTheNextOne) {
  World world;
  Client client = world.connect();
  client.peer().write("INCR n\r\nINCR n\r\n");
  world.kill_later("keyspace");  // ahead of the batch: exits are urgent
  EXPECT_EQ(client.received(), integer(1) + integer(2));
  EXPECT_EQ(world.reports.size(), 2U);  // terminated, restarted
}

TEST(Restart, ACommandThatFailsIsAnsweredWithAnErrorAndTheRestRuns) {
  World world;
  Client client = world.connect();
  Client other = world.connect();
  EXPECT_EQ(client.send("INCR n\r\nCRASH k\r\nINCR n\r\n"), integer(1) + lost + integer(2));
  EXPECT_EQ(other.run("GET n"), bulk("2"));
}

TEST(Restart, FailingAgainAndAgainIsSurvived) {
  World world;
  Client client = world.connect();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.run("CRASH k"), lost);
  EXPECT_EQ(client.run("PING"), simple("PONG"));
}

TEST(Restart, BlockedClientsKeepTheirOrder) {
  World world;
  Client first = world.connect();
  Client second = world.connect();
  Client pusher = world.connect();
  second.run("PING");
  first.run("BLPOP k 0");
  second.run("BLPOP k 0");
  world.kill("keyspace");
  world.kill("keyspace");
  EXPECT_EQ(pusher.run("RPUSH k a b"), integer(2));
  EXPECT_EQ(first.received(), bulks({"k", "a"}));
  EXPECT_EQ(second.received(), bulks({"k", "b"}));
}

TEST(Restart, ABlockedClientStillTimesOut) {
  World world;
  Client client = world.connect();
  client.run("BLPOP k 1");
  world.loop.advance_ms(500);
  world.kill("keyspace");
  world.loop.advance_ms(490);
  EXPECT_EQ(client.received(), "");
  world.loop.advance_ms(20);
  EXPECT_EQ(client.received(), null_array);
}

TEST(Restart, AClientThatLeavesWhileThereIsNoKeyspaceIsForgotten) {
  World world;
  Client leaver = world.connect();
  Client other = world.connect();
  leaver.run("BLPOP k 0");
  leaver.peer().close();
  world.kill_later("keyspace");
  world.loop.run_until_idle();
  world.loop.advance_ms(200);
  other.run("RPUSH k v");
  EXPECT_EQ(other.run("LPOP k"), bulk("v"));
  EXPECT_EQ(world.store.clients.size(), 1U);
}

TEST(Restart, SubscriptionsSurvive) {
  World world;
  Client subscriber = world.connect();
  Client publisher = world.connect();
  subscriber.run("PSUBSCRIBE c*");
  world.kill("keyspace");
  EXPECT_EQ(publisher.run("PUBLISH ch m"), integer(1));
  EXPECT_EQ(subscriber.received(), bulks({"pmessage", "c*", "ch", "m"}));
}

TEST(Restart, ExpiryGoesOn) {
  World world;
  Client client = world.connect();
  client.run("SET k v PX 300");
  world.kill("keyspace");
  EXPECT_EQ(client.run("DBSIZE"), integer(1));
  world.loop.advance_ms(500);
  EXPECT_EQ(client.run("DBSIZE"), integer(0));
}

TEST(Restart, AKilledConnectionClosesItsSocketOnly) {
  World world;
  Client victim = world.connect();
  Client other = world.connect();
  world.kill("connection:1");
  EXPECT_TRUE(victim.closed());
  EXPECT_EQ(other.run("PING"), simple("PONG"));
  EXPECT_EQ(world.store.clients.size(), 1U);
}

TEST(Restart, ClientsConnectWhileTheAcceptorIsDown) {
  World world;
  Client before = world.connect();
  world.kill_later("acceptor:0");
  Client during = world.connect();
  EXPECT_EQ(during.run("PING"), simple("PONG"));
  EXPECT_EQ(before.run("PING"), simple("PONG"));
}

TEST(Restart, NobodyAcceptsOnASocketThatWasTakenBack) {
  World world;
  Client before = world.connect();
  world.post->take_back();
  Client late = world.connect();
  EXPECT_EQ(late.run("PING"), "");
  world.kill("acceptor:0");
  EXPECT_TRUE(world.has("acceptor:0"));
  EXPECT_EQ(late.run("PING"), "");
  for (const net::AcceptedSocket socket : world.loop.accept_waiting(World::listening_socket))
    welcome(world.context, std::make_shared<Admission>(world.context, socket), false, 0);
  EXPECT_EQ(late.received(), simple("PONG") + simple("PONG"));
  EXPECT_EQ(before.run("PING"), simple("PONG"));
}

TEST(Restart, AnAcceptorThatWaitsToTryAgainDoesNotOnASocketThatWasTakenBack) {
  World world;
  world.loop.fail_accept(World::listening_socket, EMFILE);
  world.loop.run_until_idle();
  world.post->take_back();
  Client late = world.connect();
  world.loop.advance_ms(2 * AcceptorActor::retry_us / 1000);
  EXPECT_EQ(late.run("PING"), "");
  EXPECT_TRUE(world.has("acceptor:0"));
}

TEST(Restart, AKilledSupervisorComesBackWithItsChildren) {
  for (const char* id : {"store", "network", "connections"}) {
    World world;
    Client client = world.connect();
    client.run("SET k v");
    world.kill(id);
    EXPECT_TRUE(world.has("keyspace")) << id;
    EXPECT_TRUE(world.has("acceptor:0")) << id;
    EXPECT_EQ(world.connect().run("GET k"), bulk("v")) << id;
  }
}

}  // namespace
}  // namespace respawn::actors::test
