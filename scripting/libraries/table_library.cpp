// The table library, so that long runs can be stopped and protected tables stay as they are.
#include <algorithm>
#include <cstring>
#include <functional>

#include "scripting/libraries/library_state.hpp"
#include "scripting/libraries/lua_buffer.hpp"
#include "scripting/sandbox.hpp"

namespace respawn::scripting {
namespace {

constexpr std::size_t step_units = 10;  // moving or reading one element
constexpr std::size_t call_units = 50;  // calling a function that is not Lua's

/// From here on sort asks the host: a sequence of this length takes at worst, when it sorts in the
/// square of it, milliseconds.
constexpr std::size_t short_sort = 1000;

int length_of(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  return static_cast<int>(lua_objlen(lua, 1));
}

/// Puts the real table in place of a proxy as the first argument: for functions that only read.
void read_real(lua_State* lua) {
  if (push_real(lua, 1)) lua_replace(lua, 1);
}

int foreachi(lua_State* lua) {
  LibraryState& state = library(lua);
  const int length = length_of(lua);
  luaL_checktype(lua, 2, LUA_TFUNCTION);
  for (int i = 1; i <= length; ++i) {
    spend(lua, state, call_units);
    lua_pushvalue(lua, 2);
    lua_pushinteger(lua, i);
    lua_rawgeti(lua, 1, i);
    lua_call(lua, 2, 1);
    if (!lua_isnil(lua, -1)) return 1;
    lua_pop(lua, 1);
  }
  return 0;
}

int foreach (lua_State* lua) {
  LibraryState& state = library(lua);
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checktype(lua, 2, LUA_TFUNCTION);
  read_real(lua);
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    spend(lua, state, call_units);
    lua_pushvalue(lua, 2);
    lua_pushvalue(lua, -3);
    lua_pushvalue(lua, -3);
    lua_call(lua, 2, 1);
    if (!lua_isnil(lua, -1)) return 1;
    lua_pop(lua, 2);
  }
  return 0;
}

int maxn(lua_State* lua) {
  LibraryState& state = library(lua);
  luaL_checktype(lua, 1, LUA_TTABLE);
  read_real(lua);
  lua_Number largest = 0;
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    spend(lua, state, step_units);
    lua_pop(lua, 1);
    if (lua_type(lua, -1) == LUA_TNUMBER) largest = std::max(largest, lua_tonumber(lua, -1));
  }
  lua_pushnumber(lua, largest);
  return 1;
}

int getn(lua_State* lua) {
  lua_pushinteger(lua, length_of(lua));
  return 1;
}

int setn(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  return luaL_error(lua, "'setn' is obsolete");
}

/// The table's element `from` becomes its element `to`.
void move_element(lua_State* lua, LibraryState& state, int from, int to) {
  spend(lua, state, step_units);
  lua_rawgeti(lua, 1, from);
  lua_rawseti(lua, 1, to);
}

int insert(lua_State* lua) {
  if (lua_gettop(lua) == 2) {
    const int length = length_of(lua);
    check_writable(lua, 1);
    lua_rawseti(lua, 1, length + 1);
    return 0;
  }
  LibraryState& state = library(lua);
  int behind = length_of(lua) + 1;
  int position = behind;
  const int arguments = lua_gettop(lua);
  if (arguments == 3) {
    position = luaL_checkint(lua, 2);
  } else {
    return luaL_error(lua, "wrong number of arguments to 'insert'");
  }
  check_writable(lua, 1);
  for (behind = std::max(behind, position); behind > position; --behind)
    move_element(lua, state, behind - 1, behind);
  lua_settop(lua, arguments);
  lua_rawseti(lua, 1, position);
  return 0;
}

int remove(lua_State* lua) {
  LibraryState& state = library(lua);
  const int last = length_of(lua);
  int position = luaL_optint(lua, 2, last);
  if (position < 1 || position > last) return 0;
  check_writable(lua, 1);
  lua_rawgeti(lua, 1, position);
  for (; position < last; ++position) move_element(lua, state, position + 1, position);
  lua_pushnil(lua);
  lua_rawseti(lua, 1, last);
  return 1;
}

void append_element(lua_State* lua, LuaBuffer& result, int index) {
  lua_rawgeti(lua, 1, index);
  if (lua_isstring(lua, -1) == 0)
    luaL_error(lua, "invalid value (%s) at index %d in table for 'concat'", luaL_typename(lua, -1),
               index);
  std::size_t length = 0;
  const char* text = lua_tolstring(lua, -1, &length);
  result.append({text, length});
  lua_pop(lua, 1);
}

int concat(lua_State* lua) {
  LibraryState& state = library(lua);
  std::size_t separator_length = 0;
  const char* separator = luaL_optlstring(lua, 2, "", &separator_length);
  luaL_checktype(lua, 1, LUA_TTABLE);
  int index = luaL_optint(lua, 3, 1);
  const int last = lua_isnoneornil(lua, 4) ? length_of(lua) : luaL_checkint(lua, 4);
  LuaBuffer result(lua, state.scratch, LibraryState::scratch_size);
  for (; index <= last; ++index) {
    const std::size_t before = result.size();
    append_element(lua, result, index);
    if (index < last) result.append({separator, separator_length});
    spend(lua, state, step_units + (result.size() - before) / 4);
    if (index == last) break;  // the largest int has no successor
  }
  result.push();
  return 1;
}

// ---- Sorting ----

