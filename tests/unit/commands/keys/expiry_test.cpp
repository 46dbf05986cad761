#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

// The clock of the tests starts at 1,700,000,000 s.
using ExpiryTest = CommandTest;

TEST_F(ExpiryTest, EachUnitSetsAndReads) {
  run("SET k v");
  EXPECT_EQ(run("TTL k"), integer(-1));
  EXPECT_EQ(run("EXPIRE k 10"), integer(1));
  EXPECT_EQ(run("TTL k"), integer(10));
  EXPECT_EQ(run("PTTL k"), integer(10'000));
  EXPECT_EQ(run("EXPIRETIME k"), integer(1'700'000'010));
  EXPECT_EQ(run("PEXPIRETIME k"), integer(1'700'000'010'000));
  EXPECT_EQ(run("PEXPIRE k 1499"), integer(1));
  EXPECT_EQ(run("TTL k"), integer(1));
  EXPECT_EQ(run("PEXPIRE k 1500"), integer(1));
  EXPECT_EQ(run("TTL k"), integer(2));
  EXPECT_EQ(run("EXPIREAT k 1700000005"), integer(1));
  EXPECT_EQ(run("PTTL k"), integer(5000));
  EXPECT_EQ(run("PEXPIREAT k 1700000000500"), integer(1));
  EXPECT_EQ(run("PTTL k"), integer(500));
  EXPECT_EQ(run("EXPIRETIME k"), integer(1'700'000'001));
}

TEST_F(ExpiryTest, AbsentKeys) {
  for (const char* command : {"TTL k", "PTTL k", "EXPIRETIME k", "PEXPIRETIME k"})
    EXPECT_EQ(run(command), integer(-2)) << command;
  for (const char* command :
       {"EXPIRE k 10", "PEXPIRE k 10", "EXPIREAT k 1", "PEXPIREAT k 1", "PERSIST k"})
    EXPECT_EQ(run(command), integer(0)) << command;
}

TEST_F(ExpiryTest, AKeyLivesThroughItsLastMillisecond) {
  run("SET k v PX 100");
  server.clock.advance_ms(100);
  EXPECT_EQ(run("TTL k"), integer(0));
  EXPECT_EQ(run("EXISTS k"), integer(1));
  server.clock.advance_ms(1);
  EXPECT_EQ(run("EXISTS k"), integer(0));
  EXPECT_EQ(run("TTL k"), integer(-2));
  EXPECT_EQ(server.store.databases.statistics.expired_keys, 1u);
}

TEST_F(ExpiryTest, TimePassingRemovesKeysThatNobodyAsksFor) {
  run("MSET a 1 b 2");
  run("PEXPIRE a 10");
  pass_ms(11);
  EXPECT_EQ(run("DBSIZE"), integer(1));
}

TEST_F(ExpiryTest, FindingAnExpiredKeyTellsListeners) {
  run("SET k v PX 10");
  server.clock.advance_ms(11);
  EXPECT_EQ(events_of("GET k"), "expired k, keymiss k");
}

TEST_F(ExpiryTest, ATimeInThePastDeletes) {
  for (const char* command : {"EXPIRE k 0", "EXPIRE k -1", "PEXPIRE k -9223372036854775808",
                              "EXPIREAT k 0", "PEXPIREAT k 1700000000000"}) {
    run("SET k v");
    EXPECT_EQ(events_of(command), "del k") << command;
    EXPECT_EQ(run("EXISTS k"), integer(0)) << command;
  }
}

TEST_F(ExpiryTest, Events) {
  run("SET k v");
  EXPECT_EQ(events_of("EXPIRE k 10"), "expire k");
  EXPECT_EQ(events_of("EXPIRE k 10 NX"), "");
  EXPECT_EQ(events_of("PERSIST k"), "persist k");
  EXPECT_EQ(changes_of("EXPIRE k 10"), 1u);
  EXPECT_EQ(changes_of("EXPIRE k 0"), 1u);
}

TEST_F(ExpiryTest, NxAndXx) {
  run("SET k v");
  EXPECT_EQ(run("EXPIRE k 10 XX"), integer(0));
  EXPECT_EQ(run("EXPIRE k 10 NX"), integer(1));
  EXPECT_EQ(run("EXPIRE k 20 NX"), integer(0));
  EXPECT_EQ(run("EXPIRE k 30 XX"), integer(1));
  EXPECT_EQ(run("TTL k"), integer(30));
}

TEST_F(ExpiryTest, GtAndLt) {
  run("SET k v");
  EXPECT_EQ(run("EXPIRE k 10 GT"), integer(0));
  EXPECT_EQ(run("EXPIRE k 10 LT"), integer(1));
  EXPECT_EQ(run("EXPIRE k 10 LT"), integer(0));
  EXPECT_EQ(run("EXPIRE k 10 GT"), integer(0));
  EXPECT_EQ(run("EXPIRE k 20 gt"), integer(1));
  EXPECT_EQ(run("EXPIRE k 5 XX LT"), integer(1));
  EXPECT_EQ(run("TTL k"), integer(5));
  EXPECT_EQ(run("EXPIRE k -1 LT"), integer(1));
  EXPECT_EQ(run("EXISTS k"), integer(0));
}

TEST_F(ExpiryTest, OptionsThatAreNone) {
  run("SET k v");
  EXPECT_EQ(run("EXPIRE k 10 FOO"), error("ERR Unsupported option FOO"));
  const std::string incompatible =
      error("ERR NX and XX, GT or LT options at the same time are not compatible");
  EXPECT_EQ(run("EXPIRE k 10 NX XX"), incompatible);
  EXPECT_EQ(run("EXPIRE k 10 LT NX"), incompatible);
  EXPECT_EQ(run("EXPIRE k 10 NX GT LT"), incompatible);
  EXPECT_EQ(run("EXPIRE k 10 GT LT"),
            error("ERR GT and LT options at the same time are not compatible"));
  EXPECT_EQ(run("EXPIRE k x FOO"), error("ERR Unsupported option FOO"));
}

TEST_F(ExpiryTest, TimesThatAreNone) {
  run("SET k v");
  EXPECT_EQ(run("EXPIRE k abc"), not_an_integer);
  EXPECT_EQ(run("EXPIRE k 9223372036854775807"),
            error("ERR invalid expire time in 'expire' command"));
  EXPECT_EQ(run("EXPIRE k -9223372036854775808"),
            error("ERR invalid expire time in 'expire' command"));
  EXPECT_EQ(run("EXPIRE k 9223372036854775"), error("ERR invalid expire time in 'expire' command"));
  EXPECT_EQ(run("PEXPIRE k 9223372036854775807"),
            error("ERR invalid expire time in 'pexpire' command"));
  EXPECT_EQ(run("EXPIREAT k 9223372036854775807"),
            error("ERR invalid expire time in 'expireat' command"));
  EXPECT_EQ(run("EXPIREAT k 9223372036854775"), integer(1));
  EXPECT_EQ(run("PEXPIRETIME k"), integer(9'223'372'036'854'775'000));
  EXPECT_EQ(run("PEXPIREAT k 9223372036854775806"), integer(1));
  EXPECT_EQ(run("EXPIRETIME k"), integer(9'223'372'036'854'776));
}

TEST_F(ExpiryTest, Persist) {
  run("SET k v EX 10");
  EXPECT_EQ(run("PERSIST k"), integer(1));
  EXPECT_EQ(run("PERSIST k"), integer(0));
  EXPECT_EQ(run("TTL k"), integer(-1));
}

TEST_F(ExpiryTest, ContainersExpireToo) {
  run("RPUSH l a b");
  run("PEXPIRE l 10");
  run("RPUSH l c");
  EXPECT_EQ(run("PTTL l"), integer(10));
  pass_ms(11);
  EXPECT_EQ(run("LLEN l"), integer(0));
}

}  // namespace
}  // namespace respawn::commands::test
