// Scripts in the debugger, as redis-cli's --ldb speaks with it: on redis-server and on the server
// under test the same words bring the same answers, and leave the same data.
#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

using Words = std::vector<std::string>;

/// A debugged script, what its client says, and the key that it may have written.
struct Dialogue {
  std::string name;
  std::string script;
  Words arguments;  // of EVAL, behind the script
  std::vector<Words> said;
};

const std::string loop_script =
    "local sum = 0\n"
    "for i = 1, 3 do\n"
    "  sum = sum + redis.call('INCR', KEYS[1])\n"
    "end\n"
    "return {sum, ARGV[1]}";

const std::string nested_script =
    "local function inner(a)\n"
    "  local b = {a, 'x'}\n"
    "  return b\n"
    "end\n"
    "local function outer(c)\n"
    "  local d = inner(c)\n"
    "  return d\n"
    "end\n"
    "local r = outer(7)\n"
    "return r\n\n";

const std::string value_script =
    "local text, number, yes, none = 'a\\n\\0\"\\\\', 1.5, true, nil\n"
    "local list, map = {1, {2, 'two'}, {}}, {key = {1}}\n"
    "local deep = {{{{{{{{{{{{1}}}}}}}}}}}}\n"
    "local long = string.rep('x', 300)\n"
    "local large, third = 12345678, 1/3\n"
    "redis.debug(text, number, list, map, deep, nil, false)\n"
    "redis.debug()\n"
    "return 1";

const std::string call_script =
    "redis.call('SET', KEYS[1], 'text')\n"
    "redis.pcall('INCR', KEYS[1])\n"
    "redis.call('GET', 'none')\n"
    "redis.call('MSET', 'a', 1, 'b', 2, 'c', 3, 'd', 4, 'e', 5, 'f', 6)\n"
    "redis.call('MGET', 'a', 'none', 'b')\n"
    "redis.pcall('NOSUCH', 'word')\n"
    "redis.pcall('GET')\n"
    "redis.pcall()\n"
    "redis.setresp(3)\n"
    "redis.call('HSET', 'h', 'f', 1)\n"
    "redis.call('HGETALL', 'h')\n"
    "redis.call('SADD', 's', 1)\n"
    "redis.call('SMEMBERS', 's')\n"
    "redis.call('GET', 'none')\n"
    "redis.call('ZADD', 'z', 1.5, 'm')\n"
    "redis.call('ZSCORE', 'z', 'm')\n"
    "local e = redis.error_reply('MINE of mine')\n"
    "return redis.sha1hex()";

std::vector<Words> so_many_steps(int count) {
  return std::vector<Words>(static_cast<std::size_t>(count), Words{"step"});
}

