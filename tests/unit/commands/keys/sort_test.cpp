#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using SortTest = CommandTest;

TEST_F(SortTest, NumbersAndTexts) {
  run("RPUSH l 10 9 -1 10.5");
  EXPECT_EQ(run("SORT l"), bulks({"-1", "9", "10", "10.5"}));
  EXPECT_EQ(run("SORT l DESC LIMIT 1 2"), bulks({"10", "9"}));
  EXPECT_EQ(run("SORT_RO l ALPHA"), bulks({"-1", "10", "10.5", "9"}));
  run("RPUSH l x");
  EXPECT_EQ(run("SORT l"), error("ERR One or more scores can't be converted into double"));
  EXPECT_EQ(run("SORT_RO l STORE d"), syntax_error);
}

TEST_F(SortTest, EqualWeightsAreToldApartByTheElements) {
  run("RPUSH l c b a d");
  run("MSET w_d -1");
  EXPECT_EQ(run("SORT l BY w_*"), bulks({"d", "a", "b", "c"}));
  EXPECT_EQ(run("SORT l BY w_* DESC"), bulks({"c", "b", "a", "d"}));
  EXPECT_EQ(run("SORT l BY w_* ALPHA DESC"), bulks({"d", "c", "b", "a"})) << "in their old order";
}

TEST_F(SortTest, ValuesOfKeysAndFields) {
  run("RPUSH l a b");
  run("HSET h_a w 2 name A");
  run("HSET h_b w 1");
  run("SET h_x text");
  EXPECT_EQ(run("SORT l BY h_*->w GET # GET h_*->name GET fixed"),
            array({bulk("b"), null, null, bulk("a"), bulk("A"), null}));
  EXPECT_EQ(run("SORT l BY h_*->w GET h_*->name STORE d"), integer(2));
  EXPECT_EQ(run("LRANGE d 0 -1"), bulks({"", "A"}));
}

TEST_F(SortTest, WithoutSortingTheOrderIsThatOfTheSource) {
  run("ZADD z 1 c 2 a 3 b");
  EXPECT_EQ(run("SORT z BY nosort"), bulks({"c", "a", "b"}));
  EXPECT_EQ(run("SORT z BY nosort DESC LIMIT 0 2"), bulks({"b", "a"}));
  run("SADD s z y x");
  EXPECT_EQ(run("SORT s BY nosort STORE d"), integer(3));
  EXPECT_EQ(run("LRANGE d 0 -1"), bulks({"x", "y", "z"}));
}

TEST_F(SortTest, TheDestinationMayBeTheSource) {
  run("RPUSH l 3 1 2");
  EXPECT_EQ(run("SORT l STORE l"), integer(3));
  EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"1", "2", "3"}));
  EXPECT_EQ(run("SORT l LIMIT 3 1 STORE l"), integer(0));
  EXPECT_EQ(run("EXISTS l"), integer(0));
}

TEST_F(SortTest, EventsAndChanges) {
  run("RPUSH l 2 1");
  EXPECT_EQ(events_of("SORT l STORE d"), "new d, sortstore d");
  EXPECT_EQ(events_of("SORT nokey STORE d"), "keymiss nokey, del d");
  EXPECT_EQ(events_of("SORT l"), "");
  EXPECT_EQ(changes_of("SORT l GET # GET # STORE d"), 4u);
}

}  // namespace
}  // namespace respawn::commands::test
