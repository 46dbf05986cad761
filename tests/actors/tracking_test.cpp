// Clients that keep copies of what they read: whatever fails, none keeps one that is out of date.
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "protocol/reply_decoder.hpp"
#include "tests/actors/crash_at.hpp"
#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

std::string invalidate(std::string_view key) {
  return ">2\r\n" + bulk("invalidate") + "*1\r\n" + bulk(key);
}

/// A client with a cache, as libraries have them. A key that is not there has the value "".
class CachingClient {
 public:
  using Cache = std::map<std::string, std::string>;

  CachingClient(Client client, std::string_view tracking) : client_(client) {
    client_.run("HELLO 3");
    EXPECT_EQ(client_.run(tracking), ok);
  }

  /// In one write.
  void get(std::initializer_list<const char*> keys) {
    std::string bytes;
    for (const char* key : keys) {
      bytes += "GET " + std::string(key) + "\r\n";
      asked_.emplace_back(key);
    }
    take(client_.send(bytes));
  }

  void send(std::string_view line) {
    asked_.emplace_back();
    take(client_.run(line));
  }

  void listen() { take(client_.received()); }

  /// What it has by other means.
  void know(Cache cache) { cache_ = std::move(cache); }

  [[nodiscard]] const Cache& cache() const { return cache_; }

  [[nodiscard]] bool answered() const { return asked_.empty(); }

 private:
  void take(const std::string& bytes) {
    pending_ += bytes;
    std::vector<protocol::Reply> replies;
    pending_.erase(0, decoder_.decode(pending_, replies));
    EXPECT_EQ(decoder_.error(), "");
    for (const protocol::Reply& reply : replies)
      reply.type == protocol::ReplyType::push ? take_push(reply) : take_reply(reply);
  }

  void take_push(const protocol::Reply& push) {
    ASSERT_EQ(push.elements.at(0).string, "invalidate");
    for (const protocol::Reply& key : push.elements.at(1).elements) cache_.erase(key.string);
  }

  void take_reply(const protocol::Reply& reply) {
    ASSERT_FALSE(asked_.empty());
    const std::string key = asked_.front();
    asked_.pop_front();
    if (!key.empty() && !reply.is_error()) cache_[key] = reply.string;
  }

  Client client_;
  protocol::ReplyDecoder decoder_;
  std::string pending_;
  std::deque<std::string> asked_;  // keys whose values are under way; "" for other replies
  Cache cache_;
};

void expect_up_to_date(const World& world, const CachingClient& client) {
  EXPECT_TRUE(client.answered());
  for (const auto& [key, value] : client.cache()) {
    const keyspace::Entry* entry = world.store.databases.at(0).find(key);
    keyspace::Scratch scratch;
    EXPECT_EQ(value, entry ? std::string(entry->bytes(scratch)) : "") << key;
  }
}

TEST(Tracking, AtNoStepACrashLeavesACopyThatIsOutOfDate) {
  for (std::size_t step = 0;; ++step) {
    World world;
    Client writer = world.connect();
    EXPECT_EQ(writer.run("MSET a 0 b 0 c 0 d 0 own 0"), ok);
    EXPECT_EQ(writer.run("SET gone 0 PX 50"), ok);
    CachingClient reader(world.connect(), "CLIENT TRACKING on NOLOOP");
    CachingClient prefixes(world.connect(), "CLIENT TRACKING on BCAST");
    prefixes.know({{"a", "0"}, {"b", "0"}, {"c", "0"}, {"own", "0"}, {"gone", "0"}, {"new", ""}});

    CrashAt probe(step);
    world.store.probe = &probe;
    reader.get({"a", "b", "c", "d", "own", "gone", "new"});
    writer.send("INCR a\r\nSET b 1\r\nDEL c\r\nSET new 1\r\n");
    reader.get({"a", "own"});
    reader.send("SET other 1");
    writer.run("SET own 1");
    world.loop.advance_ms(100);
    reader.get({"gone", "c"});
    writer.send("RENAME b c\r\nDEL a\r\n");
    world.store.probe = nullptr;
    world.loop.advance_ms(1000);

    for (CachingClient* client : {&reader, &prefixes}) {
      client->listen();
      expect_up_to_date(world, *client);
    }
    ASSERT_FALSE(testing::Test::HasFailure()) << "a crash at step " << step;
    if (probe.failed()) continue;
    EXPECT_GT(step, 50U);
    EXPECT_EQ(prefixes.cache().size(), 0U) << "all of it has changed";
    return;
  }
}

TEST(Tracking, ASuccessorKnowsWhatWasRead) {
  World world;
  Client reader = world.connect();
  Client writer = world.connect();
  reader.run("HELLO 3");
  reader.run("CLIENT TRACKING on");
  reader.run("GET a");
  world.kill("keyspace");
  EXPECT_EQ(writer.run("SET a 1"), ok);
  EXPECT_EQ(reader.received(), invalidate("a"));
}

TEST(Tracking, AClientThatVanishesIsForgotten) {
  World world;
  Client reader = world.connect();
  Client target = world.connect();
  Client writer = world.connect();
  reader.run("HELLO 3");
  reader.run("CLIENT TRACKING on REDIRECT 2");
  reader.run("GET a");
  EXPECT_EQ(target.run("CLIENT ID"), integer(2));
  EXPECT_EQ(target.run("QUIT"), ok);
  EXPECT_EQ(writer.run("SET a 1"), ok);
  EXPECT_EQ(reader.received(), ">2\r\n" + bulk("tracking-redir-broken") + integer(2));
  reader.peer().close();
  world.loop.run_until_idle();
  EXPECT_EQ(world.store.tracking.client_count(), 0U);
  EXPECT_FALSE(world.store.unit.recorded());
}

TEST(Tracking, WhatIsEvictedWithoutACommandIsToldToPrefixes) {
  World world;
  Client reader = world.connect();
  Client writer = world.connect();
  EXPECT_EQ(writer.run("SET k 1"), ok);
  reader.run("HELLO 3");
  reader.run("CLIENT TRACKING on BCAST");
  std::size_t over = 2;
  world.services.memory.measure = [&over] {
    return over > 0 ? (--over, std::uint64_t{1} << 40) : std::uint64_t{0};
  };
  world.configure([](config::Config& config) {
    config.maxmemory_bytes = 1;
    config.maxmemory_policy = config::EvictionPolicy::allkeys_random;
  });
  world.loop.advance_ms(100);
  EXPECT_EQ(reader.received(), invalidate("k"));
  world.services.memory.measure = nullptr;
}

}  // namespace
}  // namespace respawn::actors::test
