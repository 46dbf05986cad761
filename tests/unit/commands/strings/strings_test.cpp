#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using StringsTest = CommandTest;

const std::string invalid_time = "-ERR invalid expire time in 'set' command\r\n";

TEST_F(StringsTest, SetStoresAndGetReads) {
  EXPECT_EQ(run("GET k"), null);
  EXPECT_EQ(run("SET k v"), ok);
  EXPECT_EQ(run("GET k"), bulk("v"));
  EXPECT_EQ(run({"SET", "k", std::string_view("a\0\r\n", 4)}), ok);
  EXPECT_EQ(run("GET k"), bulk(std::string_view("a\0\r\n", 4)));
  EXPECT_EQ(run("SET k \"\""), ok);
  EXPECT_EQ(run("GET k"), bulk(""));
  EXPECT_EQ(connect(protocol::RespVersion::resp3).run("GET nokey"), null3);
}

TEST_F(StringsTest, SetReplacesAnyTypeAndForgetsTheExpiry) {
  run("RPUSH k a b");
  run("EXPIRE k 100");
  EXPECT_EQ(run("SET k v"), ok);
  EXPECT_EQ(run("GET k"), bulk("v"));
  EXPECT_EQ(run("TTL k"), integer(-1));
}

TEST_F(StringsTest, SetNxAndXx) {
  EXPECT_EQ(run("SET k v XX"), null);
  EXPECT_EQ(run("EXISTS k"), integer(0));
  EXPECT_EQ(run("SET k v NX"), ok);
  EXPECT_EQ(run("SET k w nx"), null);
  EXPECT_EQ(run("SET k w XX"), ok);
  EXPECT_EQ(run("GET k"), bulk("w"));
}

TEST_F(StringsTest, SetGetAnswersTheOldString) {
  EXPECT_EQ(run("SET k a GET"), null);
  EXPECT_EQ(run("SET k b GET"), bulk("a"));
  EXPECT_EQ(run("SET k c NX GET"), bulk("b"));
  EXPECT_EQ(run("SET k c XX GET EX 10"), bulk("b"));
  EXPECT_EQ(run("GET k"), bulk("c"));
  EXPECT_EQ(run("SET other c XX GET"), null);
  EXPECT_EQ(run("EXISTS other"), integer(0));
  run("RPUSH l a");
  EXPECT_EQ(run("SET l c GET"), wrong_type);
  EXPECT_EQ(run("TYPE l"), simple("list"));
}

