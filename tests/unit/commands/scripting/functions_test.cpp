// FUNCTION and FCALL.
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class FunctionsTest : public CommandTest {
 protected:
  std::string load(std::string_view name, std::string_view body, bool replace = false) {
    const std::string code = "#!lua name=" + std::string(name) + "\n" + std::string(body);
    if (replace) return run({"FUNCTION", "LOAD", "REPLACE", code});
    return run({"FUNCTION", "LOAD", code});
  }

  /// A library with one function of that name, which returns its own name.
  std::string load_one(std::string_view name, std::string_view function, bool replace = false) {
    return load(name,
                "redis.register_function('" + std::string(function) +
                    "', function(keys, args) return '" + std::string(function) + "' end)",
                replace);
  }
};

TEST_F(FunctionsTest, AreCalledWithKeysAndArguments) {
  EXPECT_EQ(load("mine",
                 "redis.register_function('put', function(keys, args)\n"
                 "  return redis.call('SET', keys[1], args[1]) end)\n"
                 "redis.register_function{function_name='fetch', callback=function(keys)\n"
                 "  return redis.call('GET', keys[1]) end, flags={'no-writes'},\n"
                 "  description='reads'}"),
            bulk("mine"));
  EXPECT_EQ(run("FCALL put 1 k v"), ok);
  EXPECT_EQ(run("FCALL FETCH 1 k"), bulk("v"));
  EXPECT_EQ(run("FCALL_RO fetch 1 k"), bulk("v"));
  EXPECT_EQ(run("FCALL_RO put 1 k v"),
            error("ERR Can not execute a script with write flag using *_ro command."));
  EXPECT_EQ(run("FCALL nosuch 0"), error("ERR Function not found"));
  EXPECT_EQ(run("FCALL put x"), error("ERR Bad number of keys provided"));
  EXPECT_EQ(run("FCALL put 5 k"), error("ERR Number of keys can't be greater than number of args"));
  EXPECT_EQ(run("FCALL put -5 k"), error("ERR Number of keys can't be negative"));
}

TEST_F(FunctionsTest, LoadingChecksWhatIsRegistered) {
  EXPECT_EQ(run("FUNCTION LOAD x"), error("ERR Missing library metadata"));
  EXPECT_EQ(run({"FUNCTION", "LOAD", "#!js name=x\n"}), error("ERR Engine 'js' not found"));
  EXPECT_EQ(load("bad-name", "x"),
            error("ERR Library names can only contain letters, numbers, or underscores(_) and must "
                  "be at least one character long"));
  EXPECT_EQ(load("a", "return 1"), error("ERR No functions registered"));
  EXPECT_EQ(load("a", "return ("),
            error("ERR Error compiling function: user_function:2: unexpected symbol near "
                  "'<eof>'"));
  EXPECT_EQ(load("a", "redis.register_function('f')"),
            error("ERR Error registering functions: ERR calling redis.register_function with a "
                  "single argument is only applicable to Lua table (representing named "
                  "arguments)."));
  EXPECT_EQ(load_one("a", "f"), bulk("a"));
  EXPECT_EQ(load_one("a", "g"), error("ERR Library 'a' already exists"));
  EXPECT_EQ(load_one("b", "F"), error("ERR Function F already exists"));
  EXPECT_EQ(load_one("a", "g", true), bulk("a"));
  EXPECT_EQ(run("FCALL f 0"), error("ERR Function not found"));
  EXPECT_EQ(run("FCALL g 0"), bulk("g"));
  EXPECT_EQ(run("FUNCTION LOAD OTHER x"), error("ERR Unknown option given: OTHER"));
}

