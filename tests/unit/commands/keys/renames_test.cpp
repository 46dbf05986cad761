#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using RenamesTest = CommandTest;

const std::string no_such_key = error("ERR no such key");
const std::string same_object = error("ERR source and destination objects are the same");
const std::string bad_index = error("ERR DB index is out of range");

TEST_F(RenamesTest, RenameMovesValueAndExpiry) {
  run("SET a v EX 10");
  run("RPUSH b x");
  EXPECT_EQ(run("RENAME a b"), ok);
  EXPECT_EQ(run("EXISTS a"), integer(0));
  EXPECT_EQ(run("GET b"), bulk("v"));
  EXPECT_EQ(run("TTL b"), integer(10));
  run("RPUSH l 1 2 3");
  EXPECT_EQ(run("RENAME l b"), ok);
  EXPECT_EQ(run("LRANGE b 0 -1"), bulks({"1", "2", "3"}));
  EXPECT_EQ(run("TTL b"), integer(-1));
  EXPECT_EQ(run("DBSIZE"), integer(1));
}

TEST_F(RenamesTest, RenameOfEveryKindOfString) {
  for (const std::string& value :
       {std::string("12345"), std::string("x"), std::string(100, 'x'), std::string(10'000, 'y')}) {
    run({"SET", "a", value});
    EXPECT_EQ(run({"RENAME", "a", std::string(200, 'k')}), ok);
    EXPECT_EQ(run({"GET", std::string(200, 'k')}), bulk(value));
  }
}

TEST_F(RenamesTest, RenameToItselfAndOfNothing) {
  EXPECT_EQ(run("RENAME a b"), no_such_key);
  EXPECT_EQ(run("RENAME a a"), no_such_key);
  EXPECT_EQ(run("RENAMENX a b"), no_such_key);
  run("SET a v EX 10");
  EXPECT_EQ(run("RENAME a a"), ok);
  EXPECT_EQ(run("RENAMENX a a"), integer(0));
  EXPECT_EQ(run("TTL a"), integer(10));
}

TEST_F(RenamesTest, RenamenxSparesAnotherKey) {
  run("MSET a 1 b 2");
  EXPECT_EQ(run("RENAMENX a b"), integer(0));
  EXPECT_EQ(run("MGET a b"), bulks({"1", "2"}));
  EXPECT_EQ(run("RENAMENX a c"), integer(1));
  EXPECT_EQ(run("GET c"), bulk("1"));
}

TEST_F(RenamesTest, RenameEvents) {
  run("MSET a 1 b 2");
  EXPECT_EQ(events_of("RENAME a b"), "new b, rename_from a, rename_to b");
  EXPECT_EQ(changes_of("RENAME b c"), 1u);
}

TEST_F(RenamesTest, ARenamedListServesWaiters) {
  Client& waiter = connect();
  EXPECT_EQ(waiter.run("BLPOP wanted 0"), no_reply);
  run("RPUSH other x");
  run("RENAME other wanted");
  EXPECT_EQ(waiter.received(), bulks({"wanted", "x"}));
}

TEST_F(RenamesTest, Move) {
  run("SET a v EX 10");
  EXPECT_EQ(run("MOVE a 1"), integer(1));
  EXPECT_EQ(run("EXISTS a"), integer(0));
  run("SELECT 1");
  EXPECT_EQ(run("GET a"), bulk("v"));
  EXPECT_EQ(run("TTL a"), integer(10));
  EXPECT_EQ(run("MOVE nokey 2"), integer(0));
  run("SELECT 0");
  run("SET a w");
  EXPECT_EQ(run("MOVE a 1"), integer(0));
  EXPECT_EQ(run("GET a"), bulk("w"));
}

TEST_F(RenamesTest, MoveOverAnExpiredKey) {
  run("SELECT 1");
  run("SET a old PX 10");
  run("SELECT 0");
  run("SET a fresh");
  server.clock.advance_ms(11);
  EXPECT_EQ(run("MOVE a 1"), integer(1));
  run("SELECT 1");
  EXPECT_EQ(run("GET a"), bulk("fresh"));
}

TEST_F(RenamesTest, MoveRefuses) {
  run("SET a v");
  EXPECT_EQ(run("MOVE a 0"), same_object);
  EXPECT_EQ(run("MOVE a 16"), bad_index);
  EXPECT_EQ(run("MOVE a -1"), bad_index);
  EXPECT_EQ(run("MOVE a x"), not_an_integer);
  EXPECT_EQ(run("MOVE a 99999999999"),
            error("ERR value is out of range, value must between -2147483648 and 2147483647"));
}

TEST_F(RenamesTest, MoveTellsListenersOfBothDatabases) {
  Client& listener = connect();
  server.configure([](config::Config& c) {
    c.notify_keyspace_events = config::keyspace_event::all | config::keyspace_event::keyevent;
  });
  listener.run("PSUBSCRIBE *");
  run("SET a v");
  listener.received();
  run("MOVE a 1");
  EXPECT_EQ(listener.received(), bulks({"pmessage", "*", "__keyevent@0__:move_from", "a"}) +
                                     bulks({"pmessage", "*", "__keyevent@1__:move_to", "a"}));
}

TEST_F(RenamesTest, AMovedListServesWaitersOfTheOtherDatabase) {
  Client& waiter = connect();
  waiter.run("SELECT 1");
  EXPECT_EQ(waiter.run("BLPOP l 0"), no_reply);
  run("RPUSH l x");
  EXPECT_TRUE(waiter.blocked());
  run("MOVE l 1");
  EXPECT_EQ(waiter.received(), bulks({"l", "x"}));
}

TEST_F(RenamesTest, CopyOfEachType) {
  run("SET text abc EX 10");
  run("SET number 12");
  run("RPUSH list a 1 b");
  run("APPEND raw abc");
  run("APPEND raw d");
  for (const char* key : {"text", "number", "list", "raw"})
    EXPECT_EQ(run(std::string("COPY ") + key + " copy-" + key), integer(1)) << key;
  EXPECT_EQ(run("MGET copy-text copy-number copy-raw"), bulks({"abc", "12", "abcd"}));
  EXPECT_EQ(run("TTL copy-text"), integer(10));
  EXPECT_EQ(run("OBJECT ENCODING copy-number"), bulk("int"));
  run("LPOP list");
  EXPECT_EQ(run("LRANGE copy-list 0 -1"), bulks({"a", "1", "b"}));
}

TEST_F(RenamesTest, CopyReplacesOnlyWhenTold) {
  run("MSET a 1 b 2");
  EXPECT_EQ(run("COPY a b"), integer(0));
  EXPECT_EQ(run("GET b"), bulk("2"));
  EXPECT_EQ(run("COPY a b REPLACE"), integer(1));
  EXPECT_EQ(run("GET b"), bulk("1"));
  EXPECT_EQ(run("COPY nokey b REPLACE"), integer(0));
  EXPECT_EQ(events_of("COPY a c"), "new c, copy_to c");
}

TEST_F(RenamesTest, CopyToAnotherDatabase) {
  run("SET a 1");
  EXPECT_EQ(run("COPY a a DB 1"), integer(1));
  EXPECT_EQ(run("COPY a a DB 1"), integer(0));
  EXPECT_EQ(run("COPY a b REPLACE DB 1"), integer(1));
  run("SELECT 1");
  EXPECT_EQ(run("MGET a b"), bulks({"1", "1"}));
}

TEST_F(RenamesTest, CopyRefuses) {
  run("SET a 1");
  EXPECT_EQ(run("COPY a a"), same_object);
  EXPECT_EQ(run("COPY a a DB 0"), same_object);
  EXPECT_EQ(run("COPY a b DB 99"), bad_index);
  EXPECT_EQ(run("COPY a b DB x"), not_an_integer);
  EXPECT_EQ(run("COPY a b DB"), syntax_error);
  EXPECT_EQ(run("COPY a b FOO"), syntax_error);
}

TEST_F(RenamesTest, ACopiedListServesWaiters) {
  Client& waiter = connect();
  EXPECT_EQ(waiter.run("BLPOP wanted 0"), no_reply);
  run("RPUSH other x y");
  run("COPY other wanted");
  EXPECT_EQ(waiter.received(), bulks({"wanted", "x"}));
  EXPECT_EQ(run("LLEN other"), integer(2));
}

}  // namespace
}  // namespace respawn::commands::test
