#include <set>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class HashesTest : public CommandTest {
 protected:
  std::string encoding(std::string_view key) {
    const std::string reply = run("OBJECT ENCODING " + std::string(key));
    return std::string(trim(split(reply, '\n')[1]));
  }
};

TEST_F(HashesTest, SetAndGet) {
  EXPECT_EQ(run("HSET h a 1 b 2 a 3"), integer(2));
  EXPECT_EQ(run("HMSET h c 4"), ok);
  EXPECT_EQ(run("HSETNX h a 9"), integer(0));
  EXPECT_EQ(run("HSETNX h d 5"), integer(1));
  EXPECT_EQ(run("HGET h a"), bulk("3"));
  EXPECT_EQ(run("HGET h x"), null);
  EXPECT_EQ(run("HMGET h a x b"), array({bulk("3"), null, bulk("2")}));
  EXPECT_EQ(run("HLEN h"), integer(4));
  EXPECT_EQ(run("HSTRLEN h a"), integer(1));
  EXPECT_EQ(run("HEXISTS h a"), integer(1));
  EXPECT_EQ(run("HGETALL h"), bulks({"a", "3", "b", "2", "c", "4", "d", "5"}));
  EXPECT_EQ(run("HKEYS h"), bulks({"a", "b", "c", "d"}));
  EXPECT_EQ(run("HVALS h"), bulks({"3", "2", "4", "5"}));
  EXPECT_EQ(run("HDEL h a x b"), integer(2));
  EXPECT_EQ(run("HDEL h c d"), integer(2));
  EXPECT_EQ(run("EXISTS h"), integer(0));
  EXPECT_EQ(run("HSET h a"), error("ERR wrong number of arguments for 'hset' command"));
  EXPECT_EQ(run("HMSET h a 1 b"), error("ERR wrong number of arguments for 'hmset' command"));
}

TEST_F(HashesTest, MapsAreMapsInResp3) {
  auto& client = connect(protocol::RespVersion::resp3);
  run("HSET h a 1");
  EXPECT_EQ(client.run("HGETALL h"), aggregate('%', {bulk("a"), bulk("1")}));
  EXPECT_EQ(client.run("HGETALL nokey"), aggregate('%', {}));
  EXPECT_EQ(client.run("HKEYS h"), bulks({"a"}));
  EXPECT_EQ(client.run("HRANDFIELD h 1 WITHVALUES"), array({bulks({"a", "1"})}));
  EXPECT_EQ(client.run("HRANDFIELD h -2 WITHVALUES"),
            array({bulks({"a", "1"}), bulks({"a", "1"})}));
}

TEST_F(HashesTest, Events) {
  EXPECT_EQ(events_of("HSET h a 1 b 2"), "new h, hset h");
  EXPECT_EQ(events_of("HSET h a 1"), "hset h");
  EXPECT_EQ(events_of("HSETNX h a 2"), "");
  EXPECT_EQ(events_of("HSETNX h c 2"), "hset h");
  EXPECT_EQ(events_of("HINCRBY h a 2"), "hincrby h");
  EXPECT_EQ(events_of("HINCRBYFLOAT h a 2"), "hincrbyfloat h");
  EXPECT_EQ(events_of("HINCRBY h2 a 2"), "new h2, hincrby h2");
  EXPECT_EQ(events_of("HDEL h x"), "");
  EXPECT_EQ(events_of("HDEL h a b"), "hdel h");
  EXPECT_EQ(events_of("HDEL h c"), "hdel h, del h");
}

TEST_F(HashesTest, Changes) {
  EXPECT_EQ(changes_of("HSET h a 1 b 2"), 2u);
  EXPECT_EQ(changes_of("HSETNX h a 1"), 0u);
  EXPECT_EQ(changes_of("HINCRBY h a 1"), 1u);
  EXPECT_EQ(changes_of("HDEL h a b x"), 2u);
}

TEST_F(HashesTest, Counting) {
  EXPECT_EQ(run("HINCRBY h a 5"), integer(5));
  EXPECT_EQ(run("HINCRBY h a -8"), integer(-3));
  run("HSET h max 9223372036854775807 text x");
  EXPECT_EQ(run("HINCRBY h max 1"), error("ERR increment or decrement would overflow"));
  EXPECT_EQ(run("HINCRBY h text 1"), error("ERR hash value is not an integer"));
  EXPECT_EQ(run("HINCRBY h a x"), not_an_integer);
  EXPECT_EQ(run("HINCRBYFLOAT h a 0.5"), bulk("-2.5"));
  EXPECT_EQ(run("HINCRBYFLOAT h text 1"), error("ERR hash value is not a float"));
  EXPECT_EQ(run("HINCRBYFLOAT h a x"), error("ERR value is not a valid float"));
  EXPECT_EQ(run("HINCRBYFLOAT h a inf"), error("ERR value is NaN or Infinity"));
  EXPECT_EQ(run("HINCRBY nokey a x"), not_an_integer);
  EXPECT_EQ(run("EXISTS nokey"), integer(0));
}

