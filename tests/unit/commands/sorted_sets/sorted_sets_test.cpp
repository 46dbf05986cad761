#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using SortedSetsTest = CommandTest;
using protocol::RespVersion;

TEST_F(SortedSetsTest, AddsAndScores) {
  EXPECT_EQ(run("ZADD z 1 a 2 b"), integer(2));
  EXPECT_EQ(run("ZADD z 3 a 2 b 4 c"), integer(1));
  EXPECT_EQ(run("ZCARD z"), integer(3));
  EXPECT_EQ(run("ZSCORE z a"), bulk("3"));
  EXPECT_EQ(run("ZSCORE z x"), null);
  EXPECT_EQ(run("ZSCORE nokey x"), null);
  EXPECT_EQ(run("ZMSCORE z a x c"), array({bulk("3"), null, bulk("4")}));
  EXPECT_EQ(run("ZMSCORE nokey x"), array({null}));
  EXPECT_EQ(run("TYPE z"), simple("zset"));
  auto& three = connect(RespVersion::resp3);
  EXPECT_EQ(three.run("ZSCORE z a"), ",3\r\n");
  EXPECT_EQ(three.run("ZADD z INCR 0.5 a"), ",3.5\r\n");
}

TEST_F(SortedSetsTest, Options) {
  EXPECT_EQ(run("ZADD z XX 1 a"), integer(0));
  EXPECT_EQ(run("EXISTS z"), integer(0));
  EXPECT_EQ(run("ZADD z NX 1 a 5 b"), integer(2));
  EXPECT_EQ(run("ZADD z NX CH 7 a 1 c"), integer(1));
  EXPECT_EQ(run("ZADD z XX CH 7 a 1 d"), integer(1));
  EXPECT_EQ(run("ZADD z GT CH 6 a 6 b"), integer(1));
  EXPECT_EQ(run("ZADD z LT CH 6 a 7 b"), integer(1));
  EXPECT_EQ(run("ZRANGE z 0 -1 WITHSCORES"), bulks({"c", "1", "a", "6", "b", "6"}));
  EXPECT_EQ(run("ZADD z GT INCR -1 a"), null);
  EXPECT_EQ(run("ZADD z NX INCR 1 a"), null);
  EXPECT_EQ(run("ZADD nokey XX INCR 1 a"), null);
  EXPECT_EQ(run("ZADD z LT INCR -1 a"), bulk("5"));
}

TEST_F(SortedSetsTest, AddRefuses) {
  for (const char* command :
       {"ZADD z NX", "ZADD z 1 a 2", "ZADD z NX CH", "ZADD z nx 1 a b", "ZINCRBY z nx 1"})
    EXPECT_NE(run(command).find("-ERR"), std::string::npos) << command;
  EXPECT_EQ(run("ZADD z 1 a 2"), syntax_error);
  EXPECT_EQ(run("ZADD z NX XX 1 a"),
            error("ERR XX and NX options at the same time are not compatible"));
  const std::string clash =
      error("ERR GT, LT, and/or NX options at the same time are not compatible");
  EXPECT_EQ(run("ZADD z NX GT 1 a"), clash);
  EXPECT_EQ(run("ZADD z GT LT 1 a"), clash);
  EXPECT_EQ(run("ZADD z INCR 1 a 2 b"),
            error("ERR INCR option supports a single increment-element pair"));
  const std::string no_float = error("ERR value is not a valid float");
  EXPECT_EQ(run("ZADD z 1 a x b"), no_float);
  EXPECT_EQ(run("ZADD z nan a"), no_float);
  EXPECT_EQ(run("EXISTS z"), integer(0));
  run("ZADD z inf a");
  EXPECT_EQ(run("ZINCRBY z -inf a"), error("ERR resulting score is not a number (NaN)"));
  EXPECT_EQ(run("ZSCORE z a"), bulk("inf"));
  run("SET s x");
  for (const char* command :
       {"ZADD s 1 a", "ZINCRBY s 1 a", "ZREM s a", "ZCARD s", "ZSCORE s a", "ZMSCORE s a",
        "ZRANK s a", "ZCOUNT s 0 1", "ZLEXCOUNT s - +", "ZREMRANGEBYRANK s 0 1", "ZRANGE s 0 1",
        "ZRANGESTORE d s 0 1", "ZPOPMIN s", "BZPOPMIN s 0", "ZMPOP 1 s MIN", "ZUNION 2 s z",
        "ZRANDMEMBER s", "ZSCAN s 0"})
    EXPECT_EQ(run(command), wrong_type) << command;
}

