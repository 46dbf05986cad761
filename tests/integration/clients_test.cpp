// Clients that vanish, are slow, are too many or are idle.
#include <fstream>
#include <sstream>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

using support::encode_command;

class Clients : public ServerTest {
 protected:
  void set_value(const std::string& key, std::size_t bytes) {
    RespClient client(port());
    client.ok({"SET", key, std::string(bytes, 'x')});
  }
};

std::string many(const std::vector<std::string>& words, int count) {
  std::string request;
  for (int i = 0; i < count; ++i) request += encode_command(words);
  return request;
}

#if defined(__SANITIZE_THREAD__)
constexpr int sanitizer_descriptors = 8;  // ThreadSanitizer's own, once it looks up a symbol
#else
constexpr int sanitizer_descriptors = 0;
#endif

TEST_F(Clients, VanishInTheMiddleOfAReply) {
  start();
  set_value("big", 3'000'000);
  RespClient observer(port());
  EXPECT_EQ(observer.text({"PING"}), "PONG");  // it is accepted
  const auto before = server().usage().descriptors;
  for (int round = 0; round < 30; ++round) {
    RawSocket socket(port());
    socket.write(many({"GET", "big"}, 10));
    socket.read_exactly(100);
    round % 2 == 0 ? socket.reset() : socket.close();
  }
  EXPECT_TRUE(
      wait_until([&] { return server().usage().descriptors <= before + sanitizer_descriptors; }));
  EXPECT_EQ(observer.text({"PING"}), "PONG");
}

TEST_F(Clients, VanishWhileTheyWait) {
  start();
  for (int round = 0; round < 20; ++round) {
    RawSocket socket(port());
    socket.write(encode_command({"BLPOP", "l", "0"}));
    socket.reset();
  }
  EXPECT_TRUE(deserted());
  EXPECT_EQ(info("clients", "blocked_clients"), "0");
  RespClient client(port());
  EXPECT_EQ(client.integer({"RPUSH", "l", "a"}), 1);
  EXPECT_EQ(client.integer({"LLEN", "l"}), 1);
}

TEST_F(Clients, AWaiterIsServedPastOnesThatVanished) {
  start();
  RespClient producer(port());
  RawSocket gone(port());
  gone.write(encode_command({"BLPOP", "l", "0"}));
  ASSERT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "1"; }));
  RespClient waiter(port());
  waiter.send({"BLPOP", "l", "0"});
  ASSERT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "2"; }));
  gone.reset();
  ASSERT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "1"; }));
  producer.command({"RPUSH", "l", "a"});
  EXPECT_EQ(waiter.read().bytes(), "*2\r\n$1\r\nl\r\n$1\r\na\r\n");
}