TEST_F(FunctionsTest, LoadingSeesNothingOfTheServer) {
  const std::string reply = load("a", "redis.call('PING')");
  EXPECT_NE(reply.find("attempted to access nonexistent global variable 'call'"), std::string::npos)
      << reply;
  EXPECT_NE(load("a", "return math.random()").find("nonexistent global variable 'math'"),
            std::string::npos);
  EXPECT_NE(load("a", "x = 1").find("Attempt to modify a readonly table"), std::string::npos);
  EXPECT_EQ(load("a",
                 "local r = redis\n"
                 "redis.register_function('late', function()\n"
                 "  return r.register_function('x', function() end) end)"),
            bulk("a"));
  EXPECT_NE(run("FCALL late 0").find("can only be called on FUNCTION LOAD command"),
            std::string::npos);
}

TEST_F(FunctionsTest, AreListed) {
  load("mine",
       "redis.register_function{function_name='f', callback=function() end, "
       "flags={'no-writes', 'allow-oom'}, description='d'}");
  const std::string entry =
      array({bulk("library_name"), bulk("mine"), bulk("engine"), bulk("LUA"), bulk("functions"),
             array({array({bulk("name"), bulk("f"), bulk("description"), bulk("d"), bulk("flags"),
                           array({simple("no-writes"), simple("allow-oom")})})})});
  EXPECT_EQ(run("FUNCTION LIST"), array({entry}));
  EXPECT_EQ(run("FUNCTION LIST LIBRARYNAME MI*"), array({entry}));
  EXPECT_EQ(run("FUNCTION LIST LIBRARYNAME x*"), "*0\r\n");
  EXPECT_NE(run("FUNCTION LIST WITHCODE").find("library_code"), std::string::npos);
  EXPECT_EQ(run("FUNCTION LIST LIBRARYNAME"), error("ERR library name argument was not given"));
  EXPECT_EQ(run("FUNCTION LIST x"), error("ERR Unknown argument x"));
  EXPECT_EQ(run("FUNCTION STATS"),
            array({bulk("running_script"), null, bulk("engines"),
                   array({bulk("LUA"), array({bulk("libraries_count"), integer(1),
                                              bulk("functions_count"), integer(1)})})}));
}

TEST_F(FunctionsTest, AreDeleted) {
  load_one("a", "f");
  EXPECT_EQ(changes_of("FUNCTION DELETE a"), 1U);
  EXPECT_EQ(run("FUNCTION DELETE a"), error("ERR Library not found"));
  EXPECT_EQ(run("FCALL f 0"), error("ERR Function not found"));
  load_one("a", "f");
  EXPECT_EQ(run("FUNCTION FLUSH"), ok);
  EXPECT_EQ(run("FCALL f 0"), error("ERR Function not found"));
}

TEST_F(FunctionsTest, AreDumpedAndRestored) {
  load_one("a", "f");
  load_one("b", "g");
  const std::string reply = run("FUNCTION DUMP");
  const std::size_t start = reply.find("\r\n") + 2;
  const std::string payload = reply.substr(start, reply.size() - start - 2);
  EXPECT_EQ(run({"FUNCTION", "RESTORE", payload}), error("ERR Library a already exists"));
  EXPECT_EQ(run({"FUNCTION", "RESTORE", payload, "REPLACE"}), ok);
  run("FUNCTION FLUSH");
  load_one("c", "g");
  EXPECT_EQ(run({"FUNCTION", "RESTORE", payload}), error("ERR Function g already exists"));
  EXPECT_EQ(run("FCALL f 0"), error("ERR Function not found"));
  EXPECT_EQ(run({"FUNCTION", "RESTORE", payload, "FLUSH"}), ok);
  EXPECT_EQ(run("FCALL f 0"), bulk("f"));
  EXPECT_EQ(run("FUNCTION DELETE c"), error("ERR Library not found"));
  EXPECT_EQ(run("FUNCTION RESTORE x"), error("ERR DUMP payload version or checksum are wrong"));
  EXPECT_EQ(run({"FUNCTION", "RESTORE", payload, "x"}),
            error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or "
                  "REPLACE."));
}

}  // namespace
}  // namespace respawn::commands::test
