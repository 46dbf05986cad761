// Many producers and consumers on a few lists: every element is popped exactly once.
#include <map>
#include <mutex>
#include <random>

#include "tests/stress/harness.hpp"

namespace respawn::stress {
namespace {

constexpr int lists = 5;
constexpr int pipeline_commands = 50;

std::string list_name(int index) {
  return "list:" + std::to_string(index);
}

/// Pushes `elements` unique elements, several pushes per write and one to three elements per push.
void produce(std::uint16_t port, int producer, int elements) {
  RespClient client(port);
  std::mt19937 random(static_cast<unsigned>(producer));
  for (int made = 0; made < elements;) {
    std::string request;
    int commands = 0;
    for (; commands < pipeline_commands && made < elements; ++commands) {
      std::vector<std::string> words{random() % 2 == 0 ? "LPUSH" : "RPUSH",
                                     list_name(static_cast<int>(random() % lists))};
      for (auto count = 1 + random() % 3; count > 0 && made < elements; --count)
        words.push_back(std::to_string(producer) + ":" + std::to_string(made++));
      request += support::encode_command(words);
    }
    client.socket().write(request);
    for (; commands > 0; --commands)
      if (client.read().type != ':') throw std::runtime_error("a push failed");
  }
}

struct Popped {
  std::mutex mutex;
  std::map<std::string, int> times;
  std::atomic<int> total{0};
};

/// One blocking pop from some of the lists, in random order.
void consume_once(RespClient& client, std::mt19937& random, Popped& popped) {
  std::vector<std::string> words{random() % 2 == 0 ? "BLPOP" : "BRPOP"};
  for (auto count = 1 + random() % lists; count > 0; --count)
    words.push_back(list_name(static_cast<int>(random() % lists)));
  words.emplace_back(random() % 4 == 0 ? "0.01" : "0.2");
  const auto reply = client.command(words);
  if (reply.null) return;
  if (reply.elements.size() != 2) throw std::runtime_error("odd reply: " + reply.bytes());
  const std::lock_guard lock(popped.mutex);
  ++popped.times[reply.elements[1].text];
  ++popped.total;
}

TEST(Pops, EveryElementIsPoppedExactlyOnce) {
  if (support::server_binary().empty()) GTEST_SKIP() << "there is no server to test";
  constexpr int producers = 4;
  constexpr int consumers = 12;
  const int elements = scaled(10'000, 250'000);  // per producer
  support::ServerOptions options;
  options.arguments = {"--save", ""};
  support::ServerProcess server(options);
  Popped popped;
  Crew crew;
  for (int i = 0; i < consumers; ++i) {
    auto client = std::make_shared<RespClient>(server.port());
    auto random = std::make_shared<std::mt19937>(static_cast<unsigned>(1000 + i));
    crew.add([client, random, &popped] { consume_once(*client, *random, popped); });
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < producers; ++i)
    threads.emplace_back([&server, i, elements] {
      try {
        produce(server.port(), i, elements);
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(wait_until([&] { return popped.total >= producers * elements; },
                         Milliseconds(scaled(60'000, 600'000))));
  crew.stop();
  EXPECT_EQ(popped.times.size(), static_cast<std::size_t>(producers * elements));
  EXPECT_EQ(popped.total, producers * elements) << "no element twice";
  RespClient client(server.port());
  for (int i = 0; i < lists; ++i) EXPECT_EQ(client.integer({"EXISTS", list_name(i)}), 0);
  EXPECT_EQ(support::info_field(client, "clients", "blocked_clients"), "0");
  const auto status = server.stop();
  EXPECT_TRUE(status && status->clean()) << server.standard_error();
}

}  // namespace
}  // namespace respawn::stress
