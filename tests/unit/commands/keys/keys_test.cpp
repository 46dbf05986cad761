#include <algorithm>
#include <set>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using GenericTest = CommandTest;

/// The keys in a SCAN's or KEYS's reply, for names that are one letter and digits.
std::multiset<std::string> keys_in(std::string_view reply) {
  std::multiset<std::string> keys;
  for (std::string_view line : split(reply, '\n'))
    if (!line.empty() && line.front() >= 'a' && line.front() <= 'z') keys.emplace(trim(line));
  return keys;
}

std::string cursor_in(std::string_view reply) {
  return std::string(trim(split(reply, '\n')[2]));
}

TEST_F(GenericTest, DelAndUnlink) {
  run("MSET a 1 b 2 c 3");
  run("RPUSH l x");
  EXPECT_EQ(run("DEL a l nokey a"), integer(2));
  EXPECT_EQ(run("UNLINK b nokey"), integer(1));
  EXPECT_EQ(run("DBSIZE"), integer(1));
  EXPECT_EQ(events_of("DEL c nokey"), "del c");
  run("MSET a 1 b 2");
  EXPECT_EQ(changes_of("DEL a b c"), 2u);
}

TEST_F(GenericTest, AnExpiredKeyCannotBeDeleted) {
  run("SET k v PX 10");
  server.clock.advance_ms(11);
  EXPECT_EQ(run("DEL k"), integer(0));
}

TEST_F(GenericTest, ExistsTouchAndType) {
  run("SET k v");
  run("RPUSH l x");
  EXPECT_EQ(run("EXISTS k k l nokey"), integer(3));
  EXPECT_EQ(run("TOUCH k k l nokey"), integer(3));
  EXPECT_EQ(run("TYPE k"), simple("string"));
  EXPECT_EQ(run("TYPE l"), simple("list"));
  EXPECT_EQ(run("TYPE nokey"), simple("none"));
}

TEST_F(GenericTest, KeysListsWhatMatchesAndLives) {
  run("MSET a1 x a2 x b1 x");
  run("SET a3 x PX 10");
  server.clock.advance_ms(11);
  EXPECT_EQ(keys_in(run("KEYS a*")), (std::multiset<std::string>{"a1", "a2"}));
  EXPECT_EQ(keys_in(run("KEYS *")), (std::multiset<std::string>{"a1", "a2", "b1"}));
  EXPECT_EQ(run("KEYS c*"), array({}));
  EXPECT_EQ(run("DBSIZE"), integer(4));
}

/// Each byte of the key would be compared with each letter, for every command and every channel:
/// none of this would end.
TEST_F(GenericTest, OneLongPatternDoesNotStopEveryone) {
  const std::string key(1'000'000, 'z');
  run({"SET", key, "v"});
  run({"SADD", "S", key});
  run({"HSET", "H", key, "v"});
  run({"ZADD", "X", "1", key});
  std::string letters;
  while (letters.size() < 2'000'000) letters += "abcdefghijklmnopqrstuvwxy";
  const std::string pattern = "*[" + letters + "]";
  const std::string other = "*[^SHX" + letters + "]";
  EXPECT_EQ(run({"KEYS", pattern}), array({}));
  EXPECT_EQ(run({"KEYS", other}), bulks({key}));
  for (const std::string_view name : {"S", "H", "X"}) {
    const std::string command = name == "S" ? "SSCAN" : name == "H" ? "HSCAN" : "ZSCAN";
    EXPECT_EQ(run({command, name, "0", "MATCH", pattern}), array({bulk("0"), array({})}));
  }
  EXPECT_EQ(run({"SCAN", "0", "COUNT", "100", "MATCH", pattern}), array({bulk("0"), array({})}));
  EXPECT_EQ(run({"SCAN", "0", "COUNT", "100", "MATCH", other}), array({bulk("0"), bulks({key})}));
  Client& listener = connect();
  listener.run({"PSUBSCRIBE", pattern});
  EXPECT_EQ(run({"PUBLISH", key, "m"}), integer(0));
  EXPECT_EQ(run({"PUBLISH", key + "a", "m"}), integer(1));
  EXPECT_EQ(run({"CONFIG", "GET", pattern + "0"}), array({}));
  EXPECT_EQ(run({"PUBSUB", "CHANNELS", pattern}), array({}));
  EXPECT_EQ(run({"COMMAND", "LIST", "FILTERBY", "PATTERN", "*[0" + letters + "]0"}), array({}));
}

