// Connections and the keyspace together: bytes in, bytes out.
#include <gtest/gtest.h>

#include "actors/connection_actor.hpp"
#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

constexpr std::string_view set_and_get =
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n";

/// The simulated clock stands still while a batch runs: a slice must be over before it begins.
void yield_always(config::Config& config) {
  config.keyspace_slice_us = -1;
}

TEST(Connection, AnswersACommand) {
  World world;
  EXPECT_EQ(world.connect().run("PING"), "+PONG\r\n");
}

TEST(Connection, AnswersAPipelineInOrderWhereverItIsCut) {
  for (std::size_t cut = 1; cut < set_and_get.size(); ++cut) {
    World world;
    Client client = world.connect();
    std::string replies = client.send(set_and_get.substr(0, cut));
    replies += client.send(set_and_get.substr(cut));
    EXPECT_EQ(replies, ok + bulk("a\r\nb") + simple("PONG")) << cut;
  }
}

TEST(Connection, RunsWhatCameBeforeAProtocolErrorAndCloses) {
  World world;
  Client client = world.connect();
  EXPECT_EQ(client.send("PING\r\n*1\r\n+x\r\n"),
            simple("PONG") + error("ERR Protocol error: expected '$', got '+'"));
  EXPECT_TRUE(client.closed());
}

TEST(Connection, AnswersWhatWasReceivedBeforeThePeerStoppedSending) {
  World world;
  Client client = world.connect();
  client.peer().write("SET k v\r\nGET k\r\n");
  client.peer().finish_sending();
  EXPECT_EQ(client.received(), ok + bulk("v"));
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(world.store.clients.size(), 0U);
}

TEST(Connection, RunsAllThatWasReceivedBeforeThePeerStoppedSendingHoweverLongItTakes) {
  World world;
  world.configure(yield_always);
  Client client = world.connect();
  constexpr std::size_t commands = 3 * ConnectionActor::commands_per_batch_max;
  std::string replies;
  for (std::size_t i = 0; i < commands; ++i) {
    client.peer().write("INCR n\r\n");
    replies += integer(static_cast<std::int64_t>(i + 1));
  }
  client.peer().finish_sending();
  EXPECT_EQ(client.received(), replies);
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(world.store.clients.size(), 0U);
}

TEST(Connection, WhatWaitsBehindThePeersLastBytesIsGivenUp) {
  World world;
  world.configure(yield_always);
  Client client = world.connect();
  client.peer().write("INCR n\r\nINCR n\r\nBLPOP k 0\r\nINCR n\r\n");
  client.peer().finish_sending();
  EXPECT_EQ(client.received(), integer(1) + integer(2));
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(world.store.clients.size(), 0U);
  Client other = world.connect();
  EXPECT_EQ(other.run("RPUSH k v"), integer(1));
  EXPECT_EQ(other.run("LPOP k"), bulk("v"));
  EXPECT_EQ(other.run("GET n"), bulk("2"));
}

TEST(Connection, QuitAnswersAndCloses) {
  World world;
  Client client = world.connect();
  EXPECT_EQ(client.send("QUIT\r\nPING\r\n"), ok);
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(world.store.clients.size(), 0U);
}

