#include <algorithm>
#include <set>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class SetsTest : public CommandTest {
 protected:
  /// The texts of a flat array of bulks, in order.
  static std::multiset<std::string> texts(const std::string& reply) {
    std::multiset<std::string> all;
    const std::vector<std::string_view> lines = split(reply, '\n');
    for (std::size_t i = 2; i < lines.size(); i += 2) all.emplace(trim(lines[i]));
    return all;
  }

  std::multiset<std::string> members(std::string_view key) {
    return texts(run("SMEMBERS " + std::string(key)));
  }

  std::string encoding(std::string_view key) {
    const std::string reply = run("OBJECT ENCODING " + std::string(key));
    return std::string(trim(split(reply, '\n')[1]));
  }

  /// A set of "1", "2"... in a hashtable.
  void make_large(int size) {
    for (int i = 1; i <= size; ++i) run("SADD s " + std::to_string(i));
  }
};

using Texts = std::multiset<std::string>;

TEST_F(SetsTest, AddRemoveAndAsk) {
  EXPECT_EQ(run("SADD s a b b"), integer(2));
  EXPECT_EQ(run("SADD s b c"), integer(1));
  EXPECT_EQ(run("SCARD s"), integer(3));
  EXPECT_EQ(members("s"), (Texts{"a", "b", "c"}));
  EXPECT_EQ(run("SISMEMBER s a"), integer(1));
  EXPECT_EQ(run("SISMEMBER s x"), integer(0));
  EXPECT_EQ(run("SMISMEMBER s a x c"), array({integer(1), integer(0), integer(1)}));
  EXPECT_EQ(run("SREM s a x a"), integer(1));
  EXPECT_EQ(run("SREM s b c"), integer(2));
  EXPECT_EQ(run("EXISTS s"), integer(0));
  EXPECT_EQ(run("SMISMEMBER s a b"), array({integer(0), integer(0)}));
  EXPECT_EQ(run("SMEMBERS s"), array({}));
  EXPECT_EQ(connect(protocol::RespVersion::resp3).run("SMEMBERS s"), aggregate('~', {}));
}

TEST_F(SetsTest, NothingStoredOverWhatIsOverDeletesIt) {
  server.store.active_expire = false;
  for (const std::string_view command : {"SINTERSTORE k a b", "SDIFFSTORE k a b"}) {
    run("SET k v PX 1");
    pass_ms(10);
    EXPECT_EQ(events_of(command), "keymiss a, keymiss b, del k");
  }
}

TEST_F(SetsTest, Events) {
  EXPECT_EQ(events_of("SADD s a b 1"), "new s, sadd s");
  EXPECT_EQ(events_of("SADD s a"), "");
  EXPECT_EQ(events_of("SREM s x"), "");
  EXPECT_EQ(events_of("SREM s 1"), "srem s");
  EXPECT_EQ(events_of("SMOVE s t a"), "srem s, new t, sadd t");
  run("SADD t b");
  EXPECT_EQ(events_of("SMOVE s t b"), "srem s, del s");
  EXPECT_EQ(events_of("SMOVE t t b"), "");
  EXPECT_EQ(events_of("SPOP t"), "spop t");
  EXPECT_EQ(events_of("SPOP t 5"), "spop t, del t");
  run("SADD a 1 2");
  run("SADD b 2 3");
  EXPECT_EQ(events_of("SINTERSTORE d a b"), "new d, sinterstore d");
  EXPECT_EQ(events_of("SUNIONSTORE d a b"), "sunionstore d");
  EXPECT_EQ(events_of("SDIFFSTORE d a b"), "sdiffstore d");
  EXPECT_EQ(events_of("SDIFFSTORE d a a"), "del d");
  EXPECT_EQ(events_of("SDIFFSTORE d a a"), "");
}

TEST_F(SetsTest, Changes) {
  EXPECT_EQ(changes_of("SADD s a b a"), 2u);
  EXPECT_EQ(changes_of("SADD s a"), 0u);
  EXPECT_EQ(changes_of("SREM s a x"), 1u);
  EXPECT_EQ(changes_of("SMOVE s t b"), 2u);
  run("SADD s b");
  EXPECT_EQ(changes_of("SMOVE s t b"), 1u);
  run("SADD t 1 2 3 4");
  EXPECT_EQ(changes_of("SPOP t 2"), 2u);
  EXPECT_EQ(changes_of("SPOP t 20"), 3u);
}