const Dialogue dialogues[] = {
    {"steps", loop_script, {"1", "k", "argument"}, so_many_steps(12)},
    {"continue", loop_script, {"1", "k", "argument"}, {{"continue"}}},
    {"letters", loop_script, {"1", "k", "x"}, {{"S"}, {"N"}, {"p"}, {"P", "sum"}, {"c"}}},
    {"breakpoints",
     loop_script,
     {"1", "k", "x"},
     {{"break"},
      {"break", "3"},
      {"break", "5", "3"},
      {"b"},
      {"break", "99"},
      {"break", "x"},
      {"list"},
      {"continue"},
      {"print"},
      {"break", "-3", "-4"},
      {"continue"},
      {"break", "0"},
      {"break"},
      {"continue"}}},
    {"sources",
     loop_script,
     {"1", "k", "x"},
     {{"list"},
      {"list", "4"},
      {"list", "4", "1"},
      {"list", "0", "0"},
      {"l", "x", "y"},
      {"whole"},
      {"w", "1"},
      {"c"}}},
    {"variables",
     loop_script,
     {"2", "k", "l", "x", "y"},
     {{"print", "KEYS"},
      {"print", "ARGV"},
      {"print", "sum"},
      {"print"},
      {"s"},
      {"print"},
      {"print", "sum"},
      {"print", "redis"},
      {"print", "sum", "more"},
      {"c"}}},
    {"values",
     value_script,
     {"0"},
     {{"s"},
      {"s"},
      {"s"},
      {"s"},
      {"s"},
      {"print"},
      {"maxlen"},
      {"maxlen", "10"},
      {"print", "long"},
      {"maxlen", "0"},
      {"print", "long"},
      {"print", "third"},
      {"c"}}},
    {"traces",
     nested_script,
     {"0"},
     {{"trace"},
      {"b", "2"},
      {"c"},
      {"trace"},
      {"s"},
      {"p"},
      {"p", "d"},
      {"p", "c"},
      {"p", "r"},
      {"s"},
      {"t"},
      {"whole"},
      {"c"}}},
    {"calls", call_script, {"1", "k"}, so_many_steps(18)},
    {"evaluations",
     loop_script,
     {"1", "k", "x"},
     {{"eval", "1 + 1"},
      {"eval", "KEYS[1]"},
      {"eval", "return", "'a',", "'b'"},
      {"eval", "{1,", "{2}}"},
      {"eval", "sum"},
      {"eval", "local x = 3 return x * 2"},
      {"eval", "redis.call('SET', 'e', 'v')"},
      {"eval", "if"},
      {"eval", "error('mine')"},
      {"redis", "GET", "e"},
      {"redis", "SET", "k", "5"},
      {"redis", "INCR", "k", "k"},
      {"redis", "NOSUCH"},
      {"r", "MGET", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
      {"redis"},
      {"eval"},
      {"c"}}},
    {"unknown", loop_script, {"1", "k", "x"}, {{"nosuch"}, {"GET", "k"}, {"steps"}, {"abort"}}},
    {"aborted", "redis.call('SET', KEYS[1], 1)\nreturn 2", {"1", "k"}, {{"s"}, {"abort"}}},
    {"aborted within pcall",
     "local ok, why = pcall(function()\n  return 1\nend)\nreturn {tostring(ok), why}",
     {"0"},
     {{"s"}, {"a"}}},
    {"asked for by the script",
     "local a = 1\nredis.debug('at', a, {b = 'c'})\nlocal stopped = redis.breakpoint()\na = 2\n"
     "return tostring(stopped)",
     {"0"},
     {{"c"}, {"print"}, {"c"}}},
    {"fails", "local a = 1\nerror('on purpose')\nreturn a", {"0"}, {{"s"}, {"s"}}},
    {"fails in a command",
     "redis.call('SET', KEYS[1], 1)\nreturn redis.call('LPUSH', KEYS[1], 1)",
     {"1", "k"},
     {{"s"}, {"s"}}},
    {"does not compile", "return +", {"0"}, {}},
    {"wrong number of keys", "return 1", {"2", "k"}, {}},
    {"empty", "", {"0"}, {{"c"}}},
    {"flags",
     "#!lua flags=no-writes\nlocal a = 1\nreturn redis.call('SET', 'k', a)",
     {"0"},
     {{"w"}, {"s"}, {"s"}}},
    {"a line of its own", "\n\n\nreturn 'x'\n\n", {"0"}, {{"w"}, {"c"}}},
    {"coroutines",
     "local co = coroutine.wrap(function()\n  local inner = 1\n  coroutine.yield(inner)\nend)\n"
     "local got = co()\nreturn got",
     {"0"},
     {{"s"}, {"s"}, {"print"}, {"trace"}, {"s"}, {"s"}, {"c"}}},
};

/// One line.
std::string shown(const Reply& reply) {
  return printable(reply.bytes(), 100'000);
}

/// What a client hears, one reply a line, until the connection is closed; and what is left.
std::string transcript(std::uint16_t port, const Dialogue& dialogue, const std::string& mode) {
  RespClient other(port);
  other.ok({"FLUSHALL"});
  other.ok({"SET", "k", "1"});
  RespClient client(port);
  std::string heard = shown(client.command({"SCRIPT", "DEBUG", mode})) + "\n";
  Words eval = {"EVAL", dialogue.script};
  eval.insert(eval.end(), dialogue.arguments.begin(), dialogue.arguments.end());
  const auto hear = [&](const Words& words) {
    const Reply reply = client.command(words);
    heard += shown(reply) + "\n";
    const bool over = !reply.elements.empty() && reply.elements.back().text == "<endsession>";
    if (over) heard += shown(client.read()) + "\n";
    return !over;
  };
  bool goes_on = hear(eval);
  for (auto words = dialogue.said.begin(); goes_on && words != dialogue.said.end(); ++words)
    goes_on = hear(*words);
  heard += goes_on                                            ? "goes on"
           : client.socket().closed_within(support::patience) ? "closed"
                                                              : "open";
  if (goes_on) return heard;
  for (const char* key : {"k", "e", "a"}) heard += "\n" + shown(other.command({"GET", key}));
  return heard;
}

class Debugger : public testing::TestWithParam<Dialogue> {
 protected:
  void SetUp() override {
    if (support::server_binary().empty()) GTEST_SKIP() << "there is no server to test";
    if (support::redis_binary().empty()) GTEST_SKIP() << "there is no redis-server";
  }
};

void PrintTo(const Dialogue& dialogue, std::ostream* stream) {
  *stream << dialogue.name;
}

TEST_P(Debugger, SaysTheSame) {
  ServerOptions options;
  options.arguments = {"--save", ""};
  ServerProcess ours(options);
  options.binary = support::redis_binary();
  ServerProcess reference(options);
  for (const char* mode : {"YES", "sync"})
    EXPECT_EQ(transcript(ours.port(), GetParam(), mode),
              transcript(reference.port(), GetParam(), mode))
        << mode;
}

INSTANTIATE_TEST_SUITE_P(Dialogues, Debugger, testing::ValuesIn(dialogues), [](const auto& each) {
  std::string name = each.param.name;
  for (char& c : name)
    if (c == ' ') c = '_';
  return name;
});

class DebuggerOverTheWire : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (!IsSkipped()) start({"--busy-reply-threshold", "100"});
  }

  static void await_busy(RespClient& client) {
    ASSERT_TRUE(wait_until([&] { return client.command({"PING"}).text.starts_with("BUSY"); }));
  }
};

