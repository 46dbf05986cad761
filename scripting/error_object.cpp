#include "scripting/error_object.hpp"

#include "base/text.hpp"
#include "scripting/sandbox.hpp"

namespace respawn::scripting {

namespace {

constexpr const char* counted_mark = "ignore_error_stats_update";

std::string_view without_line_breaks(std::string_view text) {
  const std::size_t first = text.find_first_not_of("\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of("\r\n") + 1 - first);
}

/// A string, or a number that Lua makes one of, at the top; up to a NUL byte.
std::string_view text_at_top(lua_State* state) {
  const char* const text = lua_tostring(state, -1);
  return text ? std::string_view(text) : std::string_view();
}

/// A string field of the table at the top; empty where there is none.
std::string_view text_field(lua_State* state, const char* name) {
  push_field(state, -1, name);
  // It stays in the table.
  const std::string_view text =
      lua_type(state, -1) == LUA_TSTRING ? text_at_top(state) : std::string_view();
  lua_pop(state, 1);
  return text;
}

}  // namespace

void push_field(lua_State* state, int index, const char* name) {
  if (index < 0) --index;
  lua_pushstring(state, name);
  lua_rawget(state, index);
}

void push_error(lua_State* state, std::string_view text) {
  std::string_view code = "ERR";
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    const std::size_t space = text.find(' ');
    if (space != text.npos) {
      code = text.substr(0, space);
      text.remove_prefix(space + 1);
    }
  }
  text = without_line_breaks(text.substr(0, text.find('\0')));
  lua_newtable(state);
  lua_pushliteral(state, "err");
  lua_pushlstring(state, code.data(), code.size());
  lua_pushliteral(state, " ");
  lua_pushlstring(state, text.data(), text.size());
  lua_concat(state, 3);
  lua_rawset(state, -3);
}

void push_counted_error(lua_State* state, std::string_view text) {
  push_error(state, text);
  lua_pushstring(state, counted_mark);
  lua_pushboolean(state, 1);
  lua_rawset(state, -3);
}

int describe_error(lua_State* state) {
  lua_settop(state, 1);
  lua_Debug where;
  // Of a function in C the line that called it is told.
  bool known = lua_getstack(state, 1, &where) != 0;
  if (known) {
    lua_getinfo(state, "nSl", &where);
    if (*where.what == 'C') {
      known = lua_getstack(state, 2, &where) != 0;
      if (known) lua_getinfo(state, "nSl", &where);
    }
  }
  if (!lua_istable(state, 1)) {
    lua_newtable(state);
    lua_pushliteral(state, "err");
    lua_pushliteral(state, "ERR ");
    if (lua_isstring(state, 1)) {
      lua_pushvalue(state, 1);
    } else {
      lua_getglobal(state, "tostring");
      lua_pushvalue(state, 1);
      lua_call(state, 1, 1);
    }
    lua_concat(state, 2);
    lua_rawset(state, -3);
    lua_replace(state, 1);
  }
  check_writable(state, 1);
  if (known) {
    lua_pushstring(state, where.source);
    lua_setfield(state, 1, "source");
    lua_pushfstring(state, "%d", where.currentline);
    lua_setfield(state, 1, "line");
  }
  return 1;
}

ErrorFacts error_facts(lua_State* state) {
  ErrorFacts facts;
  if (lua_isstring(state, -1)) {
    facts.text = text_at_top(state);
    return facts;
  }
  facts.text = text_field(state, "err");
  facts.source = text_field(state, "source");
  facts.line = text_field(state, "line");
  push_field(state, -1, counted_mark);
  facts.counted = lua_toboolean(state, -1) != 0;
  lua_pop(state, 1);
  return facts;
}

}  // namespace respawn::scripting