TEST_F(SetsTest, EncodingsAreThoseOfRedis72) {
  run("SADD s 1 2 3");
  EXPECT_EQ(encoding("s"), "intset");
  run("SADD s a");
  EXPECT_EQ(encoding("s"), "listpack");
  run({"SADD", "s", std::string(65, 'x')});
  EXPECT_EQ(encoding("s"), "hashtable");
  run("SINTERSTORE d s");
  EXPECT_EQ(encoding("d"), "hashtable");
  run({"SREM", "s", "a", std::string(65, 'x')});
  run("SINTERSTORE d s");
  EXPECT_EQ(encoding("d"), "intset");
  run("SADD s b");
  EXPECT_EQ(encoding("s"), "hashtable");
  run("SINTERSTORE d s");
  EXPECT_EQ(encoding("d"), "listpack");
  server.configure([](config::Config& c) { c.set_max_intset_entries = 2; });
  run("SADD t 1 2");
  EXPECT_EQ(encoding("t"), "intset");
  run("SADD t 3");
  EXPECT_EQ(encoding("t"), "hashtable");
  run("SADD u 1 2 3");
  EXPECT_EQ(encoding("u"), "listpack");
}

TEST_F(SetsTest, Algebra) {
  run("SADD a 1 2 3 x y");
  run("SADD b 2 3 y z");
  run("SADD c 3 y 03");
  EXPECT_EQ(texts(run("SINTER a b c")), (Texts{"3", "y"}));
  EXPECT_EQ(texts(run("SUNION a b nokey c")), (Texts{"1", "2", "3", "03", "x", "y", "z"}));
  EXPECT_EQ(texts(run("SDIFF a b nokey")), (Texts{"1", "x"}));
  EXPECT_EQ(run("SINTER a nokey"), array({}));
  EXPECT_EQ(run("SDIFF a b a"), array({}));
  EXPECT_EQ(run("SINTERCARD 3 a b c"), integer(2));
  EXPECT_EQ(run("SINTERCARD 2 a b LIMIT 2"), integer(2));
  EXPECT_EQ(run("SINTERCARD 2 a b LIMIT 0"), integer(3));
  EXPECT_EQ(run("SUNIONSTORE a a b"), integer(6));
  EXPECT_EQ(members("a"), (Texts{"1", "2", "3", "x", "y", "z"}));
  EXPECT_EQ(run("SDIFFSTORE a a b c"), integer(2));
  EXPECT_EQ(members("a"), (Texts{"1", "x"}));
}

TEST_F(SetsTest, DifferenceOfManyLargeSets) {
  for (int i = 0; i < 300; ++i) run("SADD first " + std::to_string(i));
  std::string command = "SDIFF first";
  for (int set = 0; set < 8; ++set) {
    const std::string key = "other" + std::to_string(set);
    command += " " + key;
    for (int i = 0; i < 35; ++i) run("SADD " + key + " " + std::to_string(set * 35 + i));
  }
  Texts rest;
  for (int i = 280; i < 300; ++i) rest.insert(std::to_string(i));
  EXPECT_EQ(texts(run(command)), rest);
}

TEST_F(SetsTest, StoringReplacesAnyTypeAndItsExpiry) {
  run("SET d x EX 100");
  run("SADD a 1");
  EXPECT_EQ(run("SUNIONSTORE d a"), integer(1));
  EXPECT_EQ(run("TTL d"), integer(-1));
  EXPECT_EQ(run("TYPE d"), simple("set"));
}

TEST_F(SetsTest, CountedIntersectionRefuses) {
  run("SADD a 1");
  for (const char* count : {"0", "-1", "x", "9223372036854775808"})
    EXPECT_EQ(run("SINTERCARD " + std::string(count) + " a"),
              error("ERR numkeys should be greater than 0"));
  EXPECT_EQ(run("SINTERCARD 3 a b"),
            error("ERR Number of keys can't be greater than number of args"));
  EXPECT_EQ(run("SINTERCARD 1 a LIMIT -1"), error("ERR LIMIT can't be negative"));
  EXPECT_EQ(run("SINTERCARD 1 a LIMIT"), syntax_error);
}

TEST_F(SetsTest, PopsDistinctMembers) {
  make_large(1000);
  ASSERT_EQ(encoding("s"), "hashtable");
  Texts popped = texts(run("SPOP s 10"));
  EXPECT_EQ(run("SCARD s"), integer(990));
  const Texts most = texts(run("SPOP s 900"));
  popped.insert(most.begin(), most.end());
  EXPECT_EQ(run("SCARD s"), integer(90));
  const Texts more = texts(run("SPOP s 80"));
  popped.insert(more.begin(), more.end());
  EXPECT_EQ(encoding("s"), "listpack") << "made anew";
  const Texts last = texts(run("SPOP s 80"));
  popped.insert(last.begin(), last.end());
  Texts all;
  for (int i = 1; i <= 1000; ++i) all.insert(std::to_string(i));
  EXPECT_EQ(popped, all);
  EXPECT_EQ(run("EXISTS s"), integer(0));
  EXPECT_EQ(run("SPOP s"), null);
  EXPECT_EQ(run("SPOP s 3"), array({}));
  run("SADD s a");
  run("EXPIRE s 100");
  run("SADD s b c d e f g h i j k");
  run("SPOP s 10");
  EXPECT_EQ(run("TTL s"), integer(100)) << "also of a set made anew";
}

