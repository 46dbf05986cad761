// The client actor: every caller gets its reply, or an error that says what is known.
#include <gtest/gtest.h>

#include <caf/event_based_actor.hpp>

#include "actors/client_actor.hpp"
#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

const net::Address server_address{"10.0.0.1", 6379};

/// Asks and collects what comes back, in order, as text.
class Caller final : public net::LoopActor {
 public:
  Caller(caf::actor_config& config, net::EventLoop& loop, caf::actor client,
         std::vector<std::string>& answers)
      : net::LoopActor(config, loop), client_(std::move(client)), answers_(answers) {}

 protected:
  caf::behavior make_behavior() override {
    return {[this](const Call& call) {
      request(client_, caf::infinite, call)
          .then([this](const CallReplied& replied) { answers_.push_back(replied.reply.string); },
                [this](const caf::error& error) {
                  answers_.push_back("error: " + caf::to_string(error));
                });
    }};
  }

  void on_exit() override { client_ = nullptr; }

 private:
  caf::actor client_;
  std::vector<std::string>& answers_;
};

class ClientActorTest : public ::testing::Test {
 protected:
  void start(ClientOptions options = {}) {
    options.server = server_address;
    client_ = net::spawn_on<ClientActor>(loop_, options);
    caller_ = net::spawn_on<Caller>(loop_, client_, answers_);
    loop_.run_until_idle();
  }

  ~ClientActorTest() override {
    for (caf::actor* actor : {&caller_, &client_}) {
      caf::anon_send_exit(*actor, caf::exit_reason::user_shutdown);
      *actor = nullptr;
    }
    loop_.run_until_idle();
  }

  void call(std::vector<std::string> arguments) {
    caf::anon_send(caller_, Call{std::move(arguments)});
    loop_.run_until_idle();
  }

  net::SimulatedPeer take_server() {
    auto peer = loop_.take_connected(server_address);
    EXPECT_TRUE(peer.has_value());
    return *peer;
  }

  caf::actor_system_config config_;
  caf::actor_system system_{config_};
  net::SimulatedLoop loop_{system_};
  std::vector<std::string> answers_;
  caf::actor client_;
  caf::actor caller_;
};

constexpr std::string_view get_a = "*2\r\n$3\r\nGET\r\n$1\r\na\r\n";
constexpr std::string_view get_b = "*2\r\n$3\r\nGET\r\n$1\r\nb\r\n";

TEST_F(ClientActorTest, PipelinesAndMatchesRepliesInOrder) {
  loop_.serve(server_address);
  start();
  auto server = take_server();
  call({"GET", "a"});
  call({"GET", "b"});
  EXPECT_EQ(server.read_all(), std::string(get_a) + std::string(get_b));
  server.write("$1\r\n1\r\n$1\r");
  loop_.run_until_idle();
  EXPECT_EQ(answers_, (std::vector<std::string>{"1"}));
  server.write("\n2\r\n");
  loop_.run_until_idle();
  EXPECT_EQ(answers_, (std::vector<std::string>{"1", "2"}));
}

TEST_F(ClientActorTest, AnErrorReplyIsAReply) {
  loop_.serve(server_address);
  start();
  auto server = take_server();
  call({"GET", "a"});
  server.write("-WRONGTYPE no\r\n");
  loop_.run_until_idle();
  EXPECT_EQ(answers_, (std::vector<std::string>{"WRONGTYPE no"}));
}

TEST_F(ClientActorTest, CallsWaitForTheConnectionAndAreSentWhenItIsThere) {
  start();
  call({"GET", "a"});
  EXPECT_TRUE(answers_.empty());
  loop_.serve(server_address);
  loop_.advance_ms(2'000);
  auto server = take_server();
  EXPECT_EQ(server.read_all(), get_a);
  server.write("$1\r\n1\r\n");
  loop_.run_until_idle();
  EXPECT_EQ(answers_, (std::vector<std::string>{"1"}));
}

TEST_F(ClientActorTest, ACallThatWaitsTooLongIsToldThatItWasNotSent) {
  start();
  call({"GET", "a"});
  loop_.advance_ms(4'000);
  EXPECT_TRUE(answers_.empty());
  loop_.advance_ms(4'000);
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_NE(answers_[0].find("it was not sent"), std::string::npos) << answers_[0];
}

TEST_F(ClientActorTest, EveryLostReplyIsAnErrorAndTheConnectionIsMadeAgain) {
  loop_.serve(server_address);
  start();
  auto server = take_server();
  call({"INCR", "a"});
  call({"INCR", "b"});
  server.reset(ECONNRESET);
  loop_.run_until_idle();
  ASSERT_EQ(answers_.size(), 2U);
  for (const std::string& answer : answers_)
    EXPECT_NE(answer.find("may have been executed"), std::string::npos) << answer;
  loop_.advance_ms(3'000);
  auto again = take_server();
  call({"GET", "a"});
  EXPECT_EQ(again.read_all(), get_a);
}

TEST_F(ClientActorTest, GreetsBeforeAnythingElse) {
  loop_.serve(server_address);
  ClientOptions options;
  options.greeting = {{"SELECT", "1"}};
  start(options);
  auto server = take_server();
  call({"GET", "a"});
  EXPECT_EQ(server.read_all(), "*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n");
  server.write("+OK\r\n");
  loop_.run_until_idle();
  EXPECT_EQ(server.read_all(), get_a);
}

TEST_F(ClientActorTest, ARefusedGreetingIsTriedAgainWithBackoff) {
  loop_.serve(server_address);
  ClientOptions options;
  options.greeting = {{"AUTH", "x"}};
  start(options);
  take_server().write("-WRONGPASS no\r\n");
  loop_.advance_ms(3'000);
  EXPECT_EQ(take_server().read_all(), "*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n");
}

TEST_F(ClientActorTest, TooManyWaitingCallsAreRefused) {
  ClientOptions options;
  options.calls_max = 2;
  start(options);
  for (int i = 0; i < 3; ++i) call({"GET", "a"});
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_NE(answers_[0].find("too many calls"), std::string::npos) << answers_[0];
}

TEST_F(ClientActorTest, AMalformedReplyEndsTheConnection) {
  loop_.serve(server_address);
  start();
  auto server = take_server();
  call({"GET", "a"});
  server.write("what?\r\n");
  loop_.run_until_idle();
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_NE(answers_[0].find("malformed"), std::string::npos) << answers_[0];
  EXPECT_TRUE(server.is_gone());
}

}  // namespace
}  // namespace respawn::actors::test
