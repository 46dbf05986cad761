#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using DatabasesTest = CommandTest;

TEST_F(DatabasesTest, FlushdbEmptiesOne) {
  run("MSET a 1 b 2");
  run("SELECT 1");
  run("SET c 3");
  EXPECT_EQ(run("DBSIZE"), integer(1));
  EXPECT_EQ(run("FLUSHDB"), ok);
  EXPECT_EQ(run("DBSIZE"), integer(0));
  run("SELECT 0");
  EXPECT_EQ(run("DBSIZE"), integer(2));
  EXPECT_EQ(changes_of("FLUSHDB ASYNC"), 2u);
  EXPECT_EQ(run("DBSIZE"), integer(0));
}

TEST_F(DatabasesTest, FlushallEmptiesAll) {
  // With save points the empty data is saved, and nothing counts as changed since.
  server.configure([](config::Config& config) { config.save.clear(); });
  run("MSET a 1 b 2");
  run("SELECT 1");
  run("SET c 3 EX 10");
  EXPECT_EQ(changes_of("FLUSHALL sync"), 3u);
  EXPECT_EQ(run("DBSIZE"), integer(0));
  run("SELECT 0");
  EXPECT_EQ(run("DBSIZE"), integer(0));
}

TEST_F(DatabasesTest, FlushRefusesOtherWords) {
  run("SET k v");
  for (const char* command : {"FLUSHDB FOO", "FLUSHDB SYNC ASYNC", "FLUSHALL FOO"})
    EXPECT_EQ(run(command), syntax_error) << command;
  EXPECT_EQ(run("DBSIZE"), integer(1));
}

TEST_F(DatabasesTest, SwapdbIsSeenByAllClients) {
  Client& other = connect();
  other.run("SELECT 1");
  run("SET k zero");
  other.run("SET k one");
  EXPECT_EQ(run("SWAPDB 0 1"), ok);
  EXPECT_EQ(run("GET k"), bulk("one"));
  EXPECT_EQ(other.run("GET k"), bulk("zero"));
  EXPECT_EQ(run("SWAPDB 1 1"), ok);
  EXPECT_EQ(run("GET k"), bulk("one"));
  EXPECT_EQ(changes_of("SWAPDB 0 1"), 1u);
}

TEST_F(DatabasesTest, SwapdbServesWaiters) {
  Client& waiter = connect();
  waiter.run("SELECT 9");
  EXPECT_EQ(waiter.run("BLPOP l 0"), no_reply);
  run("RPUSH l x");
  EXPECT_TRUE(waiter.blocked());
  run("SWAPDB 0 9");
  EXPECT_EQ(waiter.received(), bulks({"l", "x"}));
}

TEST_F(DatabasesTest, SwapdbRefuses) {
  EXPECT_EQ(run("SWAPDB x 1"), error("ERR invalid first DB index"));
  EXPECT_EQ(run("SWAPDB 99999999999 x"), error("ERR invalid first DB index"));
  EXPECT_EQ(run("SWAPDB 1 x"), error("ERR invalid second DB index"));
  EXPECT_EQ(run("SWAPDB 0 16"), error("ERR DB index is out of range"));
  EXPECT_EQ(run("SWAPDB -1 0"), error("ERR DB index is out of range"));
}

}  // namespace
}  // namespace respawn::commands::test