TEST_F(SetsTest, SamplesAreDistinctOrMayRepeat) {
  for (const int size : {20, 200, 1000}) {
    run("DEL s");
    make_large(size);
    for (const int count : {1, 5, size / 2, size - 1, size, size + 5}) {
      const Texts drawn = texts(run("SRANDMEMBER s " + std::to_string(count)));
      EXPECT_EQ(drawn.size(), static_cast<std::size_t>(std::min(count, size)));
      EXPECT_EQ(std::set<std::string>(drawn.begin(), drawn.end()).size(), drawn.size());
    }
    const Texts repeated = texts(run("SRANDMEMBER s " + std::to_string(-2 * size)));
    EXPECT_EQ(repeated.size(), static_cast<std::size_t>(2 * size));
    EXPECT_LT(std::set<std::string>(repeated.begin(), repeated.end()).size(), repeated.size());
    EXPECT_EQ(run("SCARD s"), integer(size));
  }
}

TEST_F(SetsTest, SampleCountsAtTheLimits) {
  run("SADD s a");
  EXPECT_EQ(run("SRANDMEMBER s 9223372036854775807"), bulks({"a"}));
  EXPECT_EQ(run("SRANDMEMBER s -9223372036854775808"),
            error("ERR value is out of range, value must between -9223372036854775807 and "
                  "9223372036854775807"));
  EXPECT_EQ(run("SRANDMEMBER s -9223372036854775807"), error("ERR value is out of range"));
  EXPECT_EQ(run("SRANDMEMBER nokey -9223372036854775807"), array({}));
  EXPECT_EQ(run("SRANDMEMBER s 0"), array({}));
  EXPECT_EQ(run("SPOP s -1"), error("ERR value is out of range, must be positive"));
}

TEST_F(SetsTest, ScanReturnsEveryMemberOnce) {
  make_large(1000);
  Texts seen;
  std::string cursor = "0";
  do {
    const std::string reply = run("SSCAN s " + cursor + " COUNT 50");
    const std::vector<std::string_view> lines = split(reply, '\n');
    cursor = trim(lines[2]);
    for (std::size_t i = 5; i < lines.size(); i += 2) seen.emplace(trim(lines[i]));
  } while (cursor != "0");
  EXPECT_EQ(seen, members("s"));
  run("SADD small a b 1");
  EXPECT_EQ(run("SSCAN small 0 MATCH [0-9]"), array({bulk("0"), bulks({"1"})}));
  EXPECT_EQ(run("SSCAN nokey 0"), array({bulk("0"), array({})}));
}

TEST_F(SetsTest, OtherTypesAreRefused) {
  run("SET str x");
  run("SADD set a");
  for (const char* command : {"SADD str a",
                              "SREM str a",
                              "SISMEMBER str a",
                              "SMISMEMBER str a",
                              "SCARD str",
                              "SMEMBERS str",
                              "SMOVE str set a",
                              "SMOVE set str a",
                              "SPOP str",
                              "SPOP str 1",
                              "SRANDMEMBER str",
                              "SRANDMEMBER str 1",
                              "SSCAN str 0",
                              "SINTER set str",
                              "SINTERCARD 2 set str",
                              "SINTERSTORE d set str",
                              "SUNION set str",
                              "SUNIONSTORE d set str",
                              "SDIFF set str",
                              "SDIFFSTORE d set str"}) {
    EXPECT_EQ(run(command), wrong_type) << command;
  }
}

TEST_F(SetsTest, CopiesAndDigestsAreEqual) {
  for (const char* all : {"1 2 3", "1 a b"}) {
    run("DEL s t");
    run("SADD s " + std::string(all));
    EXPECT_EQ(run("COPY s t"), integer(1));
    EXPECT_EQ(run("OBJECT ENCODING s"), run("OBJECT ENCODING t"));
    EXPECT_EQ(run("SMEMBERS s"), run("SMEMBERS t"));
    run("SADD t more");
    EXPECT_EQ(run("SISMEMBER s more"), integer(0));
  }
}

}  // namespace
}  // namespace respawn::commands::test