TEST_F(DebuggerOverTheWire, OthersAreAnsweredThatTheServerIsBusy) {
  if (!is_respawn()) GTEST_SKIP() << "redis-server forks, or stops";
  RespClient client(port());
  client.ok({"SCRIPT", "DEBUG", "SYNC"});
  client.command({"EVAL", "redis.call('SET', 'k', 1)\nreturn 2", "0"});
  RespClient other(port());
  await_busy(other);
  EXPECT_TRUE(other.command({"GET", "k"}).text.starts_with("BUSY"));
  EXPECT_FALSE(other.command({"RESPAWN", "TREE"}).is_error());
  client.command({"step"});
  EXPECT_TRUE(other.command({"SCRIPT", "KILL"}).text.starts_with("UNKILLABLE"));
  EXPECT_EQ(client.command({"continue"}).elements.back().text, "<endsession>");
  EXPECT_EQ(client.read().integer(), 2);
  EXPECT_EQ(other.command({"GET", "k"}).text, "1");
}

TEST_F(DebuggerOverTheWire, ASessionIsKilledWhileItsClientThinks) {
  if (!is_respawn()) GTEST_SKIP() << "redis-server forks, or stops";
  RespClient client(port());
  client.ok({"SCRIPT", "DEBUG", "YES"});
  client.command({"EVAL", "redis.call('SET', 'k', 1)\nreturn 2", "0"});
  client.command({"step"});
  RespClient other(port());
  await_busy(other);
  other.ok({"SCRIPT", "KILL"});
  EXPECT_TRUE(wait_until([&] { return other.command({"PING"}).text == "PONG"; }));
  EXPECT_TRUE(other.command({"GET", "k"}).null);
  EXPECT_EQ(client.read().elements.back().text, "<endsession>");
  EXPECT_NE(client.read().text.find("killed by user"), std::string::npos);
  EXPECT_TRUE(client.command({"step"}).is_error());
  EXPECT_TRUE(client.socket().closed_within(support::patience));
}

