// What clients that track keys are told, and when.
#include "tests/unit/commands/connection/tracking_support.hpp"

namespace respawn::commands::test {
namespace {

// ---- what is told ------------------------------------------------------------------------------

TEST_F(TrackingTest, AKeyThatWasReadIsToldOnce) {
  EXPECT_EQ(reader.run("CLIENT TRACKING on"), ok);
  run("MSET a 1 b 2 c 3");
  read(reader, "a b nothing");
  EXPECT_EQ(info("tracking_total_keys"), "3");
  run("MSET a 2 c 4");
  EXPECT_EQ(reader.received(), invalidate({"a"}));
  run("SET a 3");
  run("SET nothing 1");
  run("DEL b");
  EXPECT_EQ(reader.received(), invalidate({"nothing"}) + invalidate({"b"}));
  EXPECT_EQ(info("tracking_total_keys"), "0");
}

TEST_F(TrackingTest, NothingIsRecordedWhileNobodyTracks) {
  EXPECT_FALSE(server.store.unit.recorded());
  reader.run("CLIENT TRACKING on");
  EXPECT_TRUE(server.store.unit.recorded());
  read(reader, "a b");
  reader.run("CLIENT TRACKING off");
  EXPECT_FALSE(server.store.unit.recorded());
  EXPECT_EQ(info("tracking_total_keys"), "0");
  EXPECT_EQ(info("tracking_clients"), "0");
  run("SET a 1");
  EXPECT_EQ(reader.received(), "");
}

TEST_F(TrackingTest, OnlyCommandsThatOnlyReadAreLookedAt) {
  reader.run("CLIENT TRACKING on");
  reader.run("SET a 1");
  reader.run("GETSET b 1");
  reader.run("GETEX c");
  reader.run("SORT d");
  EXPECT_EQ(info("tracking_total_keys"), "0");
  reader.run("SORT_RO d");
  reader.run("TTL e");
  reader.run("EXISTS f g");
  reader.run("GET list-or-not wrong-arity");
  run("RPUSH list 1");
  EXPECT_EQ(reader.run("GET list"), wrong_type);
  reader.run("ZUNION 2 h i");
  EXPECT_EQ(info("tracking_total_keys"), "7") << "also what failed, as in Redis";
}

TEST_F(TrackingTest, ClientsShareAKey) {
  Client& other = connect3();
  for (Client* client : {&reader, &other}) {
    client->run("CLIENT TRACKING on");
    read(*client, "k");
  }
  EXPECT_EQ(info("tracking_clients"), "2");
  EXPECT_EQ(info("tracking_total_keys"), "1");
  EXPECT_EQ(info("tracking_total_items"), "2");
  run("SET k 1");
  EXPECT_EQ(reader.received(), invalidate({"k"}));
  EXPECT_EQ(other.received(), invalidate({"k"}));
}

TEST_F(TrackingTest, DatabasesShareTheirKeys) {
  reader.run("CLIENT TRACKING on");
  read(reader, "k");
  run("SELECT 1");
  run("SET k 1");
  EXPECT_EQ(reader.received(), invalidate({"k"}));
}

TEST_F(TrackingTest, AResp2ClientIsNotTold) {
  Client& old = connect();
  old.run("CLIENT TRACKING on");
  read(old, "k");
  run("SET k 1");
  EXPECT_EQ(old.received(), "");
  EXPECT_EQ(info("tracking_total_keys"), "0") << "but that is over";
  read(old, "k");
  old.run("HELLO 3");
  run("SET k 2");
  EXPECT_EQ(old.received(), invalidate({"k"})) << "by how it speaks now";
}

TEST_F(TrackingTest, ExpiryIsAChange) {
  run("MSET a 1 b 2");
  run("PEXPIRE a 10");
  run("PEXPIRE b 10");
  reader.run("CLIENT TRACKING on NOLOOP");
  read(reader, "a b");
  server.clock.advance_ms(11);
  EXPECT_EQ(run("GET a"), null);
  EXPECT_EQ(reader.received(), invalidate({"a"}));
  pass_ms(1);
  EXPECT_EQ(reader.received(), invalidate({"b"}));
}

TEST_F(TrackingTest, ExpiryByOnesOwnReadIsToldToo) {
  for (const char* mode : {"NOLOOP", "BCAST NOLOOP"}) {
    run("SET k 1 PX 10");
    reader.run(std::string("CLIENT TRACKING on ") + mode);
    read(reader, "k");
    server.clock.advance_ms(11);
    EXPECT_EQ(reader.run("GET k"), null3 + invalidate({"k"})) << mode;
    reader.run("CLIENT TRACKING off");
  }
}

TEST_F(TrackingTest, EvictionIsToldBeforeTheReplyOfTheCommandThatNeededRoom) {
  run("SET victim 1");
  reader.run("CLIENT TRACKING on NOLOOP");
  read(reader, "victim");
  std::size_t over = 1;
  server.services.memory.measure = [&over] { return over > 0 ? (--over, 2000U) : 0U; };
  server.configure([](config::Config& config) {
    config.maxmemory_bytes = 1000;
    config.maxmemory_policy = config::EvictionPolicy::allkeys_random;
  });
  EXPECT_EQ(reader.run("ECHO x"), invalidate({"victim"}) + bulk("x"));
}

TEST_F(TrackingTest, AFlushIsToldAllWhoTrack) {
  Client& broadcast = connect3();
  reader.run("CLIENT TRACKING on NOLOOP");
  broadcast.run("CLIENT TRACKING on BCAST PREFIX none");
  read(reader, "k");
  run("FLUSHALL");
  EXPECT_EQ(reader.received(), invalidate_all);
  EXPECT_EQ(broadcast.received(), invalidate_all);
  EXPECT_EQ(info("tracking_total_keys"), "0");
  run("SELECT 5");
  run("FLUSHDB");
  EXPECT_EQ(reader.received(), invalidate_all) << "of an empty database, too";
  EXPECT_EQ(reader.run("FLUSHDB"), ok + invalidate_all) << "though it does not hear itself";
}

TEST_F(TrackingTest, SwapdbDisturbsNobody) {
  reader.run("CLIENT TRACKING on");
  read(reader, "k");
  run("SELECT 1");
  run("SET k 1");
  reader.received();
  read(reader, "k");
  run("SWAPDB 0 1");
  EXPECT_EQ(reader.received(), "");
  EXPECT_EQ(info("tracking_total_keys"), "1");
}

// ---- order -------------------------------------------------------------------------------------

TEST_F(TrackingTest, OnesOwnChangesAreToldBehindTheReply) {
  reader.run("CLIENT TRACKING on");
  read(reader, "a b");
  EXPECT_EQ(reader.run("MSET a 1 b 2"), ok + invalidate({"a"}) + invalidate({"b"}));
  read(reader, "a");
  EXPECT_EQ(reader.pipeline({"SET a 1", "GET a", "SET a 2", "PING"}),
            ok + invalidate({"a"}) + bulk("1") + ok + invalidate({"a"}) + simple("PONG"));
}

TEST_F(TrackingTest, AServedClientIsToldBehindItsReply) {
  run("RPUSH target a");
  reader.run("CLIENT TRACKING on");
  reader.run("LRANGE target 0 -1");
  EXPECT_EQ(reader.run("BLMOVE source target LEFT LEFT 0"), "");
  EXPECT_EQ(run("RPUSH source b"), integer(1));
  EXPECT_EQ(reader.received(), bulk("b") + invalidate({"target"}));
}

TEST_F(TrackingTest, RepliesMayBeSilentButMessagesAreNot) {
  reader.run("CLIENT TRACKING on");
  read(reader, "k l");
  reader.run("CLIENT REPLY OFF");
  run("SET k 1");
  EXPECT_EQ(reader.received(), invalidate({"k"}));
  EXPECT_EQ(reader.run("SET l 1"), invalidate({"l"}));
  EXPECT_EQ(reader.run("CLIENT REPLY ON"), ok);
}

// ---- NOLOOP ------------------------------------------------------------------------------------

TEST_F(TrackingTest, NoloopLeavesOutOnesOwnChanges) {
  reader.run("CLIENT TRACKING on NOLOOP");
  read(reader, "a b");
  EXPECT_EQ(reader.run("SET a 1"), ok);
  run("MSET a 2 b 2");
  EXPECT_EQ(reader.received(), invalidate({"b"})) << "a is no longer tracked";
}

TEST_F(TrackingTest, NoloopInBcastModeGoesByTheLastChange) {
  reader.run("CLIENT TRACKING on BCAST NOLOOP");
  EXPECT_EQ(reader.pipeline({"SET a 1", "SET b 1"}), ok + ok);
  run("SET a 1");
  EXPECT_EQ(reader.received(), invalidate({"a"}));
  reader.run("CLIENT TRACKING on BCAST");
  EXPECT_EQ(reader.run("SET a 1"), ok + invalidate({"a"}));
}

// ---- the option ---------------------------------------------------------------------------------

TEST_F(TrackingTest, TheTableIsBounded) {
  run("CONFIG SET tracking-table-max-keys 2");
  reader.run("CLIENT TRACKING on NOLOOP");
  EXPECT_EQ(reader.run("MGET a b"), aggregate('*', {null3, null3}));
  const std::string reply = reader.run("GET c");
  EXPECT_TRUE(reply == null3 + invalidate({"a"}) || reply == null3 + invalidate({"b"}) ||
              reply == null3 + invalidate({"c"}))
      << reply;
  EXPECT_EQ(info("tracking_total_keys"), "2");
  EXPECT_EQ(run("CONFIG SET tracking-table-max-keys 1"), ok);
  EXPECT_EQ(info("tracking_total_keys"), "1");
  EXPECT_NE(reader.received(), "");
  run("CONFIG SET tracking-table-max-keys 0");
  reader.run("MGET a b c d e f");
  EXPECT_EQ(info("tracking_total_keys"), "6");
}

TEST_F(TrackingTest, AMuchLowerLimitIsReachedStepByStep) {
  reader.run("CLIENT TRACKING on");
  std::vector<std::string> words{"MGET"};
  for (int i = 0; i < 2'500; ++i) words.push_back("key:" + std::to_string(i));
  reader.run_words(words);
  run("CONFIG SET tracking-table-max-keys 1");
  EXPECT_EQ(info("tracking_total_keys"), "1500");
  server.store.cron_paused = true;
  server.executor->upkeep().trim_tracking();
  EXPECT_EQ(info("tracking_total_keys"), "1500");
  server.store.cron_paused = false;
  server.executor->upkeep().trim_tracking();
  server.executor->upkeep().trim_tracking();
  EXPECT_EQ(info("tracking_total_keys"), "1");
}

// ---- after a crash ------------------------------------------------------------------------------

TEST_F(TrackingTest, ASuccessorGoesOnTelling) {
  Client& broadcast = connect3();
  reader.run("CLIENT TRACKING on");
  broadcast.run("CLIENT TRACKING on BCAST PREFIX k");
  read(reader, "k l");
  server.restart();
  EXPECT_EQ(info("tracking_clients"), "2");
  EXPECT_EQ(info("tracking_total_prefixes"), "1");
  run("MSET k 1 l 1");
  EXPECT_EQ(reader.received(), invalidate({"k"}) + invalidate({"l"}));
  EXPECT_EQ(broadcast.received(), invalidate({"k"}));
}

}  // namespace
}  // namespace respawn::commands::test
