// The keyspace actor fails at each step of a transaction in turn: either all of it happened, or the
// client is told that it does not know, or nothing happened; never is it run without its guard.
#include <gtest/gtest.h>

#include "protocol/reply_decoder.hpp"
#include "tests/actors/crash_at.hpp"
#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

std::vector<protocol::Reply> decoded(std::string bytes) {
  protocol::ReplyDecoder decoder;
  std::vector<protocol::Reply> replies;
  decoder.decode(bytes, replies);
  EXPECT_EQ(decoder.error(), "");
  return replies;
}

bool is_lost(const protocol::Reply& reply) {
  return reply.is_error() && reply.string == lost_message;
}

TEST(TransactionsUnderCrashes, AreWholeOrRefused) {
  for (std::size_t step = 0;; ++step) {
    World world;
    Client client = world.connect();
    client.run("MSET x 10 y 10");
    CrashAt probe(step);
    world.store.probe = &probe;
    std::string bytes =
        client.send("WATCH x\r\nGET x\r\nMULTI\r\nSET x 7\r\nSET y 13\r\nEXEC\r\nPING\r\n");
    world.loop.advance_ms(300);
    bytes += client.received();
    world.store.probe = nullptr;
    const std::vector<protocol::Reply> replies = decoded(bytes);
    ASSERT_EQ(replies.size(), 7U) << step << bytes;
    EXPECT_EQ(replies[3].string, "QUEUED") << step << bytes;
    EXPECT_EQ(replies[4].string, "QUEUED") << step << bytes;
    const protocol::Reply& exec = replies[5];
    const std::string left = world.connect().run("MGET x y");
    if (!is_lost(exec)) {
      const bool ran = exec.type == protocol::ReplyType::array && exec.elements.size() == 2;
      EXPECT_EQ(left, ran ? bulks({"7", "13"}) : bulks({"10", "10"})) << step << bytes;
      EXPECT_EQ(ran, !is_lost(replies[0]) && !is_lost(replies[2])) << step << bytes;
    }
    EXPECT_EQ(client.run("EXEC"), error("ERR EXEC without MULTI")) << step;
    EXPECT_EQ(client.run("PING"), "+PONG\r\n") << step;
    if (!probe.failed()) break;
    ASSERT_FALSE(testing::Test::HasFailure()) << step;
  }
}

TEST(TransactionsUnderCrashes, SeeWhatAFailedCommandHadChanged) {
  for (std::size_t step = 0;; ++step) {
    World world;
    Client watcher = world.connect();
    Client other = world.connect();
    watcher.run("SET x 10");
    watcher.run("WATCH x");
    CrashAt probe(step);
    world.store.probe = &probe;
    other.run("INCR x");
    world.loop.advance_ms(300);
    world.store.probe = nullptr;
    const bool changed = world.connect().run("GET x") == bulk("11");
    watcher.run("MULTI");
    watcher.run("PING");
    const std::string exec = watcher.run("EXEC");
    EXPECT_TRUE(!changed || exec == null_array) << step;
    if (!probe.failed()) break;
  }
}

}  // namespace
}  // namespace respawn::actors::test