TEST_F(StringsTest, SetWithAnExpiry) {
  run("SET k v EX 10");
  EXPECT_EQ(run("PTTL k"), integer(10'000));
  run("SET k v px 1500");
  EXPECT_EQ(run("PTTL k"), integer(1500));
  run("SET k v EXAT 1700000100");
  EXPECT_EQ(run("TTL k"), integer(100));
  run("SET k v PXAT 1700000000250");
  EXPECT_EQ(run("PTTL k"), integer(250));
  pass_ms(250);
  EXPECT_EQ(run("GET k"), bulk("v"));
  pass_ms(1);
  EXPECT_EQ(run("GET k"), null);
}

TEST_F(StringsTest, SetKeepsTheExpiryWhenAsked) {
  run("SET k v EX 10");
  EXPECT_EQ(run("SET k w KEEPTTL"), ok);
  EXPECT_EQ(run("TTL k"), integer(10));
  EXPECT_EQ(run("SET fresh w KEEPTTL"), ok);
  EXPECT_EQ(run("TTL fresh"), integer(-1));
}

TEST_F(StringsTest, SetWithATimeInThePastIsGoneAtOnce) {
  EXPECT_EQ(run("SET k v PXAT 1"), ok);
  EXPECT_EQ(run("GET k"), null);
  EXPECT_EQ(run("DBSIZE"), integer(0));
}

TEST_F(StringsTest, SetRefusesOptionsThatContradict) {
  for (const char* options : {"NX XX", "XX NX", "EX 10 PX 10", "EX 10 KEEPTTL", "KEEPTTL PXAT 10",
                              "EXAT 1 PXAT 1", "EX", "PX 10 EX", "FOO", "PERSIST", "KEEPTTL EX"}) {
    EXPECT_EQ(run(std::string("SET k v ") + options), syntax_error) << options;
  }
  EXPECT_EQ(run("SET k v EX 10 EX 20 NX NX GET GET"), null);
  EXPECT_EQ(run("TTL k"), integer(20));
}

TEST_F(StringsTest, SetRefusesTimesThatAreNone) {
  EXPECT_EQ(run("SET k v EX abc"), not_an_integer);
  for (const char* time : {"EX 0", "PX -1", "EX 9223372036854775807", "PX 9223372036854775807",
                           "EXAT 0", "PXAT -9223372036854775808", "EXAT 9223372036854775807"}) {
    EXPECT_EQ(run(std::string("SET k v ") + time), invalid_time) << time;
  }
  EXPECT_EQ(run("EXISTS k"), integer(0));
  EXPECT_EQ(run("SET k v PXAT 9223372036854775807"), ok);
  EXPECT_EQ(run("GET k"), bulk("v"));
}

TEST_F(StringsTest, SetEvents) {
  EXPECT_EQ(events_of("SET k v"), "new k, set k");
  EXPECT_EQ(events_of("SET k v EX 10"), "set k, expire k");
  EXPECT_EQ(events_of("SET k v NX"), "");
  EXPECT_EQ(changes_of("SET k v EX 10"), 1u);
  EXPECT_EQ(changes_of("SET k v NX"), 0u);
}

TEST_F(StringsTest, SetnxSetexPsetex) {
  EXPECT_EQ(run("SETNX k v"), integer(1));
  EXPECT_EQ(run("SETNX k w"), integer(0));
  EXPECT_EQ(run("GET k"), bulk("v"));
  EXPECT_EQ(run("SETEX k 10 w"), ok);
  EXPECT_EQ(run("PTTL k"), integer(10'000));
  EXPECT_EQ(run("PSETEX k 10 x"), ok);
  EXPECT_EQ(run("PTTL k"), integer(10));
  EXPECT_EQ(run("SETEX k 0 v"), error("ERR invalid expire time in 'setex' command"));
  EXPECT_EQ(run("SETEX k x v"), not_an_integer);
  EXPECT_EQ(run("PSETEX k -1 v"), error("ERR invalid expire time in 'psetex' command"));
  EXPECT_EQ(run("GET k"), bulk("x"));
  EXPECT_EQ(events_of("SETEX fresh 10 v"), "new fresh, set fresh, expire fresh");
}

TEST_F(StringsTest, GetCountsHitsAndMisses) {
  run("SET k v");
  run("GET k");
  run("GET nokey");
  run("EXISTS k nokey");
  EXPECT_EQ(server.store.databases.statistics.hits, 2u);
  EXPECT_EQ(server.store.databases.statistics.misses, 2u);
  EXPECT_EQ(events_of("GET nokey"), "keymiss nokey");
}

TEST_F(StringsTest, ReadersRefuseOtherTypes) {
  run("RPUSH l a");
  for (const char* command : {"GET l", "GETDEL l", "GETEX l", "GETSET l x", "INCR l",
                              "INCRBYFLOAT l 1", "INCRBYFLOAT l x", "DECRBY l 1"}) {
    EXPECT_EQ(run(command), wrong_type) << command;
  }
  EXPECT_EQ(run("LLEN l"), integer(1));
}

TEST_F(StringsTest, Getdel) {
  run("SET k v");
  EXPECT_EQ(events_of("GETDEL k"), "del k");
  EXPECT_EQ(run("EXISTS k"), integer(0));
  EXPECT_EQ(run("GETDEL k"), null);
  run("SET k v");
  EXPECT_EQ(run("GETDEL k"), bulk("v"));
}

TEST_F(StringsTest, Getset) {
  EXPECT_EQ(run("GETSET k a"), null);
  run("EXPIRE k 10");
  EXPECT_EQ(run("GETSET k b"), bulk("a"));
  EXPECT_EQ(run("TTL k"), integer(-1));
  EXPECT_EQ(run("GET k"), bulk("b"));
}

TEST_F(StringsTest, GetexChangesTheExpiry) {
  run("SET k v");
  EXPECT_EQ(run("GETEX k EX 10"), bulk("v"));
  EXPECT_EQ(run("TTL k"), integer(10));
  EXPECT_EQ(run("GETEX k"), bulk("v"));
  EXPECT_EQ(run("TTL k"), integer(10));
  EXPECT_EQ(run("GETEX k PERSIST"), bulk("v"));
  EXPECT_EQ(run("TTL k"), integer(-1));
  EXPECT_EQ(events_of("GETEX k PX 500"), "expire k");
  EXPECT_EQ(events_of("GETEX k PERSIST"), "persist k");
  EXPECT_EQ(events_of("GETEX k PERSIST"), "");
  EXPECT_EQ(events_of("GETEX k EXAT 1"), "del k");
  EXPECT_EQ(run("GETEX k"), null);
}

TEST_F(StringsTest, GetexChecksTheTimeOnlyForAKeyThatIsThere) {
  EXPECT_EQ(run("GETEX nokey EX 0"), null);
  run("SET k v");
  EXPECT_EQ(run("GETEX k EX 0"), error("ERR invalid expire time in 'getex' command"));
  EXPECT_EQ(run("GETEX k EX x"), not_an_integer);
  EXPECT_EQ(run("GETEX k EX 10 PERSIST"), syntax_error);
  EXPECT_EQ(run("GETEX k PERSIST PX 10"), syntax_error);
  EXPECT_EQ(run("GETEX k KEEPTTL"), syntax_error);
}

TEST_F(StringsTest, SeveralKeys) {
  EXPECT_EQ(run("MSET a 1 b 2 a 3"), ok);
  run("RPUSH l x");
  EXPECT_EQ(run("MGET a b l nokey"), array({bulk("3"), bulk("2"), null, null}));
  EXPECT_EQ(run("MSETNX c 1 b 9"), integer(0));
  EXPECT_EQ(run("EXISTS c"), integer(0));
  EXPECT_EQ(run("MSETNX c 1 d 2"), integer(1));
  EXPECT_EQ(run("MGET c d"), bulks({"1", "2"}));
  EXPECT_EQ(run("MSET a"), error("ERR wrong number of arguments for 'mset' command"));
  EXPECT_EQ(run("MSET a 1 b"), error("ERR wrong number of arguments for 'mset' command"));
  EXPECT_EQ(run("MSETNX a 1 b"), error("ERR wrong number of arguments for 'msetnx' command"));
  EXPECT_EQ(events_of("MSET a 1 e 2"), "set a, new e, set e");
  EXPECT_EQ(changes_of("MSET a 1 e 2 f 3"), 3u);
}

TEST_F(StringsTest, Counters) {
  EXPECT_EQ(run("INCR n"), integer(1));
  EXPECT_EQ(run("INCRBY n 41"), integer(42));
  EXPECT_EQ(run("DECR n"), integer(41));
  EXPECT_EQ(run("DECRBY n 50"), integer(-9));
  EXPECT_EQ(run("GET n"), bulk("-9"));
  run("EXPIRE n 10");
  run("INCR n");
  EXPECT_EQ(run("TTL n"), integer(10));
  run("APPEND text 12");
  run("APPEND text 3");
  EXPECT_EQ(run("INCR text"), integer(124));
  EXPECT_EQ(events_of("DECR n"), "incrby n");
  EXPECT_EQ(events_of("INCR fresh"), "new fresh, incrby fresh");
}

TEST_F(StringsTest, CountersRefuseWhatIsNoInteger) {
  for (const char* value : {"abc", "", " 1", "1 ", "01", "+1", "9223372036854775808", "1.0"}) {
    run({"SET", "n", value});
    EXPECT_EQ(run("INCR n"), not_an_integer) << value;
  }
  EXPECT_EQ(run("INCRBY m 1.5"), not_an_integer);
  EXPECT_EQ(run("DECRBY m x"), not_an_integer);
  EXPECT_EQ(run("EXISTS m"), integer(0));
}

TEST_F(StringsTest, CountersDoNotOverflow) {
  const std::string overflow = error("ERR increment or decrement would overflow");
  run("SET n 9223372036854775807");
  EXPECT_EQ(run("INCR n"), overflow);
  EXPECT_EQ(run("INCRBY n 9223372036854775807"), overflow);
  EXPECT_EQ(run("DECRBY n -9223372036854775808"), error("ERR decrement would overflow"));
  EXPECT_EQ(run("DECRBY n 9223372036854775807"), integer(0));
  run("SET n -9223372036854775808");
  EXPECT_EQ(run("DECR n"), overflow);
  EXPECT_EQ(run("INCRBY n -9223372036854775808"), overflow);
  EXPECT_EQ(run("GET n"), bulk("-9223372036854775808"));
}

TEST_F(StringsTest, Floats) {
  EXPECT_EQ(run("INCRBYFLOAT f 3.0"), bulk("3"));
  EXPECT_EQ(run("OBJECT ENCODING f"), bulk("embstr"));
  EXPECT_EQ(run("INCRBYFLOAT f 1.1e1"), bulk("14"));
  run("SET f 10.50 EX 10");
  EXPECT_EQ(run("INCRBYFLOAT f 0.1"), bulk("10.6"));
  EXPECT_EQ(run("TTL f"), integer(10));
  EXPECT_EQ(run("INCRBYFLOAT f -10.6"), bulk("0"));
  EXPECT_EQ(events_of("INCRBYFLOAT f 1"), "incrbyfloat f");
}

TEST_F(StringsTest, FloatsRefuseWhatIsNone) {
  const std::string no_float = error("ERR value is not a valid float");
  run("SET f abc");
  EXPECT_EQ(run("INCRBYFLOAT f 1"), no_float);
  EXPECT_EQ(run("INCRBYFLOAT fresh x"), no_float);
  EXPECT_EQ(run("INCRBYFLOAT fresh nan"), no_float);
  EXPECT_EQ(run("INCRBYFLOAT fresh inf"), error("ERR increment would produce NaN or Infinity"));
  EXPECT_EQ(run("EXISTS fresh"), integer(0));
}

TEST_F(StringsTest, SetIfEqual) {
  EXPECT_EQ(run("SET k v IFEQ x"), null) << "there is no such key";
  EXPECT_EQ(run("EXISTS k"), integer(0));
  run("SET k v EX 100");
  EXPECT_EQ(run("SET k w IFEQ V"), null);
  EXPECT_EQ(run("SET k w ifeq v"), ok);
  EXPECT_EQ(run("GET k"), bulk("w"));
  EXPECT_EQ(run("TTL k"), integer(-1));
  EXPECT_EQ(run("SET k x IFEQ v GET"), bulk("w")) << "not stored";
  EXPECT_EQ(run("SET k x GET IFEQ w EX 10"), bulk("w"));
  EXPECT_EQ(run("SET k y IFEQ x KEEPTTL"), ok);
  EXPECT_EQ(run("TTL k"), integer(10));
  run("SET n 12");
  EXPECT_EQ(run("SET n 13 IFEQ 012"), null);
  EXPECT_EQ(run("SET n 13 IFEQ 12"), ok);
  EXPECT_EQ(events_of("SET n 14 IFEQ 12"), "");
  EXPECT_EQ(events_of("SET n 14 IFEQ 13"), "set n");
}

TEST_F(StringsTest, SetIfEqualRefuses) {
  run("RPUSH l a");
  EXPECT_EQ(run("SET l v IFEQ a"), wrong_type);
  EXPECT_EQ(run("SET l v IFEQ a GET"), wrong_type);
  for (const char* options : {"IFEQ", "IFEQ a NX", "NX IFEQ a", "XX IFEQ a", "IFEQ a IFEQ a"})
    EXPECT_EQ(run(std::string("SET k v ") + options), syntax_error) << options;
  EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS SET k v IFEQ a"),
            run("COMMAND GETKEYSANDFLAGS SET k v GET"));
}

TEST_F(StringsTest, DeleteIfEqual) {
  EXPECT_EQ(run("DELIFEQ k v"), integer(0));
  run("SET k v");
  EXPECT_EQ(run("DELIFEQ k w"), integer(0));
  EXPECT_EQ(events_of("DELIFEQ k v"), "del k");
  EXPECT_EQ(run("EXISTS k"), integer(0));
  run("SET n 12");
  EXPECT_EQ(run("DELIFEQ n 12"), integer(1));
  run("RPUSH l a");
  EXPECT_EQ(run("DELIFEQ l a"), wrong_type);
}

}  // namespace
}  // namespace respawn::commands::test
