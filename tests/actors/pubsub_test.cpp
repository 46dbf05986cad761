// Messages to more clients than a turn of the loop tells.
#include <gtest/gtest.h>

#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

constexpr std::size_t many = 5 * engine::ClientTable::turn_sessions_min;

std::string message(std::string_view text) {
  std::string encoded = bulks({"message", "c", std::string(text)});
  encoded[0] = '>';
  return encoded;
}

std::vector<Client> connect_subscribers(World& world) {
  std::vector<Client> subscribers;
  for (std::size_t i = 0; i < many; ++i) {
    subscribers.push_back(world.connect());
    subscribers.back().run("HELLO 3");
    subscribers.back().run("SUBSCRIBE c");
  }
  return subscribers;
}

TEST(PubSub, ManyHearEverythingOnceAndInOrder) {
  World world;
  Client publisher = world.connect();
  std::vector<Client> subscribers = connect_subscribers(world);
  const auto count = static_cast<std::int64_t>(many);
  const std::string large(20'000, 'x');  // shared by all, between small ones
  EXPECT_EQ(publisher.send("PUBLISH c 1\r\nPUBLISH c " + large + "\r\nPUBLISH c 3\r\n"),
            integer(count) + integer(count) + integer(count));
  for (Client& each : subscribers)
    EXPECT_EQ(each.received(), message("1") + message(large) + message("3"));
}

TEST(PubSub, WhatWaitsForItsTurnComesBeforeLaterReplies) {
  World world;
  Client publisher = world.connect();
  std::vector<Client> subscribers = connect_subscribers(world);
  publisher.peer().write("PUBLISH c 1\r\n");
  for (Client& each : subscribers) each.peer().write("PING\r\n");
  publisher.peer().write("PUBLISH c 2\r\n");
  world.loop.run_until_idle();
  for (Client& each : subscribers) {
    const std::string received = each.received();
    EXPECT_TRUE(received == message("1") + simple("PONG") + message("2") ||
                received == message("1") + message("2") + simple("PONG"))
        << received;
  }
}

TEST(PubSub, NobodyMissesWhatTheFailedActorHadPublished) {
  World world;
  Client publisher = world.connect();
  std::vector<Client> subscribers = connect_subscribers(world);
  publisher.run("CRASH-PUBLISH c");
  EXPECT_EQ(publisher.run("PUBLISH c 2"), integer(static_cast<std::int64_t>(many)));
  for (Client& each : subscribers) EXPECT_EQ(each.received(), message("last words") + message("2"));
}

TEST(PubSub, WhatIsSharedCountsForASlowSubscriber) {
  World world;
  Client publisher = world.connect();
  Client quick = world.connect();
  Client slow = world.connect();
  quick.run("SUBSCRIBE c");
  slow.run("SUBSCRIBE c");
  slow.peer().set_receive_window(1000);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(publisher.run("PUBLISH c " + std::string(30'000, 'x')), integer(2));
    EXPECT_GT(quick.received().size(), 30'000U);
  }
  const std::string list = publisher.run("CLIENT LIST TYPE pubsub");
  const std::size_t place = list.rfind(" omem=");
  ASSERT_NE(place, std::string::npos);
  const unsigned long waiting = std::stoul(list.substr(place + 6));
  EXPECT_GT(waiting, 88'000U);
  EXPECT_LT(waiting, 91'000U);
}

}  // namespace
}  // namespace respawn::actors::test