TEST_F(GenericTest, RandomkeyIsAnyThatLives) {
  EXPECT_EQ(run("RANDOMKEY"), null);
  run("MSET a 1 b 2");
  run("SET c 3 PX 10");
  server.clock.advance_ms(11);
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) seen.insert(run("RANDOMKEY"));
  EXPECT_EQ(seen, (std::set<std::string>{bulk("a"), bulk("b")}));
  EXPECT_EQ(run("DBSIZE"), integer(2));
}

TEST_F(GenericTest, RandomkeyOfNothingButTheExpired) {
  run("SET a 1 PX 10");
  run("SET b 1 PX 10");
  server.clock.advance_ms(11);
  EXPECT_EQ(run("RANDOMKEY"), null);
}

TEST_F(GenericTest, ScanMeetsEveryKeyOnce) {
  std::multiset<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    run("SET k" + std::to_string(i) + " v");
    expected.insert("k" + std::to_string(i));
  }
  std::multiset<std::string> seen;
  std::string cursor = "0";
  int calls = 0;
  do {
    const std::string reply = run("SCAN " + cursor + " COUNT 20");
    seen.merge(keys_in(reply));
    cursor = cursor_in(reply);
    ++calls;
  } while (cursor != "0");
  EXPECT_EQ(seen, expected);
  EXPECT_GT(calls, 5);
}

TEST_F(GenericTest, ScanFilters) {
  run("MSET a1 x a2 x b1 x");
  run("RPUSH a3 x");
  run("SET a4 x PX 10");
  server.clock.advance_ms(11);
  EXPECT_EQ(keys_in(run("SCAN 0 COUNT 1000 MATCH a*")),
            (std::multiset<std::string>{"a1", "a2", "a3"}));
  EXPECT_EQ(keys_in(run("SCAN 0 COUNT 1000 TYPE LIST")), (std::multiset<std::string>{"a3"}));
  EXPECT_EQ(keys_in(run("SCAN 0 COUNT 1000 MATCH b* TYPE string")),
            (std::multiset<std::string>{"b1"}));
  EXPECT_EQ(keys_in(run("SCAN 0 COUNT 1000 TYPE nonsense")), (std::multiset<std::string>{}));
  EXPECT_EQ(run("DBSIZE"), integer(4));  // the expired one is gone
}

TEST_F(GenericTest, ScanRemovesWhatExpiredWhateverItsType) {
  run("RPUSH list x");
  run("SET string x PX 10");
  run("SET other x PX 10");
  server.clock.advance_ms(11);
  EXPECT_EQ(keys_in(run("SCAN 0 COUNT 1000 MATCH o* TYPE zset")), (std::multiset<std::string>{}));
  EXPECT_EQ(run("DBSIZE"), integer(2));  // what the pattern excludes is not looked at
  EXPECT_EQ(keys_in(run("SCAN 0 COUNT 1000 TYPE list")), (std::multiset<std::string>{"list"}));
  EXPECT_EQ(run("DBSIZE"), integer(1));
}

TEST_F(GenericTest, ScanReadsCursorsAsRedisDoes) {
  run("SET k v");
  const std::string all = array({bulk("0"), bulks({"k"})});
  for (const char* cursor : {"0", "00", "+0", "\"\""})
    EXPECT_EQ(run(std::string("SCAN ") + cursor + " COUNT 1000"), all) << cursor;
  EXPECT_EQ(run("SCAN -1"), array({bulk("0"), array({})}));
  EXPECT_EQ(run("SCAN 18446744073709551615"), array({bulk("0"), array({})}));
  for (const char* cursor : {"-", "+", "abc", "1x", "\" 1\"", "18446744073709551616"})
    EXPECT_EQ(run(std::string("SCAN ") + cursor), error("ERR invalid cursor")) << cursor;
}

TEST_F(GenericTest, ScanOptionsThatAreNone) {
  EXPECT_EQ(run("SCAN 0 COUNT 0"), syntax_error);
  EXPECT_EQ(run("SCAN 0 COUNT -1"), syntax_error);
  EXPECT_EQ(run("SCAN 0 COUNT x"), not_an_integer);
  EXPECT_EQ(run("SCAN 0 COUNT"), syntax_error);
  EXPECT_EQ(run("SCAN 0 MATCH"), syntax_error);
  EXPECT_EQ(run("SCAN 0 TYPE"), syntax_error);
  EXPECT_EQ(run("SCAN 0 FOO"), syntax_error);
}

