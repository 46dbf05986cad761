#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class HashExpiryTest : public CommandTest {
 protected:
  static std::string integers(const std::vector<std::int64_t>& values) {
    std::vector<std::string> encoded;
    for (const std::int64_t value : values) encoded.push_back(integer(value));
    return array(encoded);
  }

  std::int64_t now_ms() { return server.clock.wall_us() / 1000; }

  /// Time passes, but nothing is removed by it.
  void pass_unnoticed_ms(std::int64_t ms) { server.clock.advance_ms(ms); }

  void expect_sound() {
    const Status status = server.store.databases.check_invariants();
    EXPECT_TRUE(status.ok()) << status.error();
  }

  /// A hash of fields 0, 1, 2...
  void make(int fields) {
    for (int i = 0; i < fields; ++i) run("HSET h " + std::to_string(i) + " v");
  }
};

TEST_F(HashExpiryTest, SetReadAndRemove) {
  run("HSET h a 1 b 2 c 3");
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 3 a x b"), integers({1, -2, 1}));
  EXPECT_EQ(run("OBJECT ENCODING h"), bulk("listpackex"));
  EXPECT_EQ(run("HTTL h FIELDS 4 a b c x"), integers({10, 10, -1, -2}));
  EXPECT_EQ(run("HPTTL h FIELDS 1 a"), integers({10'000}));
  EXPECT_EQ(run("HPEXPIRETIME h FIELDS 1 a"), integers({now_ms() + 10'000}));
  EXPECT_EQ(run("HEXPIRETIME h FIELDS 1 a"), integers({(now_ms() + 10'999) / 1000}));
  pass_ms(1);
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), integers({10})) << "rounded up";
  EXPECT_EQ(run("HPERSIST h FIELDS 3 a c x"), integers({1, -1, -2}));
  EXPECT_EQ(run("HTTL h FIELDS 2 a b"), integers({-1, 10}));
  pass_ms(10'000);
  EXPECT_EQ(run("HGETALL h"), bulks({"a", "1", "c", "3"}));
  expect_sound();
}

TEST_F(HashExpiryTest, AKeyThatIsNotThereHasNoFields) {
  EXPECT_EQ(run("HEXPIRE nokey 10 FIELDS 2 a b"), integers({-2, -2}));
  EXPECT_EQ(run("HTTL nokey FIELDS 1 a"), integers({-2}));
  EXPECT_EQ(run("HPERSIST nokey FIELDS 1 a"), integers({-2}));
  EXPECT_EQ(run("EXISTS nokey"), integer(0));
}

TEST_F(HashExpiryTest, Conditions) {
  run("HSET h a 1");
  EXPECT_EQ(run("HEXPIRE h 10 XX FIELDS 1 a"), integers({0}));
  EXPECT_EQ(run("HEXPIRE h 10 GT FIELDS 1 a"), integers({0}));
  EXPECT_EQ(run("HEXPIRE h 10 LT FIELDS 1 a"), integers({1}));
  EXPECT_EQ(run("HEXPIRE h 20 NX FIELDS 1 a"), integers({0}));
  EXPECT_EQ(run("HEXPIRE h 10 gt FIELDS 1 a"), integers({0}));
  EXPECT_EQ(run("HEXPIRE h 11 GT FIELDS 1 a"), integers({1}));
  EXPECT_EQ(run("HEXPIRE h 11 LT FIELDS 1 a"), integers({0}));
  EXPECT_EQ(run("HEXPIRE h 5 XX FIELDS 1 a"), integers({1}));
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), integers({5}));
}

TEST_F(HashExpiryTest, ATimeThatIsOverErases) {
  run("HSET h a 1 b 2");
  EXPECT_EQ(events_of("HPEXPIRE h 0 FIELDS 2 a x"), "hdel h");
  EXPECT_EQ(run("HKEYS h"), bulks({"b"}));
  EXPECT_EQ(run("HEXPIREAT h 1 FIELDS 2 b b"), integers({2, -2}));
  EXPECT_EQ(run("EXISTS h"), integer(0));
  run("HSET h a 1");
  EXPECT_EQ(events_of("HPEXPIREAT h 1 FIELDS 1 a"), "hdel h, del h");
  expect_sound();
}

TEST_F(HashExpiryTest, Refuses) {
  run("HSET h a 1");
  const std::string invalid = error("ERR invalid expire time in 'hexpire' command");
  EXPECT_EQ(run("HEXPIRE h x FIELDS 1 a"), not_an_integer);
  EXPECT_EQ(run("HEXPIRE h -1 FIELDS 1 a"), error("ERR invalid expire time, must be >= 0"));
  EXPECT_EQ(run("HEXPIRE h 9223372036854775807 FIELDS 1 a"), invalid);
  EXPECT_EQ(run("HEXPIRE h 70368744177 FIELDS 1 a"), invalid);
  EXPECT_EQ(run("HPEXPIREAT h 70368744177664 FIELDS 1 a"),
            error("ERR invalid expire time in 'hpexpireat' command"));
  EXPECT_EQ(run("HPEXPIREAT h 70368744177663 FIELDS 1 a"), integers({1}));
  const std::string missing =
      error("ERR Mandatory argument FIELDS is missing or not at the right position");
  EXPECT_EQ(run("HEXPIRE h 1 FIELD 1 a"), missing);
  EXPECT_EQ(run("HEXPIRE h 1 NX 1 a b"), missing);
  EXPECT_EQ(run("HTTL h 1 a b"), missing);
  EXPECT_EQ(run("HEXPIRE h 1 FIELDS 0 a"),
            error("ERR Parameter `numFields` should be greater than 0"));
  EXPECT_EQ(run("HTTL h FIELDS x a"), error("ERR Number of fields must be a positive integer"));
  const std::string mismatch =
      error("ERR The `numfields` parameter must match the number of arguments");
  EXPECT_EQ(run("HEXPIRE h 1 FIELDS 2 a"), mismatch);
  EXPECT_EQ(run("HEXPIRE h 1 NX FIELDS 1"), mismatch);
  EXPECT_EQ(run("HPERSIST h FIELDS 1 a b"), mismatch);
}

TEST_F(HashExpiryTest, SettingEndsTheExpiryAndCountingKeepsIt) {
  for (const int fields : {4, 600}) {
    run("DEL h");
    make(fields);
    run("HEXPIRE h 10 FIELDS 3 0 1 2");
    run("HSET h 0 new 1 5");
    run("HSET h 2 7");
    run("HEXPIRE h 10 FIELDS 1 1");
    run("HINCRBY h 1 1");
    EXPECT_EQ(run("HTTL h FIELDS 3 0 1 2"), integers({-1, 10, -1}));
    run("HINCRBYFLOAT h 1 1");
    EXPECT_EQ(run("HTTL h FIELDS 1 1"), integers({10}));
    expect_sound();
  }
}

TEST_F(HashExpiryTest, FieldsAreRemovedByTime) {
  for (const int fields : {4, 600}) {
    run("DEL h");
    make(fields);
    run("HPEXPIRE h 100 FIELDS 1 0");
    run("HPEXPIRE h 50 FIELDS 1 1");
    run("HPEXPIRE h 200 FIELDS 1 2");
    pass_ms(50);
    EXPECT_EQ(run("HLEN h"), integer(fields));
    pass_ms(1);
    EXPECT_EQ(run("HLEN h"), integer(fields - 1));
    pass_ms(100);
    EXPECT_EQ(run("HLEN h"), integer(fields - 2));
    expect_sound();
    pass_ms(100);
    EXPECT_EQ(run("HLEN h"), integer(fields - 3));
    EXPECT_EQ(run("HMGET h 0 1 2 3"), array({null, null, null, bulk("v")}));
    expect_sound();
  }
}

TEST_F(HashExpiryTest, TheLastFieldTakesTheKeyWithIt) {
  run("HSET h a 1");
  run("HPEXPIRE h 10 FIELDS 1 a");
  pass_ms(11);
  EXPECT_EQ(run("EXISTS h"), integer(0));
  EXPECT_EQ(run("DBSIZE"), integer(0));
  expect_sound();
}

TEST_F(HashExpiryTest, CommandsDoNotSeeFieldsWhoseTimeIsOver) {
  for (const int fields : {3, 600}) {
    run("DEL h");
    make(fields);
    run("HPEXPIRE h 10 FIELDS 2 0 1");
    pass_unnoticed_ms(11);
    EXPECT_EQ(events_of("HGET h 0"), "hexpired h");
    EXPECT_EQ(run("HLEN h"), integer(fields - 2));
    run("HPEXPIRE h 10 FIELDS 1 2");
    pass_unnoticed_ms(11);
    EXPECT_EQ(run("HINCRBY h 2 5"), integer(5));
    EXPECT_EQ(run("HTTL h FIELDS 1 2"), integers({-1}));
    expect_sound();
  }
  run("DEL h");
  make(1);
  run("HPEXPIRE h 10 FIELDS 1 0");
  pass_unnoticed_ms(11);
  EXPECT_EQ(events_of("HSET h 0 x"), "hexpired h, del h, new h, hset h");
}

TEST_F(HashExpiryTest, ManyFieldsWhoseTimeIsOverAreHidden) {
  make(1000);
  for (int i = 0; i < 900; ++i) run("HPEXPIRE h 10 FIELDS 1 " + std::to_string(i));
  pass_unnoticed_ms(11);
  EXPECT_EQ(run("HGET h 899"), null);
  EXPECT_EQ(run("HLEN h"), integer(1000 - 2 * 128)) << "those that are not removed yet count";
  EXPECT_EQ(run("HSETNX h 899 x"), integer(1));
  EXPECT_EQ(run("HDEL h 898"), integer(0));
  EXPECT_EQ(run("HGETALL h").substr(0, 6), "*202\r\n");
  EXPECT_EQ(run("HRANDFIELD h 1000").substr(0, 6), "*101\r\n");
  EXPECT_EQ(run("HLEN h"), integer(101));
  expect_sound();
}

TEST_F(HashExpiryTest, NothingIsRemovedWhileExpiryIsStopped) {
  run("HSET h a 1 b 2");
  run("HPEXPIRE h 10 FIELDS 1 a");
  server.store.active_expire = false;
  pass_ms(11);
  EXPECT_EQ(run("HLEN h"), integer(2));
  EXPECT_EQ(run("HGETALL h"), bulks({"b", "2"}));
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), array({integer(-2)}));
  server.store.active_expire = true;
  pass_ms(0);
  EXPECT_EQ(run("HLEN h"), integer(1));
}

TEST_F(HashExpiryTest, ExpiriesFollowTheHash) {
  for (const int fields : {3, 600}) {
    run("FLUSHALL");
    make(fields);
    run("HPEXPIRE h 100 FIELDS 1 0");
    run("EXPIRE h 1000");
    run("PERSIST h");
    run("RENAME h i");
    run("COPY i j");
    run("COPY i k DB 1");
    run("MOVE j 2");
    expect_sound();
    run("SET i2 x");
    run("RENAME i i2");
    EXPECT_EQ(run("HPTTL i2 FIELDS 1 0"), integers({100}));
    expect_sound();
    pass_ms(101);
    EXPECT_EQ(run("HLEN i2"), integer(fields - 1));
    run("SELECT 1");
    EXPECT_EQ(run("HLEN k"), integer(fields - 1));
    run("SELECT 2");
    EXPECT_EQ(run("HLEN j"), integer(fields - 1));
    run("SELECT 0");
    expect_sound();
  }
}

TEST_F(HashExpiryTest, AHashThatGoesIsForgotten) {
  for (const char* command : {"DEL h", "SET h x", "FLUSHALL", "HDEL h 0 1 2", "UNLINK h"}) {
    make(3);
    run("HPEXPIRE h 100 FIELDS 2 0 1");
    run(command);
    expect_sound();
    pass_ms(101);
    expect_sound();
    run("DEL h");
  }
}

TEST_F(HashExpiryTest, Events) {
  run("HSET h a 1 b 2");
  EXPECT_EQ(events_of("HEXPIRE h 10 FIELDS 2 a b"), "hexpire h");
  EXPECT_EQ(events_of("HEXPIRE h 10 NX FIELDS 2 a b"), "");
  EXPECT_EQ(events_of("HPERSIST h FIELDS 2 a b"), "hpersist h");
  EXPECT_EQ(events_of("HPERSIST h FIELDS 2 a b"), "");
  EXPECT_EQ(changes_of("HEXPIRE h 10 FIELDS 2 a b"), 2u);
}

}  // namespace
}  // namespace respawn::commands::test