/// Compares plain values, and counts. Owns nothing, and neither does who calls it: the host may
/// raise.
template <class Less>
struct CountingLess {
  lua_State* lua;
  LibraryState& state;
  Less less;

  template <class Value>
  bool operator()(const Value& a, const Value& b) const {
    spend(lua, state, step_units);
    return less(a, b);
  }
};

/// A string of the table, and where it is.
struct Text {
  const char* bytes;
  std::size_t size;
  int index;
};

bool is_text_less(const Text& a, const Text& b) {
  const int order = std::memcmp(a.bytes, b.bytes, std::min(a.size, b.size));
  return order != 0 ? order < 0 : a.size < b.size;
}

/// Numbers only, of which none is NaN or a zero, for there are two of those: equal ones cannot be
/// told apart, so it does not matter how they are sorted. False where the table is not like that.
bool sort_numbers(lua_State* lua, LibraryState& state, int length) {
  auto* const values = static_cast<lua_Number*>(
      lua_newuserdata(lua, static_cast<std::size_t>(length) * sizeof(lua_Number)));
  for (int i = 0; i < length; ++i) {
    spend(lua, state, step_units);
    lua_rawgeti(lua, 1, i + 1);
    values[i] = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : 0;
    lua_pop(lua, 1);
    if (!(values[i] < 0 || values[i] > 0)) return false;
  }
  std::sort(values, values + length, CountingLess<std::less<>>{lua, state, {}});
  for (int i = 0; i < length; ++i) {
    spend(lua, state, step_units);
    lua_pushnumber(lua, values[i]);
    lua_rawseti(lua, 1, i + 1);
  }
  return true;
}

/// The same of strings, which stay in the table while they are sorted.
bool sort_texts(lua_State* lua, LibraryState& state, int length) {
  auto* const texts =
      static_cast<Text*>(lua_newuserdata(lua, static_cast<std::size_t>(length) * sizeof(Text)));
  for (int i = 0; i < length; ++i) {
    spend(lua, state, step_units);
    lua_rawgeti(lua, 1, i + 1);
    if (lua_type(lua, -1) != LUA_TSTRING) return false;
    texts[i].bytes = lua_tolstring(lua, -1, &texts[i].size);
    texts[i].index = i + 1;
    lua_pop(lua, 1);
  }
  std::sort(texts, texts + length, CountingLess<decltype(&is_text_less)>{lua, state, is_text_less});
  lua_createtable(lua, length, 0);
  const int copy = lua_gettop(lua);
  for (int i = 0; i < length; ++i) {
    spend(lua, state, step_units);
    lua_rawgeti(lua, 1, texts[i].index);
    lua_rawseti(lua, copy, i + 1);
  }
  for (int i = 1; i <= length; ++i) {
    spend(lua, state, step_units);
    lua_rawgeti(lua, copy, i);
    lua_rawseti(lua, 1, i);
  }
  return true;
}

/// Of a table without a function that compares.
bool sort_plainly(lua_State* lua, LibraryState& state) {
  constexpr int worth_it = 16;
  const auto length = static_cast<int>(lua_objlen(lua, 1));
  if (length < worth_it) return false;
  lua_rawgeti(lua, 1, 1);
  const int type = lua_type(lua, -1);
  lua_pop(lua, 1);
  if (type == LUA_TNUMBER) return sort_numbers(lua, state, length);
  return type == LUA_TSTRING && sort_texts(lua, state, length);
}

/// Compares as sort does without a function, or calls the one that the script gave; and counts.
/// Upvalue 2: that function.
int counting_comparison(lua_State* lua) {
  spend(lua, library(lua), call_units);
  if (lua_isnil(lua, lua_upvalueindex(2))) {
    lua_pushboolean(lua, lua_lessthan(lua, 1, 2));
    return 1;
  }
  lua_pushvalue(lua, lua_upvalueindex(2));
  lua_insert(lua, 1);
  lua_call(lua, 2, 1);
  return 1;
}

/// Lua's own sort does it, whose order of equal elements is part of what scripts see, unless those
/// cannot be told apart. Where no
/// instruction of Lua's runs within it, its comparisons count. They are called as ours, so that an
/// error names 'sort'.
int sort(lua_State* lua) {
  LibraryState& state = library(lua);
  luaL_checktype(lua, 1, LUA_TTABLE);
  if (!lua_isnoneornil(lua, 2)) luaL_checktype(lua, 2, LUA_TFUNCTION);
  lua_settop(lua, 2);
  if (lua_isnil(lua, 2)) {
    if (sort_plainly(lua, state)) return 0;
    lua_settop(lua, 2);
  }
  const bool is_counted =
      lua_isnil(lua, 2) ? lua_objlen(lua, 1) > short_sort : lua_iscfunction(lua, 2) != 0;
  if (is_counted) {
    lua_pushlightuserdata(lua, &state);
    lua_insert(lua, 2);
    lua_pushcclosure(lua, counting_comparison, 2);
  }
  return state.sort(lua);
}

constexpr luaL_Reg table_functions[] = {
    {"concat", concat}, {"foreach", foreach}, {"foreachi", foreachi}, {"getn", getn},
    {"insert", insert}, {"maxn", maxn},       {"remove", remove},     {"setn", setn},
    {"sort", sort},     {nullptr, nullptr}};

}  // namespace

void open_tables(lua_State* lua, LibraryState& state) {
  lua_getglobal(lua, LUA_TABLIBNAME);
  state.sort = own_function(lua, "sort");
  set_functions(lua, state, table_functions);
  lua_pop(lua, 1);
}

}  // namespace respawn::scripting