TEST(Connection, ASlowReaderPastTheHardLimitIsClosed) {
  World world;
  world.configure([](config::Config& config) {
    config.client_output_buffer_limit.normal = {.hard_bytes = 100'000, .soft_bytes = 0};
  });
  Client client = world.connect();
  Client other = world.connect();
  client.run("SET big " + std::string(30'000, 'x'));
  client.peer().set_receive_window(1000);
  for (int i = 0; i < 10; ++i) client.peer().write("GET big\r\n");
  world.loop.run_until_idle();
  EXPECT_TRUE(client.peer().is_gone());
  EXPECT_EQ(other.run("PING"), simple("PONG"));
}

TEST(Connection, ASlowReaderPastTheSoftLimitIsClosedWhenItsTimeIsOver) {
  World world;
  world.configure([](config::Config& config) {
    config.client_output_buffer_limit.normal = {
        .hard_bytes = 0, .soft_bytes = 10'000, .soft_seconds = 5};
  });
  Client client = world.connect();
  client.run("SET big " + std::string(30'000, 'x'));
  client.peer().set_receive_window(1000);
  client.peer().write("GET big\r\n");
  world.loop.advance_ms(4'900);
  EXPECT_FALSE(client.peer().is_gone());
  world.loop.advance_ms(200);
  EXPECT_TRUE(client.peer().is_gone());
}

/// Lets messages pile up for a subscriber that reads nothing more and says nothing more.
Client slow_subscriber(World& world, Client& publisher, int messages) {
  Client subscriber = world.connect();
  subscriber.run("SUBSCRIBE c");
  subscriber.peer().set_receive_window(1000);
  for (int i = 0; i < messages; ++i) publisher.run("PUBLISH c " + std::string(30'000, 'x'));
  return subscriber;
}

TEST(Connection, ANewOutputLimitHoldsForASubscriberThatOnlyListens) {
  World world;
  Client publisher = world.connect();
  Client subscriber = world.connect();
  subscriber.run("SUBSCRIBE c");
  subscriber.peer().set_receive_window(1000);
  EXPECT_EQ(publisher.run("CONFIG SET client-output-buffer-limit 'pubsub 100000 0 0'"), ok);
  for (int i = 0; i < 10; ++i) publisher.run("PUBLISH c " + std::string(30'000, 'x'));
  EXPECT_TRUE(subscriber.peer().is_gone());
  EXPECT_EQ(publisher.run("PUBLISH c x"), integer(0));
}

TEST(Connection, ANewOutputLimitHoldsForWhatIsAlreadyWaiting) {
  World world;
  Client publisher = world.connect();
  Client subscriber = slow_subscriber(world, publisher, 4);
  EXPECT_FALSE(subscriber.peer().is_gone());
  EXPECT_EQ(publisher.run("CONFIG SET client-output-buffer-limit 'pubsub 100000 0 0'"), ok);
  EXPECT_TRUE(subscriber.peer().is_gone());
}

TEST(Connection, ANewSoftLimitCountsFromWhenItWasPassed) {
  World world;
  Client publisher = world.connect();
  publisher.run("CONFIG SET client-output-buffer-limit 'pubsub 0 10000 10'");
  Client subscriber = slow_subscriber(world, publisher, 1);
  world.loop.advance_ms(4'000);
  publisher.run("CONFIG SET client-output-buffer-limit 'pubsub 0 10000 100'");
  world.loop.advance_ms(11'000);
  EXPECT_FALSE(subscriber.peer().is_gone());
  publisher.run("CONFIG SET client-output-buffer-limit 'pubsub 0 10000 20'");
  world.loop.advance_ms(4'900);
  EXPECT_FALSE(subscriber.peer().is_gone());
  world.loop.advance_ms(200);
  EXPECT_TRUE(subscriber.peer().is_gone());
}

TEST(Connection, ANewBulkLimitHoldsForAConnectionThatIsOpen) {
  World world;
  Client client = world.connect();
  Client other = world.connect();
  const std::string command = "*2\r\n$4\r\nECHO\r\n$1100000\r\n";
  EXPECT_EQ(client.send("PING\r\n"), simple("PONG"));
  EXPECT_EQ(other.run("CONFIG SET proto-max-bulk-len 1mb"), ok);
  EXPECT_EQ(client.send(command), error("ERR Protocol error: invalid bulk length"));
  EXPECT_TRUE(client.closed());
}

TEST(Connection, WithoutAPasswordNobodyIsLimitedAsAStranger) {
  config::Config config = World::open_config();
  config.requirepass = "secret";
  World world(std::move(config));
  Client client = world.connect();
  EXPECT_EQ(client.run("PING"), error("NOAUTH Authentication required."));
  world.configure([](config::Config& c) { c.requirepass.clear(); });
  std::string words;
  for (int i = 0; i < 20; ++i) words += "$1\r\nx\r\n";
  EXPECT_EQ(client.send("*22\r\n$3\r\nDEL\r\n" + words + "$1\r\nx\r\n"), integer(0));
}

TEST(Connection, AHugeCommandLeavesNothingBehind) {
  World world;
  Client client = world.connect();
  std::string words;
  for (int i = 0; i < 10'000; ++i) words += " " + std::to_string(i);
  EXPECT_EQ(client.run("SADD s" + words), integer(10'000));
  world.loop.advance_ms(2'500);
  const engine::Batch& batch = world.store.clients.all().begin()->second->batch;
  EXPECT_LE(batch.commands.arguments.capacity() * sizeof(std::string_view),
            ConnectionActor::idle_buffer_bytes);
  EXPECT_LE(batch.input.capacity(), ConnectionActor::idle_buffer_bytes);
  EXPECT_EQ(client.run("SCARD s"), integer(10'000));
}

TEST(Connection, WhoGoesOnWithSmallCommandsKeepsNoLargeBuffers) {
  World world;
  Client client = world.connect();
  std::string words;
  for (int i = 0; i < 10'000; ++i) words += " " + std::to_string(i);
  EXPECT_EQ(client.run("SADD s" + words), integer(10'000));
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(client.run("SCARD s"), integer(10'000));
    world.loop.advance_ms(100);
  }
  const engine::Batch& batch = world.store.clients.all().begin()->second->batch;
  EXPECT_LE(batch.input.capacity(), ConnectionActor::idle_buffer_bytes);
}

TEST(Connection, WhoGoesOnWithLargeCommandsKeepsTheirBuffer) {
  World world;
  Client client = world.connect();
  std::string words;
  for (int i = 0; i < 10'000; ++i) words += " " + std::to_string(i);
  for (int i = 0; i < 40; ++i) {
    client.run("SADD s" + words);
    world.loop.advance_ms(100);
  }
  const engine::Batch& batch = world.store.clients.all().begin()->second->batch;
  EXPECT_GT(batch.input.capacity(), words.size());
}

TEST(Connection, MoreThanMaxclientsAreTurnedAway) {
  World world;
  world.configure([](config::Config& config) { config.maxclients = 2; });
  Client first = world.connect();
  Client second = world.connect();
  Client third = world.connect();
  EXPECT_EQ(third.received(), error("ERR max number of clients reached"));
  EXPECT_TRUE(third.closed());
  EXPECT_EQ(first.run("PING"), simple("PONG"));
  second.peer().close();
  world.loop.run_until_idle();
  EXPECT_EQ(world.connect().run("PING"), simple("PONG"));
}

TEST(Connection, AnIdleClientIsClosedButABlockedOneIsNot) {
  World world;
  world.configure([](config::Config& config) { config.timeout_s = 10; });
  Client idle = world.connect();
  Client blocked = world.connect();
  Client subscriber = world.connect();
  idle.run("PING");
  blocked.run("BLPOP k 0");
  subscriber.run("SUBSCRIBE c");
  world.loop.advance_ms(9'900);
  EXPECT_FALSE(idle.closed());
  world.loop.advance_ms(400);
  EXPECT_TRUE(idle.closed());
  EXPECT_FALSE(blocked.closed());
  EXPECT_FALSE(subscriber.closed());
}

TEST(Connection, ManyAreExemptFromTheIdleTimeout) {
  World world;
  world.configure([](config::Config& config) { config.timeout_s = 1; });
  Client monitor = world.connect();
  Client pattern = world.connect();
  Client sender = world.connect();
  Client reader = world.connect();
  Client idle = world.connect();
  monitor.run("MONITOR");
  pattern.run("PSUBSCRIBE c*");
  reader.run("SETRANGE large 3999999 x");
  reader.peer().set_receive_window(1000);
  reader.peer().write("GET large\r\n");
  sender.peer().write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n");
  for (int i = 0; i < 50; ++i) {  // one that sends and one that reads, slowly
    sender.peer().write("x");
    reader.peer().set_receive_window(1000 + static_cast<std::size_t>(i) * 70'000);
    world.loop.advance_ms(100);
  }
  EXPECT_TRUE(idle.closed());
  EXPECT_FALSE(monitor.peer().is_gone());
  EXPECT_FALSE(pattern.peer().is_gone());
  EXPECT_FALSE(sender.peer().is_gone());
  EXPECT_FALSE(reader.peer().is_gone());
  world.loop.advance_ms(1'500);
  EXPECT_TRUE(sender.peer().is_gone());
}

void limit_queries_to_1mb(config::Config& config) {
  config.client_query_buffer_limit_bytes = 1'000'000;
}

/// A command whose arguments are short and many.
std::string long_del(std::size_t keys) {
  std::string command = "*" + std::to_string(keys + 1) + "\r\n$3\r\nDEL\r\n";
  for (std::size_t i = 0; i < keys; ++i) command += "$1\r\nx\r\n";
  return command;
}

TEST(QueryBufferLimit, CountsNoArgumentThatIsComplete) {
  World world;
  world.configure(limit_queries_to_1mb);
  EXPECT_EQ(world.connect().send(long_del(500'000)), integer(0));  // 3.5 MB
}

TEST(QueryBufferLimit, CountsAnArgumentThatIsArriving) {
  World world;
  world.configure(limit_queries_to_1mb);
  Client client = world.connect();
  client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2000000\r\n" + std::string(900'000, 'x'));
  EXPECT_FALSE(client.peer().is_gone());
  client.send(std::string(200'000, 'x'));
  EXPECT_TRUE(client.peer().is_gone());
}

TEST(QueryBufferLimit, CountsWhatComesBehindACommandThatWaits) {
  World world;
  world.configure(limit_queries_to_1mb);
  Client client = world.connect();
  client.send("BLPOP k 0\r\n");
  for (int i = 0; i < 9; ++i) client.send(long_del(10'000));  // 70 KB each
  EXPECT_FALSE(client.peer().is_gone());
  for (int i = 0; i < 9; ++i) client.send(long_del(10'000));
  EXPECT_TRUE(client.peer().is_gone());
}

TEST(QueryBufferLimit, CountsWhatComesBehindRepliesThatWaitForTheirReader) {
  World world;
  world.configure(limit_queries_to_1mb);
  Client client = world.connect();
  client.run("SETRANGE large 3999999 x");
  client.peer().set_receive_window(0);
  for (int i = 0; i < 20; ++i) client.peer().write("GET large\r\n");
  world.loop.run_until_idle();
  for (int i = 0; i < 9; ++i) client.peer().write(long_del(10'000));
  world.loop.run_until_idle();
  EXPECT_FALSE(client.peer().is_gone());
  for (int i = 0; i < 9; ++i) client.peer().write(long_del(10'000));
  world.loop.run_until_idle();
  EXPECT_TRUE(client.peer().is_gone());
}

TEST(Connection, RequestsAreReadWhileRepliesWaitForTheirReader) {
  World world;
  Client client = world.connect();
  client.run("SETRANGE large 3999999 x");
  client.peer().set_receive_window(0);
  for (int i = 0; i < 20; ++i) client.peer().write("GET large\r\n");
  client.peer().write(long_del(500'000));  // more than input_pause_bytes
  client.peer().write("SET after 1\r\n");
  world.loop.advance_ms(100);
  const engine::Session& session = *world.store.clients.all().begin()->second;
  EXPECT_GT(session.facts.query_bytes, 3'000'000U);
  client.peer().set_receive_window(std::numeric_limits<std::size_t>::max());
  std::string replies = client.peer().read_all();
  world.loop.run_until_idle();
  replies += client.received();
  EXPECT_EQ(replies.size(), 20 * (4'000'000U + 12) + integer(0).size() + ok.size());
  EXPECT_EQ(replies.find('-'), std::string::npos) << replies.substr(replies.find('-'), 300);
  EXPECT_TRUE(replies.ends_with(integer(0) + ok));
}

TEST(Connection, RequestsAreReadWhileACommandWaits) {
  World world;
  Client client = world.connect();
  client.peer().write("BLPOP k 0\r\n");
  for (int i = 0; i < 30; ++i) client.peer().write(long_del(10'000));
  world.loop.advance_ms(100);
  const engine::Session& session = *world.store.clients.all().begin()->second;
  EXPECT_GT(session.facts.query_bytes, 2'000'000U);
  world.connect().run("RPUSH k v");
  std::string replies = bulks({"k", "v"});
  for (int i = 0; i < 30; ++i) replies += integer(0);
  EXPECT_EQ(client.received(), replies);
}

TEST(LargeArguments, AreStoredInTheBlockTheyCameIn) {
  World world;
  Client client = world.connect();
  const std::string value(1'000'000, 'x');
  const std::string set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n";
  for (const std::size_t cut : {std::size_t{1}, set.size() - 1, set.size(), set.size() + 1,
                                set.size() + value.size(), set.size() + value.size() + 1}) {
    const std::string bytes = set + value + "\r\nGETRANGE k 999990 -1\r\n";
    std::string replies = client.send(bytes.substr(0, cut));
    replies += client.send(bytes.substr(cut));
    EXPECT_EQ(replies, ok + bulk(std::string(10, 'x')));
  }
  const std::string get = bulk(value);
  EXPECT_EQ(client.run("GET k"), get);
  EXPECT_EQ(client.run("GET k\r\nAPPEND k y\r\nGET k\r\nDEL k"),
            get + integer(1'000'001) + bulk(value + "y") + integer(1));
}

TEST(LargeArguments, AreNotInUseBeforeTheyHaveCome) {
  World world;
  Client client = world.connect();
  client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$50000000\r\n" + std::string(1'000'000, 'x'));
  const std::size_t allocated = SharedBlock::allocation_bytes(50'000'000) - sizeof(SharedBlock);
  EXPECT_EQ(world.context.counters.announced_bytes, allocated - 1'000'000);
  client.send(std::string(9'000'000, 'x'));
  EXPECT_EQ(world.context.counters.announced_bytes, allocated - 10'000'000);
  client.peer().close();
  world.loop.run_until_idle();
  EXPECT_EQ(world.context.counters.announced_bytes, 0U);
}

TEST(LargeArguments, ArriveWhileTheBatchBeforeThemWaits) {
  World world;
  Client client = world.connect();
  const std::string value(1'000'000, 'x');
  client.send("BLPOP list 0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\nxx");
  client.send(value.substr(2) + "\r\nSTRLEN k\r\n");
  EXPECT_EQ(client.received(), "");
  world.connect().run("RPUSH list v");
  EXPECT_EQ(client.received(), bulks({"list", "v"}) + ok + integer(1'000'000));
}

TEST(Connection, AcceptingGoesOnAfterAnError) {
  World world;
  world.loop.fail_accept(World::listening_socket, EMFILE);
  Client client = world.connect();
  world.loop.advance_ms(200);
  EXPECT_EQ(client.run("PING"), simple("PONG"));
}

TEST(Connection, PubSubReachesOthersAndKeepsOrder) {
  World world;
  Client subscriber = world.connect();
  Client publisher = world.connect();
  subscriber.run("SUBSCRIBE c");
  EXPECT_EQ(publisher.send("PUBLISH c 1\r\nPUBLISH c 2\r\n"), integer(1) + integer(1));
  EXPECT_EQ(subscriber.received(), bulks({"message", "c", "1"}) + bulks({"message", "c", "2"}));
}

TEST(Connection, KillByAnotherClientClosesAtOnce) {
  World world;
  Client victim = world.connect();
  Client killer = world.connect();
  victim.run("BLPOP k 0");
  EXPECT_EQ(killer.run("CLIENT KILL ID 1"), integer(1));
  EXPECT_TRUE(victim.closed());
  EXPECT_EQ(killer.run("RPUSH k v"), integer(1));
  EXPECT_EQ(killer.run("LPOP k"), bulk("v"));
}

TEST(Connection, WhatAKilledClientSentIsNotRunAnyFurther) {
  World world;
  world.configure(yield_always);
  Client victim = world.connect();
  Client killer = world.connect();
  victim.peer().write("INCR n\r\nINCR n\r\nINCR n\r\n");
  killer.peer().write("CLIENT KILL ID 1\r\n");
  EXPECT_EQ(killer.received(), integer(1));
  EXPECT_TRUE(victim.closed());
  EXPECT_EQ(killer.run("GET n"), bulk("1"));
}

TEST(Connection, ALongBatchYieldsToOthers) {
  World world;
  world.configure(yield_always);
  Client client = world.connect();
  Client other = world.connect();
  std::string replies;
  for (int i = 0; i < 100; ++i) {
    client.peer().write("INCR n\r\n");
    replies += integer(i + 1);
  }
  other.peer().write("GET n\r\n");
  EXPECT_EQ(client.received(), replies);
  EXPECT_EQ(other.received(), bulk("1"));
}

}  // namespace
}  // namespace respawn::actors::test
