// EVAL and its like: what scripts of clients do to the data, and what they may.
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

/// What the units propagated, one in [] each.
class EvalListener final : public UnitListener {
 public:
  void unit_done(const UnitRecord& unit) override {
    text += "[";
    for (const Propagated& effect : unit.propagated()) {
      for (const std::string& word : effect.words) text += word + " ";
      text +=
          std::to_string(effect.db) + "/" + std::to_string(static_cast<int>(effect.targets)) + "; ";
    }
    text += "]";
  }

  std::string text;
};

class EvalTest : public CommandTest {
 protected:
  std::string eval(std::string_view script, const std::vector<std::string>& arguments = {"0"}) {
    std::vector<std::string> words{"EVAL", std::string(script)};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return server.first.run_words(words);
  }

  /// An error of a script of one line.
  static std::string raised(std::string_view text, std::string_view sha) {
    return error(std::string(text) + " script: " + std::string(sha) + ", on @user_script:1.");
  }
};

TEST_F(EvalTest, ScriptsReadAndWrite) {
  EXPECT_EQ(eval("return redis.call('SET', KEYS[1], ARGV[1])", {"1", "k", "5"}), ok);
  EXPECT_EQ(eval("return redis.call('INCRBY', KEYS[1], 3) + 1", {"1", "k"}), integer(9));
  EXPECT_EQ(eval("return {redis.call('GET', 'k'), redis.call('GET', 'none')}"),
            array({bulk("8"), null}));
  EXPECT_EQ(run("GET k"), bulk("8"));
}

TEST_F(EvalTest, CachedScriptsAreNamedByTheirSha) {
  const std::string sha = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
  EXPECT_EQ(run("EVALSHA " + sha + " 0"), error("NOSCRIPT No matching script. Please use EVAL."));
  EXPECT_EQ(eval("return 1"), integer(1));
  EXPECT_EQ(run("EVALSHA " + sha + " 0"), integer(1));
  EXPECT_EQ(run("EVALSHA " + to_upper(sha) + " 0"), integer(1));
  EXPECT_EQ(run("EVALSHA_RO " + sha + " 0"), integer(1));
  EXPECT_EQ(run("EVALSHA abc 0"), error("NOSCRIPT No matching script. Please use EVAL."));
  EXPECT_EQ(run("SCRIPT EXISTS " + sha + " abc"), array({integer(1), integer(0)}));
  EXPECT_EQ(run("SCRIPT FLUSH"), ok);
  EXPECT_EQ(run("EVALSHA " + sha + " 0"), error("NOSCRIPT No matching script. Please use EVAL."));
  EXPECT_EQ(run({"SCRIPT", "LOAD", "return 1"}), bulk(sha));
  EXPECT_EQ(run("EVALSHA " + sha + " 0"), integer(1));
}

TEST_F(EvalTest, KeysAreCounted) {
  EXPECT_EQ(eval("return 1", {"x"}), not_an_integer);
  EXPECT_EQ(eval("return 1", {"1"}),
            error("ERR Number of keys can't be greater than number of args"));
  EXPECT_EQ(eval("return 1", {"-1"}), error("ERR Number of keys can't be negative"));
  EXPECT_EQ(eval("return {#KEYS, #ARGV}", {"2", "a", "b", "c"}), array({integer(2), integer(1)}));
}

TEST_F(EvalTest, WhatCannotBeCompiledIsNotCached) {
  EXPECT_EQ(eval("return ("), error("ERR Error compiling script (new function): user_script:1: "
                                    "unexpected symbol near '<eof>'"));
  EXPECT_EQ(eval("#!lua flags=bad\nreturn 1"), error("ERR Unexpected flag in script shebang: bad"));
  EXPECT_EQ(run({"SCRIPT", "LOAD", "return ("}),
            error("ERR Error compiling script (new function): user_script:1: unexpected symbol "
                  "near '<eof>'"));
}

TEST_F(EvalTest, CallsAreRefusedInScriptsWords) {
  EXPECT_EQ(eval("return redis.pcall('nosuch')"),
            error("ERR Unknown Redis command called from script"));
  EXPECT_EQ(eval("return redis.pcall('config', 'nosuch')"),
            error("ERR Unknown Redis command called from script"));
  EXPECT_EQ(eval("return redis.pcall('get')"),
            error("ERR Wrong number of args calling Redis command from script"));
  EXPECT_EQ(eval("return redis.pcall('eval', 'return 1', 0)"),
            error("ERR This Redis command is not allowed from script"));
  EXPECT_EQ(eval("return redis.call('nosuch')"),
            raised("ERR Unknown Redis command called from script",
                   "206396248e12c6e742fd7296250433c8d7343b74"));
}