TEST_F(HashesTest, Encodings) {
  server.configure([](config::Config& c) {
    c.hash_max_listpack_entries = 3;
    c.hash_max_listpack_value_bytes = 5;
  });
  run("HSET h a 1 b 2 c 3");
  EXPECT_EQ(encoding("h"), "listpack");
  run("HSET h d 4");
  EXPECT_EQ(encoding("h"), "hashtable");
  run("HSET v a 123456");
  EXPECT_EQ(encoding("v"), "hashtable");
  run("HSET f 12345 a");
  EXPECT_EQ(encoding("f"), "listpack");
  run("HINCRBY f a 123456");
  EXPECT_EQ(encoding("f"), "hashtable");
  run("HEXPIRE f 100 FIELDS 1 a");
  EXPECT_EQ(encoding("f"), "hashtable");
}

TEST_F(HashesTest, RandomFields) {
  for (const int size : {8, 1000}) {
    run("DEL h");
    for (int i = 0; i < size; ++i) run("HSET h f" + std::to_string(i) + " v" + std::to_string(i));
    for (const int count : {1, 3, size - 1, size, size + 1}) {
      const std::string reply = run("HRANDFIELD h " + std::to_string(count) + " WITHVALUES");
      const std::vector<std::string_view> lines = split(reply, '\n');
      std::set<std::string_view> fields;
      for (std::size_t i = 2; i + 2 < lines.size(); i += 4) {
        fields.insert(trim(lines[i]));
        EXPECT_EQ(trim(lines[i]).substr(1), trim(lines[i + 2]).substr(1));
      }
      EXPECT_EQ(fields.size(), static_cast<std::size_t>(std::min(count, size)));
    }
  }
  EXPECT_EQ(run("HRANDFIELD h -9223372036854775808"),
            error("ERR value is out of range, value must between -9223372036854775807 and "
                  "9223372036854775807"));
  EXPECT_EQ(run("HRANDFIELD h -9223372036854775807"), error("ERR value is out of range"));
  EXPECT_EQ(run("HRANDFIELD h 9223372036854775807 WITHVALUES"), error("ERR value is out of range"));
  EXPECT_EQ(run("HRANDFIELD h 1 NOTHING"), syntax_error);
  EXPECT_EQ(run("HRANDFIELD nokey"), null);
  EXPECT_EQ(run("HRANDFIELD nokey 5"), array({}));
}

TEST_F(HashesTest, Scan) {
  run("HSET h a 1 b 2");
  EXPECT_EQ(run("HSCAN h 0"), array({bulk("0"), bulks({"a", "1", "b", "2"})}));
  EXPECT_EQ(run("HSCAN h 0 NOVALUES"), array({bulk("0"), bulks({"a", "b"})}));
  EXPECT_EQ(run("HSCAN h 0 MATCH b"), array({bulk("0"), bulks({"b", "2"})}));
  EXPECT_EQ(run("HSCAN h x"), error("ERR invalid cursor"));
  for (int i = 0; i < 1000; ++i) run("HSET h f" + std::to_string(i) + " 1");
  std::multiset<std::string> seen;
  std::string cursor = "0";
  do {
    const std::string reply = run("HSCAN h " + cursor + " NOVALUES");
    const std::vector<std::string_view> lines = split(reply, '\n');
    cursor = trim(lines[2]);
    for (std::size_t i = 5; i < lines.size(); i += 2) seen.emplace(trim(lines[i]));
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 1002u);
  EXPECT_EQ((std::set<std::string>(seen.begin(), seen.end()).size()), 1002u);
}

TEST_F(HashesTest, OtherTypesAreRefused) {
  run("SET s x");
  for (const char* command : {"HSET s a 1",
                              "HMSET s a 1",
                              "HSETNX s a 1",
                              "HGET s a",
                              "HMGET s a",
                              "HDEL s a",
                              "HLEN s",
                              "HSTRLEN s a",
                              "HEXISTS s a",
                              "HGETALL s",
                              "HKEYS s",
                              "HVALS s",
                              "HINCRBY s a 1",
                              "HINCRBYFLOAT s a 1",
                              "HRANDFIELD s",
                              "HRANDFIELD s 1",
                              "HSCAN s 0",
                              "HEXPIRE s 1 FIELDS 1 a",
                              "HPEXPIRE s 1 FIELDS 1 a",
                              "HEXPIREAT s 1 FIELDS 1 a",
                              "HPEXPIREAT s 1 FIELDS 1 a",
                              "HTTL s FIELDS 1 a",
                              "HPTTL s FIELDS 1 a",
                              "HEXPIRETIME s FIELDS 1 a",
                              "HPEXPIRETIME s FIELDS 1 a",
                              "HPERSIST s FIELDS 1 a"}) {
    EXPECT_EQ(run(command), wrong_type) << command;
  }
}

}  // namespace
}  // namespace respawn::commands::test
