#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ListsTest = CommandTest;

TEST_F(ListsTest, PushAndRange) {
  EXPECT_EQ(run("RPUSH l c d"), integer(2));
  EXPECT_EQ(run("LPUSH l b a"), integer(4));
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"a", "b", "c", "d"}));
  EXPECT_EQ(run("LLEN l"), integer(4));
  EXPECT_EQ(run("LLEN nokey"), integer(0));
  EXPECT_EQ(run({"RPUSH", "l", std::string_view("\0\r\n", 3), ""}), integer(6));
  EXPECT_EQ(run("LRANGE l -2 -1"), bulks({std::string("\0\r\n", 3), ""}));
}

TEST_F(ListsTest, PushOnlyToAListThatIsThere) {
  EXPECT_EQ(run("LPUSHX l a"), integer(0));
  EXPECT_EQ(run("RPUSHX l a"), integer(0));
  EXPECT_EQ(run("EXISTS l"), integer(0));
  run("RPUSH l b");
  EXPECT_EQ(run("LPUSHX l a"), integer(2));
  EXPECT_EQ(run("RPUSHX l c d"), integer(4));
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"a", "b", "c", "d"}));
}

TEST_F(ListsTest, Events) {
  EXPECT_EQ(events_of("RPUSH l a b"), "new l, rpush l");
  EXPECT_EQ(events_of("LPUSH l a"), "lpush l");
  EXPECT_EQ(events_of("LSET l 0 x"), "lset l");
  EXPECT_EQ(events_of("LINSERT l BEFORE a y"), "linsert l");
  EXPECT_EQ(events_of("LINSERT l BEFORE nothing y"), "");
  EXPECT_EQ(events_of("LREM l 1 x"), "lrem l");
  EXPECT_EQ(events_of("LREM l 1 nothing"), "");
  EXPECT_EQ(events_of("LTRIM l 0 0"), "ltrim l");
  EXPECT_EQ(events_of("LREM l 0 y"), "lrem l, del l");
  run("RPUSH l a");
  EXPECT_EQ(events_of("LTRIM l 1 0"), "ltrim l, del l");
}

TEST_F(ListsTest, Changes) {
  EXPECT_EQ(changes_of("RPUSH l a b c a a"), 5u);
  EXPECT_EQ(changes_of("LREM l 2 a"), 2u);
  EXPECT_EQ(changes_of("LTRIM l 0 0"), 2u);
  EXPECT_EQ(changes_of("LTRIM l 0 0"), 0u);
  EXPECT_EQ(changes_of("LSET l 0 x"), 1u);
}

TEST_F(ListsTest, OtherTypesAreRefused) {
  run("SET s x");
  for (const char* command :
       {"LPUSH s a", "RPUSHX s a", "LLEN s", "LRANGE s 0 -1", "LINDEX s x", "LSET s x x",
        "LINSERT s BEFORE a b", "LREM s 0 a", "LTRIM s 0 1", "LPOS s a"}) {
    EXPECT_EQ(run(command), wrong_type) << command;
  }
  EXPECT_EQ(run("GET s"), bulk("x"));
}

TEST_F(ListsTest, RangesAreCutToWhatIsThere) {
  run("RPUSH l a b c d");
  const std::string all = bulks({"a", "b", "c", "d"});
  EXPECT_EQ(run("LRANGE l -100 100"), all);
  EXPECT_EQ(run("LRANGE l -9223372036854775808 9223372036854775807"), all);
  EXPECT_EQ(run("LRANGE l 1 2"), bulks({"b", "c"}));
  EXPECT_EQ(run("LRANGE l -3 -2"), bulks({"b", "c"}));
  for (const char* range : {"2 1", "4 10", "-1 -2", "0 -5", "9223372036854775807 -1",
                            "-9223372036854775808 -9223372036854775808"}) {
    EXPECT_EQ(run(std::string("LRANGE l ") + range), array({})) << range;
  }
  EXPECT_EQ(run("LRANGE nokey 0 -1"), array({}));
  EXPECT_EQ(run("LRANGE l x 1"), not_an_integer);
  EXPECT_EQ(run("LRANGE l 0 9223372036854775808"), not_an_integer);
}

TEST_F(ListsTest, Lindex) {
  run("RPUSH l a b c");
  EXPECT_EQ(run("LINDEX l 0"), bulk("a"));
  EXPECT_EQ(run("LINDEX l -1"), bulk("c"));
  EXPECT_EQ(run("LINDEX l -3"), bulk("a"));
  for (const char* index : {"3", "-4", "9223372036854775807", "-9223372036854775808"})
    EXPECT_EQ(run(std::string("LINDEX l ") + index), null) << index;
  EXPECT_EQ(run("LINDEX l x"), not_an_integer);
  EXPECT_EQ(run("LINDEX nokey x"), null);
}

TEST_F(ListsTest, Lset) {
  run("RPUSH l a b c");
  EXPECT_EQ(run("LSET l 0 x"), ok);
  EXPECT_EQ(run("LSET l -1 z"), ok);
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"x", "b", "z"}));
  EXPECT_EQ(run("LSET l 3 x"), error("ERR index out of range"));
  EXPECT_EQ(run("LSET l -4 x"), error("ERR index out of range"));
  EXPECT_EQ(run("LSET l x x"), not_an_integer);
  EXPECT_EQ(run("LSET nokey x x"), error("ERR no such key"));
}