TEST_F(EvalTest, NothingWaitsInside) {
  EXPECT_EQ(eval("return redis.call('BLPOP', 'nothing', 0)"), null);
  EXPECT_FALSE(server.first.blocked());
}

TEST_F(EvalTest, DatabaseAndProtocolStayTheClients) {
  run("SET k zero");
  EXPECT_EQ(eval("redis.call('SELECT', 3) redis.call('SET', 'k', 'three') redis.setresp(3) "
                 "return redis.call('GET', 'k')"),
            bulk("three"));
  EXPECT_EQ(run("GET k"), bulk("zero"));
  EXPECT_EQ(eval("return redis.call('HGETALL', 'none')"), "*0\r\n");
}

TEST_F(EvalTest, EffectsAreOneUnit) {
  EvalListener listener;
  server.store.unit.add_listener(listener);
  eval("redis.call('SET', 'a', 1) redis.call('INCR', 'a') return redis.call('GET', 'a')");
  EXPECT_EQ(listener.text, "[SET a 1 0/3; INCR a 0/3; ]");
  listener.text.clear();
  eval(
      "redis.set_repl(redis.REPL_NONE) redis.call('SET', 'a', 1) redis.set_repl(redis.REPL_AOF) "
      "redis.call('SET', 'b', 1)");
  EXPECT_EQ(listener.text, "[SET b 1 0/1; ]");
  listener.text.clear();
  eval("redis.call('SET', 'c', 1)");
  EXPECT_EQ(listener.text, "[SET c 1 0/3; ]");
  server.store.unit.remove_listener(listener);
}

TEST_F(EvalTest, TimeStandsStill) {
  run("SET k v PX 50");
  EXPECT_EQ(eval("local a = redis.call('TIME') local b = redis.call('TIME') "
                 "return {a[1] == b[1] and a[2] == b[2], redis.call('GET', 'k')}"),
            array({integer(1), bulk("v")}));
}