TEST_F(SortedSetsTest, Removes) {
  run("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g");
  EXPECT_EQ(run("ZREM z a x"), integer(1));
  EXPECT_EQ(run("ZREMRANGEBYRANK z 0 0"), integer(1));
  EXPECT_EQ(run("ZREMRANGEBYRANK z -1 -1"), integer(1));
  EXPECT_EQ(run("ZREMRANGEBYRANK z 5 9"), integer(0));
  EXPECT_EQ(run("ZREMRANGEBYSCORE z (3 4"), integer(1));
  EXPECT_EQ(run("ZRANGE z 0 -1"), bulks({"c", "e", "f"}));
  EXPECT_EQ(run("ZREMRANGEBYSCORE z -inf +inf"), integer(3));
  EXPECT_EQ(run("EXISTS z"), integer(0));
  run("ZADD z 0 a 0 b 0 c");
  EXPECT_EQ(run("ZREMRANGEBYLEX z [b +"), integer(2));
  EXPECT_EQ(run("ZREMRANGEBYLEX z x +"), error("ERR min or max not valid string range item"));
  EXPECT_EQ(run("ZREMRANGEBYSCORE z x 1"), error("ERR min or max is not a float"));
  EXPECT_EQ(run("ZREMRANGEBYRANK z x 1"), not_an_integer);
}

TEST_F(SortedSetsTest, RanksAndCounts) {
  run("ZADD z 1 a 2 b 2 c 3 d");
  EXPECT_EQ(run("ZRANK z a"), integer(0));
  EXPECT_EQ(run("ZRANK z c"), integer(2));
  EXPECT_EQ(run("ZREVRANK z c"), integer(1));
  EXPECT_EQ(run("ZRANK z x"), null);
  EXPECT_EQ(run("ZRANK z c WITHSCORE"), array({integer(2), bulk("2")}));
  EXPECT_EQ(run("ZRANK z x WITHSCORE"), null_array);
  EXPECT_EQ(run("ZRANK z c x"), syntax_error);
  EXPECT_EQ(run("ZRANK z c WITHSCORE x"),
            error("ERR wrong number of arguments for 'zrank' command"));
  EXPECT_EQ(run("ZCOUNT z 2 (3"), integer(2));
  EXPECT_EQ(run("ZCOUNT z -inf inf"), integer(4));
  EXPECT_EQ(run("ZCOUNT z 3 1"), integer(0));
  EXPECT_EQ(run("ZCOUNT z \"\" (\"\""), integer(0));
  EXPECT_EQ(run("ZLEXCOUNT z - +"), integer(4));
}

TEST_F(SortedSetsTest, EventsAndChanges) {
  EXPECT_EQ(events_of("ZADD z 1 a 2 b"), "new z, zadd z");
  EXPECT_EQ(changes_of("ZADD z 1 a 3 b 4 c"), 2U);
  EXPECT_EQ(events_of("ZADD z 1 a"), "");
  EXPECT_EQ(events_of("ZINCRBY z 1 a"), "zincr z");
  EXPECT_EQ(events_of("ZREM z x"), "");
  EXPECT_EQ(events_of("ZREM z a"), "zrem z");
  EXPECT_EQ(events_of("ZPOPMAX z"), "zpopmax z");
  EXPECT_EQ(events_of("ZREMRANGEBYRANK z 0 -1"), "zremrangebyrank z, del z");
  run("ZADD z 1 a");
  EXPECT_EQ(events_of("ZUNIONSTORE d 1 z"), "new d, zunionstore d");
  EXPECT_EQ(events_of("ZRANGESTORE d z 5 6"), "del d");
  EXPECT_EQ(events_of("ZRANGESTORE d nokey 5 6"), "keymiss nokey");
}

TEST_F(SortedSetsTest, LimitsDecideTheEncoding) {
  server.configure([](config::Config& c) { c.zset_max_listpack_entries = 3; });
  run("ZADD z 1 a 2 b 3 c");
  EXPECT_EQ(run("OBJECT ENCODING z"), bulk("listpack"));
  EXPECT_EQ(run("COPY z y"), integer(1));
  run("ZADD z 4 d");
  EXPECT_EQ(run("OBJECT ENCODING z"), bulk("skiplist"));
  EXPECT_EQ(run("COPY z x"), integer(1));
  EXPECT_EQ(run("OBJECT ENCODING x"), bulk("skiplist"));
  EXPECT_EQ(run("ZRANGE x 0 -1"), bulks({"a", "b", "c", "d"}));
  EXPECT_EQ(run("OBJECT ENCODING y"), bulk("listpack"));
  EXPECT_EQ(run("ZUNIONSTORE w 1 y"), integer(3));
  EXPECT_EQ(run("OBJECT ENCODING w"), bulk("listpack"));
}

}  // namespace
}  // namespace respawn::commands::test
