#include "scripting/interpreter.hpp"

#include <stdexcept>

#include "base/fiber.hpp"
#include "tests/unit/scripting/script_support.hpp"

namespace respawn::scripting::test {
namespace {

using protocol::RespVersion;

class InterpreterTest : public ScriptTest {};

TEST_F(InterpreterTest, RepliesWhatAScriptReturns) {
  EXPECT_EQ(value("1"), ":1\r\n");
  EXPECT_EQ(value("-3.99"), ":-3\r\n");
  EXPECT_EQ(value("'a b'"), "$3\r\na b\r\n");
  EXPECT_EQ(value("nil"), "$-1\r\n");
  EXPECT_EQ(value("true"), ":1\r\n");
  EXPECT_EQ(value("false"), "$-1\r\n");
  EXPECT_EQ(value("{1, 'x', {2}, nil, 5}"), "*3\r\n:1\r\n$1\r\nx\r\n*1\r\n:2\r\n");
  EXPECT_EQ(value("{}"), "*0\r\n");
  EXPECT_EQ(value("{ok = 'fine\\r\\n'}"), "+fine  \r\n");
  EXPECT_EQ(value("{err = 'My problem'}"), "-My problem\r\n");
  EXPECT_EQ(value("{double = 1.5}"), "$3\r\n1.5\r\n");
  EXPECT_EQ(value("{big_number = '123'}"), "$3\r\n123\r\n");
  EXPECT_EQ(value("{verbatim_string = {format = 'txt', string = 'hi'}}"), "$2\r\nhi\r\n");
  EXPECT_EQ(value("{map = {a = 1}}"), "*2\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(value("{set = {a = true}}"), "*1\r\n$1\r\na\r\n");
  EXPECT_EQ(value("1e300"), ":-9223372036854775808\r\n");
  EXPECT_EQ(value("print"),
            "-ERR user_script:1: Script attempted to access nonexistent global "
            "variable 'print' script: sha, on @user_script:1.\r\n");
}

TEST_F(InterpreterTest, RepliesInTheClientsProtocol) {
  version = RespVersion::resp3;
  EXPECT_EQ(value("nil"), "_\r\n");
  EXPECT_EQ(value("true"), ":1\r\n");
  EXPECT_EQ(run("redis.setresp(3) return {true, false}"), "*2\r\n#t\r\n#f\r\n");
  EXPECT_EQ(value("{double = 1.5}"), ",1.5\r\n");
  EXPECT_EQ(value("{big_number = '12\\n3'}"), "(12 3\r\n");
  EXPECT_EQ(value("{verbatim_string = {format = 'txt', string = 'hi'}}"), "=6\r\ntxt:hi\r\n");
  EXPECT_EQ(value("{map = {a = {1}}}"), "%1\r\n$1\r\na\r\n*1\r\n:1\r\n");
  EXPECT_EQ(value("{map = {[1] = {map = {b = 2}}}}"), "%1\r\n:1\r\n%1\r\n$1\r\nb\r\n:2\r\n");
  EXPECT_EQ(value("{set = {a = true}}"), "~1\r\n$1\r\na\r\n");
}

TEST_F(InterpreterTest, ATableThatHoldsItselfHasAnEnd) {
  const std::string reply = run("local a = {} local b = {a} a[1] = b return a");
  EXPECT_TRUE(reply.ends_with("-ERR reached lua stack limit\r\n"));
  EXPECT_EQ(value("1"), ":1\r\n");
}

TEST_F(InterpreterTest, CallsSeeTheirArguments) {
  EXPECT_EQ(run("return redis.call('SET', KEYS[1], ARGV[1], 1.5, 100000000, 3, -0.25, 1e20)", {"k"},
                {"v"}),
            "+OK\r\n");
  EXPECT_EQ(host.calls, "SET k v 1.5 100000000 3 -0.25 1e+20 ; ");
  const std::string place = " script: sha, on @user_script:1.\r\n";
  EXPECT_EQ(run("return redis.call('SET', {})"),
            "-ERR Lua redis lib command arguments must be strings or integers" + place);
  EXPECT_EQ(run("return redis.call()"),
            "-ERR Please specify at least one argument for this redis lib call" + place);
  EXPECT_EQ(run("return redis.pcall()"),
            "-ERR Please specify at least one argument for this redis lib call\r\n");
}

TEST_F(InterpreterTest, RepliesBecomeValues) {
  const auto type_of = [&](std::string_view answer, std::string_view what) {
    host.answer = answer;
    return run("local r = redis.call('x') return " + std::string(what));
  };
  EXPECT_EQ(type_of(":-12\r\n", "r + 1"), ":-11\r\n");
  EXPECT_EQ(type_of("$3\r\na\r\n\r\n", "#r"), ":3\r\n");
  EXPECT_EQ(type_of("$-1\r\n", "tostring(r)"), "$5\r\nfalse\r\n");
  EXPECT_EQ(type_of("*-1\r\n", "tostring(r)"), "$5\r\nfalse\r\n");
  EXPECT_EQ(type_of("_\r\n", "tostring(r)"), "$3\r\nnil\r\n");
  EXPECT_EQ(type_of("+PONG\r\n", "r.ok"), "$4\r\nPONG\r\n");
  EXPECT_EQ(type_of("*2\r\n:1\r\n*1\r\n$1\r\na\r\n", "r[2][1]"), "$1\r\na\r\n");
  EXPECT_EQ(type_of("#t\r\n", "tostring(r)"), "$4\r\ntrue\r\n");
  EXPECT_EQ(type_of(",2.5\r\n", "r.double * 2"), ":5\r\n");
  EXPECT_EQ(type_of(",inf\r\n", "tostring(r.double)"), "$3\r\ninf\r\n");
  EXPECT_EQ(type_of("(99999999999999999999\r\n", "r.big_number"),
            "$20\r\n99999999999999999999\r\n");
  EXPECT_EQ(type_of("%1\r\n$1\r\na\r\n:7\r\n", "r.map.a"), ":7\r\n");
  EXPECT_EQ(type_of("~1\r\n$1\r\na\r\n", "tostring(r.set.a)"), "$4\r\ntrue\r\n");
  EXPECT_EQ(type_of("=6\r\ntxt:hi\r\n", "r.verbatim_string.format .. r.verbatim_string.string"),
            "$5\r\ntxthi\r\n");
  EXPECT_EQ(type_of("|1\r\n+a\r\n+b\r\n:5\r\n", "r"), ":5\r\n");
}

TEST_F(InterpreterTest, ErrorsOfCommandsAreCountedThere) {
  host.answer = "-WRONGTYPE Operation failed\r\n";
  EXPECT_EQ(run("return redis.call('x')"),
            "-WRONGTYPE Operation failed script: sha, on @user_script:1.\r\n");
  EXPECT_EQ(run("return redis.pcall('x')"), "-WRONGTYPE Operation failed\r\n");
  EXPECT_EQ(host.counted_errors, 0);
  EXPECT_EQ(run("local ok, e = pcall(redis.call, 'x') return {tostring(ok), e}"),
            "*2\r\n$5\r\nfalse\r\n$26\r\nWRONGTYPE Operation failed\r\n");
  EXPECT_EQ(run("error('bad')"), "-ERR user_script:1: bad script: sha, on @user_script:1.\r\n");
  EXPECT_EQ(run("error({err = 'MY bad'})"), "-MY bad script: sha, on @user_script:1.\r\n");
  EXPECT_EQ(run("\nlocal x = nil\nreturn x.y"),
            "-ERR user_script:3: attempt to index local 'x' (a nil value) script: sha, on "
            "@user_script:3.\r\n");
  EXPECT_EQ(host.counted_errors, 3);
}

TEST_F(InterpreterTest, TheApiAnswersAsRedis) {
  EXPECT_EQ(value("redis.sha1hex('')"), "$40\r\nda39a3ee5e6b4b0d3255bfef95601890afd80709\r\n");
  EXPECT_EQ(value("redis.status_reply('FINE')"), "+FINE\r\n");
  EXPECT_EQ(value("redis.error_reply('ERR x')"), "-ERR x\r\n");
  EXPECT_EQ(value("redis.error_reply('-MY y')"), "-MY y\r\n");
  EXPECT_EQ(value("redis.error_reply('single')"), "-ERR single\r\n");
  EXPECT_EQ(value("redis.error_reply(1)"), "-ERR wrong number or type of arguments\r\n");
  EXPECT_EQ(value("redis.REDIS_VERSION"), "$5\r\n7.2.4\r\n");
  EXPECT_EQ(value("redis.REDIS_VERSION_NUM"), ":459268\r\n");
  EXPECT_EQ(value("server.call == redis.call"), ":1\r\n");
  EXPECT_EQ(value("redis.replicate_commands()"), ":1\r\n");
  EXPECT_EQ(value("redis.breakpoint()"), "$-1\r\n");
  EXPECT_EQ(run("redis.set_repl(redis.REPL_AOF)"), "$-1\r\n");
  EXPECT_EQ(host.targets, replicate_to_log);
  run("redis.log(redis.LOG_DEBUG, 'no') redis.log(redis.LOG_WARNING, 'a', {}, 5)");
  EXPECT_EQ(host.logged, "a 5; ");
  EXPECT_EQ(run("return {redis.acl_check_cmd('get', 'k'), redis.acl_check_cmd('set', 'k', 1)}"),
            "*2\r\n:1\r\n$-1\r\n");
}

TEST_F(InterpreterTest, TheApiCannotBeChanged) {
  const std::string readonly =
      "-ERR user_script:1: Attempt to modify a readonly table script: "
      "sha, on @user_script:1.\r\n";
  EXPECT_EQ(run("redis.call = function() return 1 end"), readonly);
  EXPECT_EQ(run("x = 10"), readonly);
  EXPECT_EQ(run("KEYS = 10"), readonly);
  EXPECT_EQ(run("return x"),
            "-ERR user_script:1: Script attempted to access nonexistent global variable 'x' "
            "script: sha, on @user_script:1.\r\n");
}

TEST_F(InterpreterTest, AnEndlessScriptIsStoppedWhateverItCatches) {
  const std::string killed =
      "-ERR Script killed by user with SCRIPT KILL... script: sha, on "
      "@user_script:1.\r\n";
  for (const std::string_view source :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "local function f() pcall(f) while true do end end f()",
        "while true do local co = coroutine.wrap(function() while true do end end) pcall(co) end",
        "while true do xpcall(function() error('x') end, function() while true do end end) end",
        "while true do redis.pcall('PING') end"}) {
    host.questions = 0;
    host.on_question = [&] { return host.questions > 20 ? Stop::killed : Stop::no; };
    EXPECT_EQ(run(source), killed) << source;
    host.on_question = nullptr;
    EXPECT_EQ(value("1"), ":1\r\n");
  }
}

TEST_F(InterpreterTest, WhatTheHostThrowsEndsTheScript) {
  host.on_call = [] { throw std::runtime_error("below"); };
  EXPECT_THROW(run("while true do pcall(redis.call, 'x') end"), std::runtime_error);
  host.on_call = nullptr;
  EXPECT_EQ(value("1"), ":1\r\n");
}

TEST_F(InterpreterTest, MemoryIsBounded) {
  interpreter.limit_memory(8 * 1024 * 1024);
  const std::string too_much = "-ERR Script takes more memory than script-memory-limit allows\r\n";
  EXPECT_EQ(run("local t = {} while true do t[#t + 1] = {} end"), too_much);
  EXPECT_EQ(run("local t = {} while true do pcall(function() t[#t + 1] = {} end) end"), too_much);
  EXPECT_EQ(run("return #string.rep('x', 100 * 1024 * 1024)"), too_much);
  // What it does not hold any more is not counted against it.
  EXPECT_EQ(run("local n = 0 for i = 1, 300000 do local t = {i} n = n + #t end return n"),
            ":300000\r\n");
  interpreter.limit_memory(0);
  EXPECT_EQ(run("return #string.rep('x', 10 * 1024 * 1024)"), ":10485760\r\n");
}

TEST_F(InterpreterTest, MemoryStaysFlat) {
  run("return 1");
  for (int i = 0; i < 2'000; ++i) run("return {" + std::to_string(i) + "}");
  const std::size_t before = interpreter.used_bytes();
  for (int i = 0; i < 20'000; ++i) run("return {" + std::to_string(i) + "}");
  EXPECT_LT(interpreter.used_bytes(), 2 * before);
}

TEST_F(InterpreterTest, CompileErrorsAreLuas) {
  EXPECT_EQ(run("return ("), "user_script:1: unexpected symbol near '<eof>'");
}

/// On a stack of its own, as the server runs it: deep, and left in the middle.
struct ScriptOnFiber {
  InterpreterTest* test;
  std::function<void()> work;
  Fiber fiber;
};

TEST_F(InterpreterTest, DeepScriptsFitTheStack) {
  ScriptOnFiber deep{this, {}, {}};
  deep.work = [&] {
    EXPECT_EQ(run("local function f() return pcall(f) end f() return 1"), ":1\r\n");
    EXPECT_EQ(run("local function f(n) local ok, e = pcall(f, n + 1) "
                  "if not ok then return redis.call('x', n) end return e end f(0) return 2"),
              ":2\r\n");
    EXPECT_EQ(run("local s = string.rep('[', 900) .. string.rep(']', 900) "
                  "return cjson.encode(cjson.decode(s)) == string.gsub(s, '%[%]', '{}')"),
              ":1\r\n");
    EXPECT_EQ(run("return loadstring('return ' .. string.rep('(', 150) .. 1 .. "
                  "string.rep(')', 150))()"),
              ":1\r\n");
    const std::string nested =
        run("local t = {} local u = t for i = 1, 5000 do u[1] = {} u = u[1] end return t");
    EXPECT_TRUE(nested.starts_with("*1\r\n*1\r\n"));
  };
  EXPECT_TRUE(deep.fiber.start([](void* own) { static_cast<ScriptOnFiber*>(own)->work(); }, &deep));
}

TEST_F(InterpreterTest, AStateLeftInTheMiddleIsClosedFromOutside) {
  auto left = std::make_unique<Interpreter>(Interpreter::Kind::scripts);
  Fiber fiber;
  auto work = [&] {
    host.on_question = [&] {
      fiber.leave();
      return Stop::no;
    };
    left->run({.function = *left->compile("while true do pcall(function() while true do end end) "
                                          "end"),
               .name = "sha",
               .keys = {},
               .arguments = {},
               .globals = true},
              host, writer);
  };
  EXPECT_FALSE(fiber.start([](void* own) { (*static_cast<decltype(work)*>(own))(); }, &work));
  EXPECT_FALSE(fiber.enter());
  left.reset();
  fiber.drop();
  host.on_question = nullptr;
  EXPECT_EQ(value("1"), ":1\r\n");
}

}  // namespace
}  // namespace respawn::scripting::test
