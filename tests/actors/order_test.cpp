// What a client is sent arrives in the order in which it came about: replies, messages, errors.
#include <gtest/gtest.h>

#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

std::string subscribed(std::string_view channel) {
  return commands::test::array({bulk("subscribe"), bulk(channel), integer(1)});
}

/// The same as RESP3 writes it.
std::string pushed(std::string reply) {
  reply[0] = '>';
  return reply;
}

Client connect_resp3(World& world) {
  Client client = world.connect();
  client.run("HELLO 3");
  return client;
}

TEST(Order, AMessageComesBehindTheSubscriptionOfABatchThatYields) {
  World world;
  world.configure([](config::Config& config) { config.keyspace_slice_us = -1; });
  Client subscriber = world.connect();
  Client publisher = world.connect();
  subscriber.peer().write("SUBSCRIBE c\r\nPING\r\nPING\r\n");
  publisher.peer().write("PUBLISH c m\r\n");
  EXPECT_EQ(subscriber.received(), subscribed("c") + bulks({"message", "c", "m"}) +
                                       bulks({"pong", ""}) + bulks({"pong", ""}));
  EXPECT_EQ(publisher.received(), integer(1));
}

TEST(Order, AMonitorHearsOfOthersBehindItsOwnBeginning) {
  World world;
  world.configure([](config::Config& config) { config.keyspace_slice_us = -1; });
  Client monitor = world.connect();
  Client other = world.connect();
  monitor.peer().write("MONITOR\r\nPING\r\n");
  other.peer().write("GET k\r\n");
  const std::string received = monitor.received();
  EXPECT_TRUE(received.starts_with(ok)) << received;
  EXPECT_NE(received.find("\"GET\" \"k\""), std::string::npos) << received;
}

TEST(Order, AClientThatWaitsHearsMessagesAtOnce) {
  World world;
  Client client = connect_resp3(world);
  Client other = world.connect();
  client.run("SUBSCRIBE c");
  EXPECT_EQ(client.run("BLPOP k 0"), "");
  other.run("PUBLISH c 1");
  EXPECT_EQ(client.received(), pushed(bulks({"message", "c", "1"})));
  world.kill("keyspace");
  other.run("PUBLISH c 2");
  EXPECT_EQ(client.received(), pushed(bulks({"message", "c", "2"})));
  other.run("RPUSH k v");
  EXPECT_EQ(client.received(), bulks({"k", "v"}));
}

TEST(Order, WhatACommandPushesToItsOwnClientComesBehindItsReply) {
  World world;
  Client client = connect_resp3(world);
  client.run("CONFIG SET notify-keyspace-events KEA");
  client.run("PSUBSCRIBE c __keyevent@0__:*");
  const auto heard = [](std::string_view pattern, std::string_view channel, std::string_view text) {
    return pushed(
        bulks({"pmessage", std::string(pattern), std::string(channel), std::string(text)}));
  };
  const auto event = [&](std::string_view name) {
    return heard("__keyevent@0__:*", "__keyevent@0__:" + std::string(name), "k");
  };
  EXPECT_EQ(client.send("PUBLISH c 1\r\nPUBLISH c 2\r\nPING\r\n"),
            integer(1) + heard("c", "c", "1") + integer(1) + heard("c", "c", "2") + simple("PONG"));
  EXPECT_EQ(client.run("SET k v EX 100"), ok + event("set") + event("expire"));
  EXPECT_EQ(client.run("SETRANGE k"),
            error("ERR wrong number of arguments for 'setrange' command"));
  EXPECT_EQ(client.run("PEXPIRE k -1"), integer(1) + event("del"));
  EXPECT_EQ(client.send("CLIENT REPLY OFF\r\nPUBLISH c 3\r\nSET k v\r\nCLIENT REPLY ON\r\n"),
            heard("c", "c", "3") + event("set") + ok);
}