TEST_F(ListsTest, Linsert) {
  run("RPUSH l a c c");
  EXPECT_EQ(run("LINSERT l BEFORE c b"), integer(4));
  EXPECT_EQ(run("LINSERT l after c d"), integer(5));
  EXPECT_EQ(run("LINSERT l AFTER nothing d"), integer(-1));
  EXPECT_EQ(run("LINSERT nokey AFTER a d"), integer(0));
  EXPECT_EQ(run("LINSERT l FOO a d"), syntax_error);
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"a", "b", "c", "d", "c"}));
}

TEST_F(ListsTest, Lrem) {
  run("RPUSH l a b a c a 1");
  EXPECT_EQ(run("LREM l 1 a"), integer(1));
  EXPECT_EQ(run("LREM l -1 a"), integer(1));
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"b", "a", "c", "1"}));
  EXPECT_EQ(run("LREM l 0 1"), integer(1));
  EXPECT_EQ(run("LREM l -9223372036854775808 a"), integer(1));
  EXPECT_EQ(run("LREM l x a"), not_an_integer);
  EXPECT_EQ(run("LREM l 9223372036854775807 b"), integer(1));
  EXPECT_EQ(run("LREM l 0 c"), integer(1));
  EXPECT_EQ(run("EXISTS l"), integer(0));
  EXPECT_EQ(run("LREM l 0 c"), integer(0));
}

TEST_F(ListsTest, Ltrim) {
  run("RPUSH l a b c d e");
  EXPECT_EQ(run("LTRIM l 1 -2"), ok);
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"b", "c", "d"}));
  EXPECT_EQ(run("LTRIM l -9223372036854775808 9223372036854775807"), ok);
  EXPECT_EQ(run("LLEN l"), integer(3));
  EXPECT_EQ(run("LTRIM l x 1"), not_an_integer);
  EXPECT_EQ(run("LTRIM l 5 9"), ok);
  EXPECT_EQ(run("EXISTS l"), integer(0));
  EXPECT_EQ(run("LTRIM l 0 1"), ok);
}

TEST_F(ListsTest, LposFindsOne) {
  run("RPUSH l a b c 1 2 3 c c");
  EXPECT_EQ(run("LPOS l c"), integer(2));
  EXPECT_EQ(run("LPOS l 2"), integer(4));
  EXPECT_EQ(run("LPOS l c RANK 2"), integer(6));
  EXPECT_EQ(run("LPOS l c RANK -1"), integer(7));
  EXPECT_EQ(run("LPOS l c RANK -3"), integer(2));
  EXPECT_EQ(run("LPOS l c RANK 4"), null);
  EXPECT_EQ(run("LPOS l c MAXLEN 2"), null);
  EXPECT_EQ(run("LPOS l c RANK -1 MAXLEN 1"), integer(7));
  EXPECT_EQ(run("LPOS l c MAXLEN 0"), integer(2));
  EXPECT_EQ(run("LPOS l x"), null);
  EXPECT_EQ(run("LPOS nokey x"), null);
}

TEST_F(ListsTest, LposFindsSeveral) {
  run("RPUSH l a b c 1 2 3 c c");
  EXPECT_EQ(run("LPOS l c COUNT 0"), array({integer(2), integer(6), integer(7)}));
  EXPECT_EQ(run("LPOS l c COUNT 2"), array({integer(2), integer(6)}));
  EXPECT_EQ(run("LPOS l c COUNT 2 RANK -1"), array({integer(7), integer(6)}));
  EXPECT_EQ(run("LPOS l c COUNT 0 RANK -2"), array({integer(6), integer(2)}));
  EXPECT_EQ(run("LPOS l c COUNT 0 MAXLEN 7"), array({integer(2), integer(6)}));
  EXPECT_EQ(run("LPOS l x COUNT 1"), array({}));
  EXPECT_EQ(run("LPOS nokey x COUNT 1"), array({}));
  EXPECT_EQ(run("LPOS l c RANK 9223372036854775807 COUNT 9223372036854775807"), array({}));
}

TEST_F(ListsTest, LposRefuses) {
  EXPECT_EQ(run("LPOS l a RANK 0"),
            error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second "
                  "... or use negative to start from the end of the list"));
  EXPECT_EQ(run("LPOS l a RANK x"), not_an_integer);
  EXPECT_EQ(run("LPOS l a RANK -9223372036854775808"),
            error("ERR value is out of range, value must between -9223372036854775807 and "
                  "9223372036854775807"));
  EXPECT_EQ(run("LPOS l a COUNT -1"), error("ERR COUNT can't be negative"));
  EXPECT_EQ(run("LPOS l a MAXLEN x"), error("ERR MAXLEN can't be negative"));
  EXPECT_EQ(run("LPOS l a COUNT"), syntax_error);
  EXPECT_EQ(run("LPOS l a FOO 1"), syntax_error);
}

}  // namespace
}  // namespace respawn::commands::test