TEST_F(EvalTest, ReadOnlyScriptsOnlyRead) {
  run("SET k v");
  EXPECT_EQ(run({"EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "k"}), bulk("v"));
  EXPECT_EQ(run({"EVAL_RO", "return redis.pcall('SET', KEYS[1], 'w')", "1", "k"}),
            error("ERR Write commands are not allowed from read-only scripts."));
  EXPECT_EQ(run({"EVAL_RO", "return redis.pcall('PUBLISH', 'c', 'w')", "0"}),
            error("ERR Write commands are not allowed from read-only scripts."));
  EXPECT_EQ(eval("#!lua flags=no-writes\nreturn redis.pcall('SET', KEYS[1], 'w')", {"1", "k"}),
            error("ERR Write commands are not allowed from read-only scripts."));
  EXPECT_EQ(run({"EVAL_RO", "#!lua\nreturn 1", "0"}),
            error("ERR Can not execute a script with write flag using *_ro command."));
  EXPECT_EQ(run("GET k"), bulk("v"));
}

TEST_F(EvalTest, MemoryCountsAsItStoodAtTheBeginning) {
  run("SET k v");
  server.configure([](config::Config& c) { c.maxmemory_bytes = 1; });
  server.services.memory.known.used = 2;
  EXPECT_EQ(eval("return redis.pcall('SET', 'k', 'w')"), error(errors::out_of_memory));
  EXPECT_EQ(eval("redis.call('DEL', 'k') return redis.call('SET', 'k', 'w')"), ok);
  EXPECT_EQ(eval("return redis.call('GET', 'k')"), bulk("w"));
  EXPECT_EQ(eval("#!lua\nreturn 1"), error(errors::out_of_memory));
  EXPECT_EQ(eval("#!lua flags=no-writes\nreturn 1"), integer(1));
  EXPECT_EQ(eval("#!lua flags=allow-oom\nreturn redis.call('SET', 'k', 'x')"), ok);
}

TEST_F(EvalTest, RightsAreThoseOfTheCaller) {
  run("ACL SETUSER reader on nopass ~a +eval +get");
  Client& reader = connect();
  reader.run("AUTH reader x");
  EXPECT_EQ(reader.run({"EVAL", "return redis.call('GET', 'a')", "0"}), null);
  EXPECT_EQ(reader.run({"EVAL", "return redis.pcall('GET', 'b')", "0"}),
            error("ERR ACL failure in script: No permissions to access a key"));
  EXPECT_EQ(reader.run({"EVAL", "return redis.pcall('SET', 'a', 1)", "0"}),
            error("ERR ACL failure in script: User reader has no permissions to run the 'set' "
                  "command"));
  EXPECT_EQ(reader.run({"EVAL",
                        "return {redis.acl_check_cmd('GET', 'a'), redis.acl_check_cmd('GET', 'b')}",
                        "0"}),
            array({integer(1), null}));
  EXPECT_NE(run("ACL LOG").find("lua"), std::string::npos);
}

TEST_F(EvalTest, StandsInTransactions) {
  run("MULTI");
  EXPECT_EQ(eval("return redis.call('INCR', KEYS[1])", {"1", "n"}), simple("QUEUED"));
  run("INCR n");
  EXPECT_EQ(run("EXEC"), array({integer(1), integer(2)}));
}

TEST_F(EvalTest, CallsAreCounted) {
  run("CONFIG RESETSTAT");
  eval("redis.call('SET', 'k', 1) redis.call('GET', 'k') return redis.pcall('LPUSH', 'k', 1)");
  const std::string counted = run("INFO commandstats");
  EXPECT_NE(counted.find("cmdstat_set:calls=1"), std::string::npos);
  EXPECT_NE(counted.find("cmdstat_eval:calls=1"), std::string::npos);
  const std::string errors = run("INFO errorstats");
  EXPECT_NE(errors.find("errorstat_WRONGTYPE:count=1"), std::string::npos);
}

TEST_F(EvalTest, MonitorsSeeTheScriptAndWhatItDoes) {
  Client& monitor = connect();
  monitor.run("MONITOR");
  eval("return redis.call('SET', 'k', 1)");
  const std::string seen = monitor.received();
  EXPECT_NE(seen.find("\"EVAL\""), std::string::npos);
  EXPECT_NE(seen.find("[0 lua] \"SET\" \"k\" \"1\""), std::string::npos);
  EXPECT_LT(seen.find("\"EVAL\""), seen.find("lua]"));
}

TEST_F(EvalTest, WhatScriptsReadIsTrackedForTheCaller) {
  Client& reader = connect(protocol::RespVersion::resp3);
  reader.run("CLIENT TRACKING ON");
  reader.run({"EVAL_RO", "return redis.call('GET', 'k')", "1", "declared"});
  run("SET declared 1");
  EXPECT_EQ(reader.received(), "");
  run("SET k 1");
  EXPECT_EQ(reader.received(), aggregate('>', {bulk("invalidate"), bulks({"k"})}));
}

TEST_F(EvalTest, KeysOfACallAreKnown) {
  EXPECT_EQ(run("COMMAND GETKEYS EVAL script 2 a b c"), bulks({"a", "b"}));
  EXPECT_EQ(run("COMMAND GETKEYS EVALSHA sha 0 c"), "*0\r\n");
}

TEST_F(EvalTest, LargeValuesPass) {
  const std::string large(100'000, 'x');
  run({"SET", "large", large});
  EXPECT_EQ(eval("return {#redis.call('GET', 'large'), redis.call('GET', 'large')}"),
            array({integer(100'000), bulk(large)}));
  run({"SET", "other", large});
  EXPECT_EQ(eval("local r = redis.call('MGET', 'large', 'none', 'other') "
                 "return {#r[1], r[2], #r[3]}"),
            array({integer(100'000), null, integer(100'000)}));
}

TEST_F(EvalTest, ScriptsOutliveTheKeyspaceActor) {
  eval("return 1");
  run({"FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return 7 end)"});
  server.restart();
  EXPECT_EQ(run("EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0"), integer(1));
  EXPECT_EQ(run("FCALL f 0"), integer(7));
}

TEST_F(EvalTest, TheNextScriptIsDebuggedWhereThatIsAskedFor) {
  EXPECT_EQ(run("SCRIPT DEBUG maybe"), error("ERR Use SCRIPT DEBUG YES/SYNC/NO"));
  EXPECT_EQ(run("SCRIPT DEBUG YES"), ok);
  EXPECT_EQ(run("EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0"),
            error("ERR Please use EVAL instead of EVALSHA for debugging"));
  EXPECT_EQ(run("SCRIPT DEBUG NO"), ok);
  EXPECT_EQ(run("EVAL 'return 1' 0"), integer(1));
  EXPECT_EQ(run("SCRIPT DEBUG sync"), ok);
  EXPECT_EQ(run("EVAL 'return 1' 0"),
            array({simple("* Stopped at 1, stop reason = step over"), simple("-> 1   return 1")}));
  EXPECT_EQ(run("continue"), array({simple("<endsession>")}) + integer(1));
  EXPECT_TRUE(server.first.closed());
  EXPECT_EQ(connect().pipeline({"PING", "SCRIPT DEBUG YES"}),
            "+PONG\r\n" + error("ERR SCRIPT DEBUG must be called outside a pipeline"));
}

TEST_F(EvalTest, IsNotDebuggedWithinATransaction) {
  run("SCRIPT DEBUG YES");
  run("MULTI");
  run("EVAL 'return 1' 0");
  EXPECT_EQ(run("EXEC"), array({integer(1)}));
}

}  // namespace
}  // namespace respawn::commands::test