TEST(Order, WhatAServedWaitPushesToItsOwnClientComesBehindItsAnswer) {
  World world;
  Client client = connect_resp3(world);
  Client other = world.connect();
  other.run("CONFIG SET notify-keyspace-events KEA");
  client.run("SUBSCRIBE __keyevent@0__:lpop");
  EXPECT_EQ(client.send("BLPOP k 0\r\nPING\r\n"), "");
  other.run("RPUSH k v w");
  EXPECT_EQ(
      client.received(),
      bulks({"k", "v"}) + pushed(bulks({"message", "__keyevent@0__:lpop", "k"})) + simple("PONG"));
}

TEST(Order, WhatACommandPushedBeforeItWaitsIsHeardAtOnce) {
  World world;
  world.store.active_expire = false;
  Client client = connect_resp3(world);
  client.run("CONFIG SET notify-keyspace-events KEA");
  client.run("SUBSCRIBE __keyevent@0__:expired __keyevent@0__:lpop");
  client.run("RPUSH k v");
  client.run("PEXPIRE k 1");
  world.loop.advance_ms(10);
  EXPECT_EQ(client.run("BLPOP k 0"), pushed(bulks({"message", "__keyevent@0__:expired", "k"})));
  Client other = world.connect();
  other.run("RPUSH k w");
  EXPECT_EQ(client.received(),
            bulks({"k", "w"}) + pushed(bulks({"message", "__keyevent@0__:lpop", "k"})));
}

TEST(Order, WhatALostCommandPushedToItsOwnClientComesBehindTheError) {
  World world;
  Client client = connect_resp3(world);
  client.run("SUBSCRIBE c");
  EXPECT_EQ(client.send("CRASH-PUBLISH c\r\nPING\r\n"),
            lost + pushed(bulks({"message", "c", "last words"})) + simple("PONG"));
}

TEST(Order, WhatServesAWaitIsHeardOfBeforeTheAnswer) {
  World world;
  Client client = connect_resp3(world);
  Client other = world.connect();
  other.run("CONFIG SET notify-keyspace-events KEA");
  client.run("SUBSCRIBE __keyevent@0__:rpush");
  client.run("BLPOP k 0");
  EXPECT_EQ(other.send("RPUSH k v\r\nPUBLISH __keyevent@0__:rpush behind\r\n"),
            integer(1) + integer(1));
  EXPECT_EQ(client.received(), pushed(bulks({"message", "__keyevent@0__:rpush", "k"})) +
                                   bulks({"k", "v"}) +
                                   pushed(bulks({"message", "__keyevent@0__:rpush", "behind"})));
}

TEST(Order, AMessageComesBehindTheErrorOfALostCommand) {
  for (const bool publisher_is_older : {false, true}) {
    World world;
    Client first = connect_resp3(world);
    Client second = connect_resp3(world);
    Client& subscriber = publisher_is_older ? second : first;
    Client& publisher = publisher_is_older ? first : second;
    subscriber.peer().write("SUBSCRIBE c\r\nCRASH k\r\nPING\r\n");
    publisher.peer().write("PUBLISH c m\r\n");
    const std::string received = subscriber.received();
    const std::string before = pushed(subscribed("c")) + lost;
    EXPECT_TRUE(publisher_is_older || received.starts_with(before)) << received;
    if (publisher.received() == integer(0)) continue;  // it ran before the subscription
    const std::string message = pushed(bulks({"message", "c", "m"}));
    EXPECT_TRUE(received == before + message + simple("PONG") ||
                received == before + simple("PONG") + message)
        << received;
  }
}

TEST(Order, ALostCommandWhoseReplyIsNotWantedHasNone) {
  World world;
  Client client = world.connect();
  EXPECT_EQ(client.send("CLIENT REPLY SKIP\r\nCRASH k\r\nPING\r\n"), simple("PONG"));
  EXPECT_EQ(client.send("CLIENT REPLY OFF\r\nCRASH k\r\nCLIENT REPLY ON\r\n"), ok);
}

}  // namespace
}  // namespace respawn::actors::test