TEST_F(DebuggerOverTheWire, WithoutItsClientTheScriptGoesOn) {
  if (!is_respawn()) GTEST_SKIP() << "redis-server forks, or stops";
  for (const char* mode : {"YES", "SYNC"}) {
    {
      RespClient client(port());
      client.ok({"SCRIPT", "DEBUG", mode});
      client.command({"EVAL", "redis.call('SET', 'k', 1)\nredis.breakpoint()\nreturn 2", "0"});
    }
    RespClient other(port());
    EXPECT_TRUE(wait_until([&] { return other.command({"PING"}).text == "PONG"; }));
    EXPECT_EQ(other.command({"GET", "k"}).null, mode == std::string("YES"));
  }
}

/// What a session in its default mode changes is not to be seen behind it, whatever it was.
TEST_F(DebuggerOverTheWire, EverythingIsTakenBack) {
  RespClient other(port());
  const std::vector<Words> before = {{"SET", "s", "text", "PX", "10000000"},
                                     {"RPUSH", "l", "1", "2"},
                                     {"SADD", "set", "1", "x"},
                                     {"HSET", "h", "f", "1"},
                                     {"ZADD", "z", "1.5", "m"},
                                     {"SET", "n", "5"},
                                     {"SELECT", "1"},
                                     {"SET", "there", "1"},
                                     {"SELECT", "0"}};
  for (const Words& words : before) ASSERT_FALSE(other.command(words).is_error());
  const auto state = [&] {
    std::string text;
    for (const char* database : {"0", "1", "2"}) {
      other.ok({"SELECT", database});
      text += shown(other.command({"DBSIZE"}));
      for (const char* key : {"s", "l", "set", "h", "z", "n", "there", "new"})
        text += shown(other.command({"DUMP", key})) + shown(other.command({"EXPIRETIME", key}));
    }
    other.ok({"SELECT", "0"});
    return text + info("persistence", "rdb_changes_since_last_save");
  };
  const std::string expected = state();
  for (const std::string change :
       {"redis.call('APPEND', 's', 'more')", "redis.call('PERSIST', 's')", "redis.call('DEL', 'l')",
        "redis.call('LPOP', 'l', 2) redis.call('SET', 'l', 1)", "redis.call('RENAME', 'h', 'new')",
        "redis.call('FLUSHALL') redis.call('SET', 's', 1)", "redis.call('FLUSHDB')",
        "redis.call('SWAPDB', 0, 1) redis.call('SET', 's', 1) redis.call('SWAPDB', 1, 2)",
        "redis.call('MOVE', 'z', 2) redis.call('ZADD', 'z', 1, 'other')",
        "redis.call('SADD', 'set', 'a') redis.call('SREM', 'set', 'x') redis.call('DEL', 'n')",
        "redis.call('SET', 'new', 1) redis.call('INCR', 'n') redis.call('INCR', 'n') error('x')"}) {
    RespClient client(port());
    client.ok({"SCRIPT", "DEBUG", "YES"});
    client.command({"EVAL", change, "0"});
    EXPECT_EQ(client.command({"c"}).elements.back().text, "<endsession>");
    client.read();
    EXPECT_TRUE(wait_until([&] { return other.command({"PING"}).text == "PONG"; }));
    EXPECT_EQ(state(), expected) << change;
  }
}

TEST_F(DebuggerOverTheWire, IsOnlyForWhoAsksForIt) {
  RespClient client(port());
  EXPECT_EQ(client.command({"SCRIPT", "DEBUG", "maybe"}).text, "ERR Use SCRIPT DEBUG YES/SYNC/NO");
  client.ok({"SCRIPT", "DEBUG", "YES"});
  const std::string sha = client.text({"SCRIPT", "LOAD", "return 1"});
  EXPECT_EQ(client.command({"EVALSHA", sha, "0"}).text,
            "ERR Please use EVAL instead of EVALSHA for debugging");
  client.ok({"SCRIPT", "DEBUG", "NO"});
  EXPECT_EQ(client.command({"EVALSHA", sha, "0"}).integer(), 1);
  client.send({"PING"});
  client.send({"SCRIPT", "DEBUG", "YES"});
  client.read();
  client.read();
}

}  // namespace
}  // namespace respawn::integration
