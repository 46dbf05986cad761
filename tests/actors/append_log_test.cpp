// Who waits for the disk, and who does not; and what happens when it fails.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/actors/world.hpp"
#include "tests/support/simulated_disk.hpp"

namespace respawn::actors::test {
namespace {

config::Config logged(config::FsyncPolicy policy) {
  config::Config config = World::open_config();
  config.appendonly = true;
  config.appendfsync = policy;
  config.dir = ".";
  config.save.clear();
  config.notify_keyspace_events = config::keyspace_event::all | config::keyspace_event::keyevent;
  return config;
}

class AppendLogTest : public testing::Test {
 protected:
  AppendLogTest() : writer(world.connect()), reader(world.connect()) {}

  static std::string get(Client& client, std::string_view key) {
    return client.run("GET " + std::string(key));
  }

  /// The thread that writes a base has a time of its own: it is waited for.
  void finish_base() {
    while (world.store.log.has_job()) world.loop.advance_ms(1);
  }

  respawn::test::SimulatedDisk disk{1};
  World world{logged(config::FsyncPolicy::always), &disk};
  Client writer;
  Client reader;
};

TEST_F(AppendLogTest, AWritesReplyWaitsForTheFlushThatCoversIt) {
  EXPECT_EQ(writer.run("SET k v"), "");
  EXPECT_EQ(writer.run("SET k w"), "");  // also of the same client
  world.flush_disk();
  EXPECT_EQ(writer.received(), ok + ok);
  EXPECT_EQ(get(reader, "k"), bulk("w"));
}

TEST_F(AppendLogTest, WhoReadsWhatIsNotFlushedWaitsWithItsWriter) {
  EXPECT_EQ(writer.run("SET k v"), "");
  EXPECT_EQ(get(reader, "other"), null);
  EXPECT_EQ(reader.run("PING"), simple("PONG"));
  EXPECT_EQ(get(reader, "k"), "");
  EXPECT_EQ(reader.run("PING"), "");  // replies keep their order
  Client third = world.connect();
  EXPECT_EQ(third.run("DBSIZE"), "");
  Client fourth = world.connect();
  EXPECT_EQ(fourth.run("EVAL \"return redis.call('GET', 'k')\" 0"), "");
  world.flush_disk();
  EXPECT_EQ(reader.received(), bulk("v") + simple("PONG"));
  EXPECT_EQ(third.received(), integer(1));
  EXPECT_EQ(fourth.received(), bulk("v"));
}

TEST_F(AppendLogTest, WhoIsServedOrToldByAnothersWriteWaitsWithIt) {
  Client subscriber = world.connect();
  subscriber.run("SUBSCRIBE __keyevent@0__:rpush news");
  EXPECT_EQ(reader.run("BLPOP l 0"), "");
  EXPECT_EQ(writer.run("RPUSH l x"), "");
  EXPECT_EQ(reader.received(), "");
  EXPECT_EQ(subscriber.received(), "");
  // A message that follows from no write does not wait for it, but for what was told before.
  Client other = world.connect();
  other.run("SUBSCRIBE news");
  EXPECT_EQ(world.connect().run("PUBLISH news x"), integer(2));
  EXPECT_NE(other.received(), "");
  world.flush_disk();
  EXPECT_EQ(writer.received(), integer(1));
  EXPECT_EQ(reader.received(), bulks({"l", "x"}));
  EXPECT_NE(subscriber.received().find("rpush"), std::string::npos);
}

TEST_F(AppendLogTest, FlushallHoldsWhoReadsAnyKey) {
  writer.run("FLUSHALL");
  EXPECT_EQ(get(reader, "k"), "");
  world.flush_disk();
  EXPECT_EQ(reader.received(), null);
}

TEST_F(AppendLogTest, AFailedFlushClosesWhoWaitsAndRefusesWritesUntilANewBaseStands) {
  writer.run("SET before x");
  world.flush_disk();
  EXPECT_EQ(writer.received(), ok);
  EXPECT_EQ(writer.run("SET k w"), "");
  disk.sync_error = EIO;
  world.flush_disk();
  EXPECT_TRUE(writer.closed());
  EXPECT_EQ(reader.run("SET k x"), error("MISCONF Errors writing to the AOF file: Input/output "
                                         "error"));
  EXPECT_EQ(get(reader, "before"), bulk("x"));
  world.loop.advance_ms(1100);  // a rewrite is tried, and fails, too
  world.flush_disk();
  EXPECT_TRUE(world.store.refuses_writes());
  disk.sync_error = 0;
  for (int i = 0; i < 5 && world.store.refuses_writes(); ++i) {
    world.loop.advance_ms(1100);
    finish_base();
    world.flush_disk();
  }
  EXPECT_EQ(reader.run("SET k y"), "");
  world.flush_disk();
  EXPECT_EQ(reader.received(), ok);
}

TEST_F(AppendLogTest, ASuccessorOfTheDisksActorGoesOn) {
  EXPECT_EQ(writer.run("SET k v"), "");
  world.kill_later("append-log");
  world.flush_disk();
  world.flush_disk();
  EXPECT_EQ(writer.received(), ok);
  EXPECT_NE(disk.content("appendonlydir/appendonly.aof.1.incr.aof").find("SET"), std::string::npos);
}

TEST_F(AppendLogTest, ADiskThatIsBehindHoldsWhoWritesAndNobodyElse) {
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(
        writer.run("EVAL \"return redis.call('SET', 'k', string.rep('x', 4 * 1024 * 1024))\" 0"),
        "");
  EXPECT_TRUE(world.store.pause.waits_for_disk());
  EXPECT_EQ(reader.run("INCR n"), "");
  Client third = world.connect();
  EXPECT_EQ(get(third, "other"), null);
  EXPECT_EQ(world.store.databases.at(0).find(keyspace::Key(std::string_view("n"))), nullptr);
  world.flush_disk();
  world.flush_disk();
  EXPECT_FALSE(world.store.pause.waits_for_disk());
  EXPECT_EQ(reader.received(), integer(1));
}

TEST_F(AppendLogTest, TurnedOffItReleasesWhoWaits) {
  EXPECT_EQ(writer.run("SET k v"), "");
  EXPECT_EQ(reader.run("CONFIG SET appendonly no"), ok);
  EXPECT_EQ(writer.received(), "");
  world.flush_disk();
  EXPECT_EQ(writer.received(), ok);
  EXPECT_EQ(writer.run("SET k w"), ok);
}

TEST(AppendLogEverysec, NobodyWaitsButWhoAsksTo) {
  respawn::test::SimulatedDisk disk(1);
  World world(logged(config::FsyncPolicy::everysec), &disk);
  Client writer = world.connect();
  EXPECT_EQ(writer.run("SET k v"), ok);
  EXPECT_EQ(writer.run("WAITAOF 1 0 0"), "");
  world.loop.advance_ms(5);
  world.flush_disk();
  world.loop.advance_ms(100);
  EXPECT_EQ(writer.received(), array({integer(1), integer(0)}));
  EXPECT_EQ(writer.run("WAITAOF 1 1 50"), "");
  world.loop.advance_ms(60);
  EXPECT_EQ(writer.received(), array({integer(1), integer(0)}));
  EXPECT_EQ(writer.run("WAITAOF 2 0 0"),
            error("ERR value is out of range, value must between 0 and 1"));
}

}  // namespace
}  // namespace respawn::actors::test
