#include "engine/run/client_eviction.hpp"

#include <gtest/gtest.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::engine {
namespace {

class ClientEvictionTest : public commands::test::CommandTest {
 protected:
  /// A client that takes about so much.
  commands::test::Client& connect_with(std::size_t bytes) {
    commands::test::Client& client = connect();
    client.session().facts.query_bytes = bytes;
    return client;
  }

  void limit(std::int64_t bytes_or_percent) {
    server.configure([&](config::Config& config) { config.maxmemory_clients = bytes_or_percent; });
  }

  void evict() {
    server.executor->client_eviction().look_at_all();
    run("PING");  // has the closed ones told
  }
};

TEST_F(ClientEvictionTest, TheLargestGoUntilTheRestIsWithinTheLimit) {
  auto& small = connect_with(100'000);
  auto& largest = connect_with(400'000);
  auto& large = connect_with(300'000);
  limit(600'000);
  evict();
  EXPECT_TRUE(largest.closed());
  EXPECT_FALSE(large.closed());
  limit(200'000);
  evict();
  EXPECT_TRUE(large.closed());
  EXPECT_FALSE(small.closed());
  EXPECT_EQ(server.store.statistics.clients_evicted, 2U);
}

TEST_F(ClientEvictionTest, WithoutALimitNobodyGoes) {
  auto& client = connect_with(1'000'000'000);
  evict();
  EXPECT_FALSE(client.closed());
}

TEST_F(ClientEvictionTest, APercentageIsOfMaxmemory) {
  auto& client = connect_with(600'000);
  limit(-5);
  evict();
  EXPECT_FALSE(client.closed()) << "there is no maxmemory";
  server.configure([](config::Config& config) { config.maxmemory_bytes = 20'000'000; });
  evict();
  EXPECT_FALSE(client.closed());
  server.configure([](config::Config& config) { config.maxmemory_bytes = 10'000'000; });
  evict();
  EXPECT_TRUE(client.closed());
}

TEST_F(ClientEvictionTest, WhoMayNotBeEvictedStays) {
  auto& client = connect_with(600'000);
  auto& other = connect_with(100'000);
  client.run("CLIENT NO-EVICT ON");
  client.session().facts.query_bytes = 600'000;
  limit(500'000);
  evict();
  EXPECT_FALSE(client.closed());
  EXPECT_TRUE(other.closed());
}

TEST_F(ClientEvictionTest, WhatAClientHasAskedForCounts) {
  const std::size_t before = server.first.session().transaction.memory_bytes();
  auto& queueing = connect();
  auto& watching = connect();
  auto& listening = connect();
  queueing.run("MULTI");
  queueing.run({"SET", "k", std::string(300'000, 'x')});
  watching.run({"WATCH", std::string(300'000, 'x')});
  listening.run({"SUBSCRIBE", std::string(300'000, 'x')});
  limit(200'000);
  evict();
  EXPECT_TRUE(queueing.closed() && watching.closed() && listening.closed());
  EXPECT_FALSE(server.first.closed());
  EXPECT_EQ(before, 0U);
}

TEST_F(ClientEvictionTest, WhatACommandAsksForCountsAtOnce) {
  auto& listening = connect();
  auto& other = connect();
  limit(200'000);
  other.run("PING");
  listening.run({"SUBSCRIBE", std::string(60'000, 'a')});
  EXPECT_FALSE(listening.closed());
  listening.run({"SUBSCRIBE", std::string(60'000, 'b')});
  run("PING");
  EXPECT_TRUE(listening.closed());
  EXPECT_FALSE(other.closed());
}

TEST_F(ClientEvictionTest, WhatWasGivenUpDoesNotCount) {
  auto& listening = connect();
  limit(200'000);
  for (int i = 0; i < 20; ++i) {
    listening.run({"SUBSCRIBE", std::string(60'000, 'a')});
    listening.run({"UNSUBSCRIBE", std::string(60'000, 'a')});
    listening.run({"WATCH", std::string(60'000, 'a')});
    listening.run("UNWATCH");
    listening.run({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", std::string(60'000, 'a')});
    listening.run("CLIENT TRACKING OFF");
  }
  EXPECT_FALSE(listening.closed());
  EXPECT_EQ(listening.session().names_bytes, 0U);
}

TEST_F(ClientEvictionTest, ALowerLimitCountsBehindTheCommandThatSetsIt) {
  auto& large = connect_with(400'000);
  limit(600'000);
  run("CONFIG SET maxmemory-clients 300000");
  run("PING");
  EXPECT_TRUE(large.closed());
}

}  // namespace
}  // namespace respawn::engine