TEST_F(Clients, ASlowReaderPastTheHardLimitIsClosed) {
  start({"--client-output-buffer-limit", "normal 1mb 0 0"});
  set_value("value", 100'000);
  RawSocket slow(port(), {.receive_buffer_bytes = 4096});
  slow.write(many({"GET", "value"}, 500));
  EXPECT_TRUE(deserted());
}

TEST_F(Clients, ASubscriberThatDoesNotReadIsClosed) {
  start({"--client-output-buffer-limit", "pubsub 1mb 0 0"});
  RawSocket slow(port(), {.receive_buffer_bytes = 4096});
  slow.write(encode_command({"SUBSCRIBE", "c"}));
  slow.read_reply();
  RespClient publisher(port());
  const std::string message(100'000, 'm');
  EXPECT_TRUE(wait_until([&] { return publisher.integer({"PUBLISH", "c", message}) == 0; }));
}

TEST_F(Clients, ASlowReaderWithoutALimitGetsEverything) {
  start();
  constexpr int replies = 20'000;
  set_value("value", 10'000);
  const auto before_kb = server().usage().resident_kb;
  RawSocket slow(port(), {.receive_buffer_bytes = 65536});
  const auto requests = many({"GET", "value"}, replies);
  std::size_t sent = 0;
  // Writes until the server takes no more for a while, or has it all.
  while (sent < requests.size() && slow.writable_within(Milliseconds(300)))
    sent += slow.write_some(std::string_view(requests).substr(sent));
  EXPECT_TRUE(serves());
  if (support::memory_is_telling && is_respawn()) {
    // It stops reading from who does not read: of 200 MB of replies only a few batches are waiting.
    EXPECT_LT(server().usage().resident_kb - before_kb, 70'000);
  }
  const auto expected = "$10000\r\n" + std::string(10'000, 'x') + "\r\n";
  for (int i = 0; i < replies; ++i) {
    if (sent < requests.size()) sent += slow.write_some(std::string_view(requests).substr(sent));
    ASSERT_TRUE(slow.read_exactly(expected.size()) == expected) << "reply " << i;
  }
}

TEST_F(Clients, PastMaxclientsAreRefused) {
  start({"--maxclients", "3"});
  RespClient first(port());
  first.command({"PING"});
  RespClient second(port());
  second.command({"PING"});
  {
    RespClient third(port());
    third.command({"PING"});
    RawSocket fourth(port());
    EXPECT_EQ(fourth.read_until_end(), "-ERR max number of clients reached\r\n");
    EXPECT_EQ(support::info_field(first, "stats", "rejected_connections"), "1");
  }
  EXPECT_TRUE(wait_until(
      [&] { return support::info_field(first, "clients", "connected_clients") == "2"; }));
  EXPECT_TRUE(serves());
}

TEST_F(Clients, MaxclientsCanBeChanged) {
  start({"--maxclients", "100"});
  RespClient client(port());
  client.ok({"CONFIG", "SET", "maxclients", "1"});
  RawSocket refused(port());
  EXPECT_EQ(refused.read_until_end(), "-ERR max number of clients reached\r\n");
  client.ok({"CONFIG", "SET", "maxclients", "2"});
  EXPECT_TRUE(serves());
}

TEST_F(Clients, IdleOnesAreClosedButNotThoseThatWait) {
  start({"--timeout", "1"});
  RespClient waiter(port());
  waiter.send({"BLPOP", "l", "0"});
  RespClient subscriber(port());
  subscriber.command({"SUBSCRIBE", "c"});
  RawSocket idle(port());
  const auto began = support::SteadyClock::now();
  EXPECT_TRUE(idle.closed_within(Milliseconds(10'000)));
  EXPECT_GE(support::elapsed_ms(began), 900);
  RespClient other(port());
  EXPECT_EQ(other.integer({"RPUSH", "l", "a"}), 1);
  EXPECT_EQ(waiter.read().elements.size(), 2U);
  EXPECT_EQ(other.integer({"PUBLISH", "c", "m"}), 1);
  EXPECT_EQ(subscriber.read().elements.size(), 3U);
}

/// The timer of a connection's server end in /proc/net/tcp: "02" is keepalive, "00" none.
std::string timer_of(std::uint16_t server_port, const std::string& client_address) {
  const auto client_port = std::stoi(client_address.substr(client_address.rfind(':') + 1));
  char local[16];
  char remote[16];
  std::snprintf(local, sizeof local, ":%04X", static_cast<unsigned>(server_port));
  std::snprintf(remote, sizeof remote, ":%04X", static_cast<unsigned>(client_port));
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, ours, theirs, state, queues, timer;
    fields >> number >> ours >> theirs >> state >> queues >> timer;
    if (ours.ends_with(local) && theirs.ends_with(remote)) return timer.substr(0, 2);
  }
  return "no such connection";
}

TEST_F(Clients, AreWatchedByKeepalive) {
  start({"--tcp-keepalive", "100"});
  RespClient client(port());
  client.command({"PING"});
  const auto address = client.socket().local_address();
  // The timer of what was just sent may still run; then it is keepalive's turn.
  EXPECT_TRUE(wait_until([&] { return timer_of(port(), address) == "02"; }));
}

TEST_F(Clients, AreNotWatchedWithoutKeepalive) {
  start({"--tcp-keepalive", "0"});
  RespClient client(port());
  client.command({"PING"});
  const auto address = client.socket().local_address();
  EXPECT_TRUE(wait_until([&] { return timer_of(port(), address) == "00"; }));
}

/// The answers are those of redis-server 7.0.15.
TEST_F(Clients, ThePasswordLiftsTheLimitsForWhatStandsBehindIt) {
  start();
  RespClient(port()).ok({"CONFIG", "SET", "requirepass", "pw"});
  const std::string right = encode_command({"AUTH", "pw"});
  const std::string words =
      encode_command({"RPUSH", "l", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  const std::string large = encode_command({"APPEND", "k", std::string(100'000, 'x')});
  RawSocket client(port());
  client.write(right + words + large + encode_command({"PING"}));
  const std::string replies = "+OK\r\n:9\r\n:100000\r\n+PONG\r\n";
  EXPECT_EQ(client.read_exactly(replies.size()), replies);
  client.write(encode_command({"RESET"}) + right + words);
  const std::string again = "+RESET\r\n+OK\r\n:18\r\n";
  EXPECT_EQ(client.read_exactly(again.size()), again);
}

TEST_F(Clients, StrangersAreLimitedBehindTheRepliesToWhatTheySentBefore) {
  start();
  RespClient(port()).ok({"CONFIG", "SET", "requirepass", "pw"});
  const std::string right = encode_command({"AUTH", "pw"});
  const std::string wrong = encode_command({"AUTH", "no"});
  const std::string refused = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
  const std::string too_many = "-ERR Protocol error: unauthenticated multibulk length\r\n";
  const std::string too_large = "-ERR Protocol error: unauthenticated bulk length\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {wrong + "*11\r\n", refused + too_many},
      {wrong + "*2\r\n$3\r\nGET\r\n$16385\r\n", refused + too_large},
      {right + encode_command({"RESET"}) + "*11\r\n", "+OK\r\n+RESET\r\n" + too_many},
  };
  for (const auto& [request, replies] : cases) {
    RawSocket client(port());
    client.write(request);
    EXPECT_EQ(client.read_until_end(), replies);
  }
}

TEST_F(Clients, ABlockingPopTimesOutAfterItsTime) {
  start();
  RespClient client(port());
  double best_ms = 1e9;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto began = support::SteadyClock::now();
    EXPECT_EQ(client.command({"BLPOP", "l", "0.1"}).bytes(), "*-1\r\n");
    const auto took_ms = support::elapsed_ms(began);
    EXPECT_GE(took_ms, 99);
    best_ms = std::min(best_ms, took_ms);
  }
  EXPECT_LE(best_ms, is_respawn() ? 110 : 210);
}

}  // namespace
}  // namespace respawn::integration
