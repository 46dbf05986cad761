#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/scripting/script_state.hpp"

namespace respawn::scripting {
namespace {

TEST(Sandbox, answers_as_redis_does) {
  expect_all({
      {"(function() x = 1 end)()", "false|user_script:1: Attempt to modify a readonly table"},
      {"(function() string = 1 end)()", "false|user_script:1: Attempt to modify a readonly table"},
      {"(function() string.rep = 1 end)()",
       "false|user_script:1: Attempt to modify a readonly table"},
      {"(function() string.other = 1 end)()",
       "false|user_script:1: Attempt to modify a readonly table"},
      {"(function() _G.x = 1 end)()", "false|user_script:1: Attempt to modify a readonly table"},
      {"x", "false|user_script:1: Script attempted to access nonexistent global variable 'x'"},
      {"_G.x", "false|user_script:1: Script attempted to access nonexistent global variable 'x'"},
      {"_G[1]", "false|user_script:1: Script attempted to access nonexistent global variable '1'"},
      {"_G[{}]",
       "false|user_script:1: Second argument to luaProtectedTableError must be a string or number"},
      {"rawget(_G, \"x\"), rawget(string, \"rep\") == string.rep, rawequal(_G, _G._G)",
       "true|nil|true|true"},
      {"rawset(string, \"x\", 1)", "false|Attempt to modify a readonly table"},
      {"table.insert(string, 1)", "false|Attempt to modify a readonly table"},
      {"setmetatable(_G, {})", "false|Attempt to modify a readonly table"},
      {"setmetatable(string, nil)", "false|Attempt to modify a readonly table"},
      {"(function() getmetatable(_G).__index = nil end)()",
       "false|user_script:1: Attempt to modify a readonly table"},
      {"(function() getmetatable(\"\").__index = nil end)()",
       "false|user_script:1: Attempt to modify a readonly table"},
      {"(function() getmetatable(\"\").other = nil end)()",
       "false|user_script:1: Attempt to modify a readonly table"},
      {"getmetatable(\"\").__index == string, getmetatable(string), getmetatable(1)",
       "true|true|nil|nil"},
      {"getmetatable(setmetatable({}, string)) == string, getmetatable(setmetatable({}, "
       "getmetatable(\"\"))) == getmetatable(\"\")",
       "true|true|true"},
      {"setmetatable({}, getmetatable(\"\")).rep == string.rep, setmetatable({}, {__index = "
       "math}).pi",
       "true|true|3.1415926535897931"},
      {"(function() setmetatable({}, {__newindex = string}).rep = 1 end)()",
       "false|user_script:1: Attempt to modify a readonly table"},
      {"setmetatable({}, getmetatable(_G)).x",
       "false|user_script:1: Script attempted to access nonexistent global variable 'x'"},
  });
}

TEST(Sandbox, has_what_redis_has) {
  expect_all({
      {"getmetatable(_G).__index(1)",
       "false|user_script:1: Wrong number of arguments to luaProtectedTableError"},
      {"getmetatable(_G).__index({}, {})",
       "false|user_script:1: Second argument to luaProtectedTableError must be a string or number"},
      {"setmetatable({}, 1)",
       "false|user_script:1: bad argument #2 to 'setmetatable' (nil or table expected)"},
      {"setmetatable(setmetatable({}, {__metatable = 1}), {})",
       "false|user_script:1: cannot change a protected metatable"},
      {"(function() local n = 0 for k, v in pairs(math) do n = n + 1 end return n end)()",
       "true|31"},
      {"(function() local n = 0 for k, v in next, bit do n = n + 1 end return n end)()", "true|12"},
      {"next(string, \"absent\")", "false|invalid key to 'next'"},
      {"pairs()", "false|user_script:1: bad argument #1 to 'pairs' (table expected, got no value)"},
      {"ipairs(1)",
       "false|user_script:1: bad argument #1 to 'ipairs' (table expected, got number)"},
      {"rawget(1)",
       "false|user_script:1: bad argument #1 to 'rawget' (table expected, got number)"},
      {"print",
       "false|user_script:1: Script attempted to access nonexistent global variable 'print'"},
      {"require",
       "false|user_script:1: Script attempted to access nonexistent global variable 'require'"},
      {"package",
       "false|user_script:1: Script attempted to access nonexistent global variable 'package'"},
      {"os", "false|user_script:1: Script attempted to access nonexistent global variable 'os'"},
      {"io", "false|user_script:1: Script attempted to access nonexistent global variable 'io'"},
      {"debug",
       "false|user_script:1: Script attempted to access nonexistent global variable 'debug'"},
      {"dofile",
       "false|user_script:1: Script attempted to access nonexistent global variable 'dofile'"},
      {"loadfile",
       "false|user_script:1: Script attempted to access nonexistent global variable 'loadfile'"},
      {"getfenv",
       "false|user_script:1: Script attempted to access nonexistent global variable 'getfenv'"},
      {"setfenv",
       "false|user_script:1: Script attempted to access nonexistent global variable 'setfenv'"},
      {"newproxy",
       "false|user_script:1: Script attempted to access nonexistent global variable 'newproxy'"},
      {"module",
       "false|user_script:1: Script attempted to access nonexistent global variable 'module'"},
      {"type(coroutine.create), type(gcinfo), type(xpcall), _VERSION",
       "true|function|function|function|Lua 5.1"},
      {"coroutine.wrap(function() x = 1 end)()",
       "false|user_script:1: user_script:1: Attempt to modify a readonly table"},
      {"coroutine.wrap(function() return x end)()",
       "false|user_script:1: user_script:1: Script attempted to access nonexistent global variable "
       "'x'"},
      {"loadstring(\"return x\")()",
       "false|[string \"return x\"]:1: Script attempted to access nonexistent global variable 'x'"},
      {"loadstring(\"x = 1\")()", "false|[string \"x = 1\"]:1: Attempt to modify a readonly table"},
  });
}

TEST(Sandbox, shows_nothing_real_to_scripts) {
  ScriptState state;
  // Whatever can be reached, keys and metatables included, refuses to be written.
  EXPECT_EQ(state.run(R"(
    local seen, count = {}, 0
    local function walk(t)
      if type(t) ~= 'table' or seen[t] then return end
      seen[t] = true
      count = count + 1
      local ok, message = pcall(rawset, t, 'left', 1)
      if ok or message ~= 'Attempt to modify a readonly table' then error('rawset') end
      ok, message = pcall(function() t.left = 1 end)
      if ok or not message:find('Attempt to modify a readonly table', 1, true) then error('assignment') end
      walk(getmetatable(t))
      for k, v in pairs(t) do
        walk(k)
        walk(v)
        if type(v) == 'function' and pcall(function() t[k] = nil end) then error('removal') end
      end
    end
    walk(_G)
    walk(getmetatable(''))
    return count > 10)"),
            "true");
}

TEST(Sandbox, keeps_what_a_script_tries_to_leave_from_the_next) {
  ScriptState state;
  EXPECT_EQ(
      state.run("cjson.encode_max_depth(1) collectgarbage('stop') collectgarbage('setpause', 7) "
                "pcall(function() f = 1 end) pcall(rawset, redis, 'x', 1) return 1"),
      "1");
  EXPECT_EQ(state.eval("cjson.encode({{1}}), rawget(_G, 'f'), rawget(redis, 'x')"),
            "true|[[1]]|nil|nil");
  EXPECT_EQ(state.eval("collectgarbage('setpause', 200)"), "true|200");
}

TEST(Sandbox, keeps_settings_when_told_so) {
  ScriptState state;
  state.run("cjson.encode_max_depth(5)");
  keep_settings(state.lua());
  state.run("cjson.encode_max_depth(9)");
  EXPECT_EQ(state.eval("cjson.encode_max_depth()"), "true|5");
}

TEST(Sandbox, lets_the_host_set_globals) {
  ScriptState state;
  lua_State* lua = state.lua();
  lua_newtable(lua);
  set_global(lua, "KEYS");
  EXPECT_EQ(state.eval("#KEYS, rawget(_G, 'KEYS') == KEYS, pcall(function() KEYS = 1 end)"),
            "true|0|true|false|user_script:1: Attempt to modify a readonly table");
  EXPECT_EQ(state.run("KEYS[1] = 5 return KEYS[1]"), "5");
}

TEST(Sandbox, shows_other_globals_while_told_so) {
  ScriptState state;
  lua_State* lua = state.lua();
  lua_newtable(lua);
  lua_newtable(lua);
  set_error_metatable(lua, -1);
  lua_setfield(lua, -2, "redis");
  set_error_metatable(lua, -1);
  protect_table(lua, -1);
  lua_setfield(lua, LUA_REGISTRYINDEX, "other globals");
  lua_getfield(lua, LUA_REGISTRYINDEX, "other globals");
  show_globals(lua, -1);
  EXPECT_EQ(state.run("return math"),
            "error: user_script:1: Script attempted to access nonexistent global variable 'math'");
  EXPECT_EQ(state.run("return redis.x"),
            "error: user_script:1: Script attempted to access nonexistent global variable 'x'");
  EXPECT_EQ(state.run("redis = 1"), "error: user_script:1: Attempt to modify a readonly table");
  show_own_globals(lua);
  EXPECT_EQ(state.run("return math.floor(1.5)"), "1");
}

}  // namespace
}  // namespace respawn::scripting
