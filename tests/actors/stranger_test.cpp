// What a client may send that has yet to say the password: judged command by command, as in Redis.
#include <gtest/gtest.h>

#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

const std::string wrong_password =
    error("WRONGPASS invalid username-password pair or user is disabled.");
const std::string too_large = error("ERR Protocol error: unauthenticated bulk length");

std::string command(const std::vector<std::string>& words) {
  Buffer bytes;
  protocol::write_request(bytes, std::vector<std::string_view>(words.begin(), words.end()));
  return std::string(bytes.view());
}

const std::string right = command({"AUTH", "pw"});
const std::string wrong = command({"AUTH", "no"});
const std::string reset = command({"RESET"});
const std::string many_arguments =
    command({"DEL", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"});
const std::string large = command({"STRLEN", std::string(16385, 'x')});
const std::string ping = command({"PING"});

config::Config guarded() {
  config::Config config = World::open_config();
  config.requirepass = "pw";
  return config;
}

/// What comes back of bytes that arrive in one piece, and in two, cut at some place.
void expect_replies(const std::string& bytes, const std::string& replies, bool closed) {
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 150) {
    World world(guarded());
    Client client = world.connect();
    std::string received = client.send(std::string_view(bytes).substr(0, cut));
    if (!client.closed()) received += client.send(std::string_view(bytes).substr(cut));
    EXPECT_EQ(received, replies) << cut;
    EXPECT_EQ(client.closed(), closed) << cut;
  }
}

TEST(Stranger, SendsLittle) {
  expect_replies(ping + many_arguments, unauthenticated + too_many, true);
  expect_replies(ping + large, unauthenticated + too_large, true);
  expect_replies(ping + ping + ping, unauthenticated + unauthenticated + unauthenticated, false);
}

TEST(Stranger, ThePasswordLiftsTheLimitsForWhatStandsBehindIt) {
  expect_replies(right + many_arguments + ping, ok + integer(0) + simple("PONG"), false);
  expect_replies(right + large + ping, ok + integer(0) + simple("PONG"), false);
}

TEST(Stranger, AWrongPasswordDoesNot) {
  expect_replies(wrong + many_arguments + ping, wrong_password + too_many, true);
  expect_replies(wrong + large + ping, wrong_password + too_large, true);
}

TEST(Stranger, APasswordWithTheGreetingLiftsThemToo) {
  World world(guarded());
  Client client = world.connect();
  const std::string greeted =
      client.send(command({"HELLO", "3", "AUTH", "default", "pw"}) + many_arguments);
  EXPECT_TRUE(greeted.starts_with("%7\r\n")) << greeted;
  EXPECT_TRUE(greeted.ends_with(integer(0))) << greeted;
}

TEST(Stranger, AResetBringsTheLimitsBack) {
  expect_replies(right + many_arguments + reset + many_arguments + ping,
                 ok + integer(0) + simple("RESET") + too_many, true);
  expect_replies(right + large + reset + large, ok + integer(0) + simple("RESET") + too_large,
                 true);
  expect_replies(right + reset + right + many_arguments, ok + simple("RESET") + ok + integer(0),
                 false);
}

TEST(Stranger, IsRefusedByTheHeaderAlone) {
  World world(guarded());
  Client client = world.connect();
  EXPECT_EQ(client.send(right + reset + "*11\r\n"), ok + simple("RESET") + too_many);
  EXPECT_TRUE(client.closed());
  Client other = world.connect();
  EXPECT_EQ(other.send(wrong + "*2\r\n$3\r\nGET\r\n$16385\r\nabc"), wrong_password + too_large);
  EXPECT_TRUE(other.closed());
}

TEST(Stranger, MayHaveManyWordsOnALine) {
  const std::string line = "DEL 1 2 3 4 5 6 7 8 9 10 11 12\r\n";
  expect_replies(right + reset + line, ok + simple("RESET") + unauthenticated, false);
}

TEST(Stranger, IsMadeOfAClientThatSetsThePasswordAndResets) {
  World world;
  Client client = world.connect();
  EXPECT_EQ(client.send(many_arguments + command({"CONFIG", "SET", "requirepass", "pw"}) +
                        many_arguments + reset + many_arguments),
            integer(0) + ok + integer(0) + simple("RESET") + too_many);
  EXPECT_TRUE(client.closed());
}

TEST(Stranger, GetsAReplyToEachCommandOfALongPipeline) {
  World world(guarded());
  Client client = world.connect();
  std::string bytes;
  std::string replies;
  for (int i = 0; i < 3000; ++i) {
    bytes += ping;
    replies += unauthenticated;
  }
  for (const char* ending : {"", "*1\r\n$4\r\nPI"}) {
    EXPECT_EQ(client.send(bytes + right + many_arguments + ending), replies + ok + integer(0));
    if (*ending != '\0') {
      EXPECT_EQ(client.send("NG\r\n"), simple("PONG"));
    }
    EXPECT_EQ(client.run("RESET"), simple("RESET"));
  }
}

}  // namespace
}  // namespace respawn::actors::test
