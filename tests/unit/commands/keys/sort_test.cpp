#include <algorithm>

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

TEST_F(SortTest, NumbersInEverySpelling) {
  run({"RPUSH", "l", "0x10", " 7", "1e1", "", "-0", "+3", "inf", "-1e-3", "8.50", "\0011"});
  EXPECT_EQ(run("SORT l"), error("ERR One or more scores can't be converted into double"));
  run({"LREM", "l", "1", "\0011"});
  EXPECT_EQ(run("SORT l"), bulks({"-1e-3", "", "-0", "+3", " 7", "8.50", "1e1", "0x10", "inf"}));
  run("DEL l");
  run("RPUSH l 1e400");
  EXPECT_EQ(run("SORT l"), error("ERR One or more scores can't be converted into double"));
  run({"LSET", "l", "0", std::string_view("5\0x", 3)});
  run("RPUSH l 4 6");
  EXPECT_EQ(run("SORT l"), bulks({"4", std::string("5\0x", 3), "6"})) << "up to a NUL byte";
}

TEST_F(SortTest, ManyNumbersAndWhatLimitTakesOfThem) {
  std::vector<std::int64_t> numbers;
  std::vector<std::string> push{"RPUSH", "l"};
  for (std::int64_t i = 0; i < 1'000; ++i) {
    numbers.push_back(i * 7919 % 611 - 300);  // some of them twice
    push.push_back(std::to_string(numbers.back()));
  }
  server.first.run_words(push);
  std::sort(numbers.begin(), numbers.end());
  const auto part = [&](std::size_t first, std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = first; i < first + count; ++i) texts.push_back(std::to_string(numbers[i]));
    return bulks(texts);
  };
  EXPECT_EQ(run("SORT l"), part(0, 1'000));
  EXPECT_EQ(run("SORT l LIMIT 0 10"), part(0, 10));
  EXPECT_EQ(run("SORT l LIMIT 500 7"), part(500, 7));
  EXPECT_EQ(run("SORT l LIMIT 990 100"), part(990, 10));
  std::reverse(numbers.begin(), numbers.end());
  EXPECT_EQ(run("SORT l DESC LIMIT 300 50"), part(300, 50));
}

TEST_F(SortTest, TextsAreComparedUpToANulByteUnlessTheyAreStored) {
  run({"RPUSH", "l", std::string_view("b\0z", 3), std::string_view("b\0a", 3), "a"});
  EXPECT_EQ(run("SORT l ALPHA"), bulks({"a", std::string("b\0z", 3), std::string("b\0a", 3)}));
  run("SORT l ALPHA STORE d");
  EXPECT_EQ(run("LRANGE d 0 -1"), bulks({"a", std::string("b\0a", 3), std::string("b\0z", 3)}));
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
