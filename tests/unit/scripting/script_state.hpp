// A Lua state with the libraries and the walls of scripts, for tests.
#pragma once

#include <gtest/gtest.h>

#include <lua.hpp>
#include <string>
#include <string_view>

#include "scripting/lua_libraries.hpp"
#include "scripting/sandbox.hpp"

namespace respawn::scripting {

class ScriptState {
 public:
  ScriptState() : lua_(luaL_newstate()) {
    EXPECT_EQ(lua_cpcall(lua_, set_up, this), 0) << lua_tostring(lua_, -1);
    lua_settop(lua_, 0);
  }

  ~ScriptState() { lua_close(lua_); }

  ScriptState(const ScriptState&) = delete;
  ScriptState& operator=(const ScriptState&) = delete;

  /// Runs a chunk as one script: its first result as text, or "error: " with the message.
  std::string run(std::string_view script) {
    lua_settop(lua_, 0);
    asked = 0;
    reset_libraries(lua_);
    int status = load_text(lua_, script, "@user_script");
    if (status == 0) status = lua_pcall(lua_, 0, 1, 0);
    const std::string text = as_text();
    return status == 0 ? text : "error: " + text;
  }

  /// What a list of expressions gives, within pcall: "true|..." or "false|message".
  std::string eval(const std::string& expressions) {
    return run(
        "local function text(...) local t = {...} for i = 1, select('#', ...) do t[i] = "
        "type(t[i]) == 'number' and string.format('%.17g', t[i]) or tostring(t[i]) end "
        "return table.concat(t, '|', 1, select('#', ...)) end "
        "return text(pcall(function() return " +
        expressions + " end))");
  }

  lua_State* lua() { return lua_; }

  int asked = 0;    ///< questions of the libraries in the last script
  int ends_at = 0;  ///< the question at which the script is ended; 0 for never

 private:
  static int set_up(lua_State* lua) {
    LibraryHost host;
    host.context = lua_touserdata(lua, 1);
    host.keep_on = [](lua_State* state, void* context) {
      auto* self = static_cast<ScriptState*>(context);
      if (++self->asked == self->ends_at) luaL_error(state, "ended");
    };
    open_libraries(lua, host);
    lua_newtable(lua);
    lua_pushliteral(lua, "7");
    lua_setfield(lua, -2, "seven");
    lua_setglobal(lua, "redis");
    lua_pushvalue(lua, LUA_GLOBALSINDEX);
    set_error_metatable(lua, -1);
    lua_pop(lua, 1);
    protect_globals(lua);
    return 0;
  }

  std::string as_text() {
    if (lua_isboolean(lua_, -1)) return lua_toboolean(lua_, -1) != 0 ? "true" : "false";
    std::size_t length = 0;
    const char* text = lua_tolstring(lua_, -1, &length);
    return text == nullptr ? luaL_typename(lua_, -1) : std::string(text, length);
  }

  lua_State* lua_;
};

/// An expression, and what redis-server 7.0.15 gives for it.
struct Expected {
  const char* expression;
  std::string_view result;
};

inline void expect_all(std::initializer_list<Expected> list) {
  ScriptState state;
  for (const Expected& one : list)
    EXPECT_EQ(state.eval(one.expression), one.result) << one.expression;
}

}  // namespace respawn::scripting