TEST_F(GenericTest, ObjectEncoding) {
  run({"MSET", "int", "123", "embstr", "abc", "raw", std::string(45, 'x')});
  run("RPUSH list a");
  EXPECT_EQ(run("OBJECT ENCODING int"), bulk("int"));
  EXPECT_EQ(run("OBJECT ENCODING embstr"), bulk("embstr"));
  EXPECT_EQ(run("OBJECT ENCODING raw"), bulk("raw"));
  EXPECT_EQ(run("OBJECT ENCODING list"), bulk("listpack"));
  EXPECT_EQ(run("OBJECT ENCODING nokey"), null);
}

TEST_F(GenericTest, ObjectIdletime) {
  run("SET k v");
  pass_ms(5000);
  EXPECT_EQ(run("OBJECT IDLETIME k"), integer(5));
  EXPECT_EQ(run("OBJECT IDLETIME k"), integer(5));
  run("GET k");
  EXPECT_EQ(run("OBJECT IDLETIME k"), integer(0));
  pass_ms(3000);
  run("TYPE k");
  run("TTL k");
  run("EXISTS k");
  EXPECT_EQ(run("OBJECT IDLETIME k"), integer(3));
  run("TOUCH k");
  EXPECT_EQ(run("OBJECT IDLETIME k"), integer(0));
  EXPECT_EQ(run("OBJECT IDLETIME nokey"), null);
}

TEST_F(GenericTest, ACommandOfAClientWithoutATraceIsNoAccessButTouchIs) {
  run("SET k v");
  pass_ms(5000);
  server.first.session().no_touch = true;
  run("GET k");
  EXPECT_EQ(run("OBJECT IDLETIME k"), integer(5));
  run("TOUCH k");
  EXPECT_EQ(run("OBJECT IDLETIME k"), integer(0));
}

TEST_F(GenericTest, ObjectFreqNeedsAnLfuPolicy) {
  run("SET k v");
  EXPECT_EQ(run("OBJECT FREQ k").substr(0, 42), "-ERR An LFU maxmemory policy is not select");
  server.configure(
      [](config::Config& c) { c.maxmemory_policy = config::EvictionPolicy::allkeys_lfu; });
  EXPECT_EQ(run("OBJECT IDLETIME k").substr(0, 42), "-ERR An LFU maxmemory policy is selected, ");
  run("SET fresh v");
  EXPECT_EQ(run("OBJECT FREQ fresh"), integer(5));
  run("GET fresh");
  EXPECT_EQ(run("OBJECT FREQ fresh"), integer(6));
  EXPECT_EQ(run("OBJECT FREQ nokey"), null);
}

TEST_F(GenericTest, ObjectRefcount) {
  run("MSET small 9999 large 10000 text abc");
  EXPECT_EQ(run("OBJECT REFCOUNT small"), integer(2147483647));
  EXPECT_EQ(run("OBJECT REFCOUNT large"), integer(1));
  EXPECT_EQ(run("OBJECT REFCOUNT text"), integer(1));
  EXPECT_EQ(run("OBJECT REFCOUNT nokey"), null);
  server.configure([](config::Config& c) {
    c.maxmemory_policy = config::EvictionPolicy::allkeys_lru;
    c.maxmemory_bytes = 1 << 30;
  });
  EXPECT_EQ(run("OBJECT REFCOUNT small"), integer(1));
}

TEST_F(GenericTest, ObjectAsAContainer) {
  EXPECT_EQ(run("OBJECT"), error("ERR wrong number of arguments for 'object' command"));
  EXPECT_EQ(run("OBJECT FOO"), error("ERR unknown subcommand 'FOO'. Try OBJECT HELP."));
  EXPECT_EQ(run("OBJECT FREQ"), error("ERR wrong number of arguments for 'object|freq' command"));
  const std::string help = run("OBJECT HELP");
  EXPECT_NE(help.find("+OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"),
            std::string::npos);
  EXPECT_NE(help.find("+IDLETIME key\r\n"), std::string::npos);
}

}  // namespace
}  // namespace respawn::commands::test
