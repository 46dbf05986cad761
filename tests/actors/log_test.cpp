// What the log says of clients: who comes, goes, breaks the protocol or passes a limit.
#include <gmock/gmock.h>

#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ClientLog : public testing::Test {
 protected:
  ClientLog() { world.services.log.least = engine::LogLevel::verbose; }

  /// What was logged since the last call.
  std::vector<std::string> logged() { return std::exchange(world.services.log.lines, {}); }

  World world;
};

TEST_F(ClientLog, SaysWhoConnectsAndLeaves) {
  Client client = world.connect();
  EXPECT_THAT(logged(), ElementsAre(StartsWith("Accepted ")));
  client.run("GET k");
  client.peer().close();
  world.loop.run_until_idle();
  EXPECT_THAT(logged(),
              ElementsAre(AllOf(StartsWith("Client closed connection id=1 addr="),
                                HasSubstr(" name= age=0 "), HasSubstr(" cmd=get class=normal"))));
}

TEST_F(ClientLog, NamesAClientThatHasAName) {
  Client client = world.connect();
  client.run("CLIENT SETNAME worker");
  client.peer().close();
  world.loop.run_until_idle();
  EXPECT_THAT(logged(), Contains(HasSubstr(" name=worker ")));
}

TEST_F(ClientLog, SaysWhomTheServerLetsGo) {
  Client quits = world.connect();
  Client killed = world.connect();
  Client idle = world.connect();
  logged();
  quits.run("QUIT");
  EXPECT_THAT(logged(), ElementsAre(StartsWith("Closed connection of client id=1 ")));
  idle.run("CLIENT KILL ID 2");
  EXPECT_THAT(logged(), ElementsAre(StartsWith("Closed connection of client id=2 ")));
  world.configure([](config::Config& config) { config.timeout_s = 1; });
  world.loop.advance_ms(2'500);
  EXPECT_THAT(logged(), ElementsAre(StartsWith("Closing idle client id=3 "),
                                    StartsWith("Closed connection of client id=3 ")));
}

TEST_F(ClientLog, SaysWhomTheServerTurnsAway) {
  world.configure([](config::Config& config) { config.maxclients = 1; });
  Client first = world.connect();
  logged();
  Client refused = world.connect();
  EXPECT_THAT(logged(),
              ElementsAre(AllOf(StartsWith("Refused "),
                                testing::EndsWith(": ERR max number of clients reached"))));
}

TEST_F(ClientLog, SaysWhoBreaksTheProtocolAndHow) {
  const std::pair<std::string, std::string> cases[] = {
      {"*x\r\n", "Protocol error (invalid multibulk length) from client: id="},
      {"*1\r\nPING\r\n", "Protocol error (expected '$', got 'P') from client: id="},
      {"*1\r\n$-7\r\n", "Protocol error (invalid bulk length) from client: id="},
      {"SET k \"v\r\n", "Protocol error (unbalanced quotes in request) from client: id="},
  };
  for (const auto& [request, beginning] : cases) {
    Client client = world.connect();
    logged();
    client.send("PING\r\n" + request);
    EXPECT_THAT(logged(), ElementsAre(AllOf(StartsWith(beginning),
                                            HasSubstr(". Query buffer during protocol error: '"),
                                            Not(HasSubstr("'PING\\x0d")))))
        << request;
  }
}

TEST_F(ClientLog, WhatAClientSentStaysOnOneLine) {
  Client client = world.connect();
  logged();
  client.send("*x\r\n\n'" + std::string(100, '\xff'));
  EXPECT_THAT(logged(),
              ElementsAre(AllOf(HasSubstr("'*x\\x0d\\x0a\\x0a\\'\\xff\\xff"),
                                HasSubstr("(... more 42 bytes ...)'"), Not(HasSubstr("\n")))));
}

TEST_F(ClientLog, SaysWithWhatErrorASocketBroke) {
  Client client = world.connect();
  logged();
  client.peer().reset(ECONNRESET);
  world.loop.run_until_idle();
  EXPECT_THAT(logged(),
              ElementsAre(StartsWith("Reading from client: Connection reset by peer: id=1 ")));
}

TEST_F(ClientLog, ASlowReaderIsNamedWithSizeCommandAndClass) {
  world.services.log.least = engine::LogLevel::warning;
  world.configure([](config::Config& config) {
    config.client_output_buffer_limit.normal = {.hard_bytes = 100'000, .soft_bytes = 0};
    config.client_output_buffer_limit.pubsub = {.hard_bytes = 100'000, .soft_bytes = 0};
  });
  Client reader = world.connect();
  Client subscriber = world.connect();
  Client other = world.connect();
  reader.run("SET big " + std::string(30'000, 'x'));
  reader.peer().set_receive_window(1000);
  for (int i = 0; i < 10; ++i) reader.peer().write("GET big\r\n");
  world.loop.run_until_idle();
  const std::string ending = " scheduled to be closed ASAP for overcoming of output buffer limits.";
  EXPECT_THAT(logged(),
              ElementsAre(AllOf(StartsWith("Client id=1 addr="), Not(HasSubstr(" omem=0 ")),
                                testing::EndsWith(" cmd=get class=normal" + ending))));
  subscriber.run("SUBSCRIBE c");
  subscriber.peer().set_receive_window(1000);
  for (int i = 0; i < 10; ++i) other.run("PUBLISH c " + std::string(30'000, 'x'));
  EXPECT_THAT(logged(),
              ElementsAre(AllOf(StartsWith("Client id=2 addr="), Not(HasSubstr(" omem=0 ")),
                                testing::EndsWith(" cmd=subscribe class=pubsub" + ending))));
}

TEST_F(ClientLog, AClientThatSendsTooMuchIsNamedWithItsBeginning) {
  world.services.log.least = engine::LogLevel::warning;
  world.configure([](config::Config& config) { config.client_query_buffer_limit_bytes = 1'000; });
  Client client = world.connect();
  client.send("*2\r\n$4\r\nECHO\r\n$5000\r\n" + std::string(2'000, 'x'));
  EXPECT_TRUE(client.closed());
  EXPECT_THAT(logged(),
              ElementsAre(AllOf(
                  StartsWith("Closing client that reached max query buffer length: id=1 addr="),
                  HasSubstr(" (qbuf initial bytes: '*2\\x0d\\x0a$4"))));
}

TEST_F(ClientLog, AtNoticeClientsComeAndGoInSilence) {
  world.services.log.least = engine::LogLevel::notice;
  Client client = world.connect();
  client.send("*x\r\n");
  Client other = world.connect();
  other.peer().reset(ECONNRESET);
  world.loop.run_until_idle();
  EXPECT_THAT(logged(), IsEmpty());
}

}  // namespace
}  // namespace respawn::actors::test
