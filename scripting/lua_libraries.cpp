#include "scripting/lua_libraries.hpp"

#include <bit>
#include <cmath>
#include <new>

#include "scripting/libraries/library_state.hpp"

extern "C" {
#include <lua-bitop.h>
}

namespace respawn::scripting {
namespace {

const char registry_key = 0;

/// The generator of lrand48(3), which Redis's own is: x = 0x5DEECE66D * x + 11 modulo 2^48, its
/// upper 31 bits.
std::int32_t next_random(std::uint64_t& random) {
  random = (random * 0x5DEECE66DULL + 0xB) & ((1ULL << 48) - 1);
  return static_cast<std::int32_t>(random >> 17);
}

void seed(LibraryState& state, std::int32_t value) {
  state.random = static_cast<std::uint64_t>(static_cast<std::uint32_t>(value)) << 16 | 0x330E;
}

int math_random(lua_State* lua) {
  constexpr std::int32_t largest = INT32_MAX;
  const double fraction = static_cast<double>(next_random(library(lua).random) % largest) /
                          static_cast<double>(largest);
  switch (lua_gettop(lua)) {
    case 0:
      lua_pushnumber(lua, fraction);
      return 1;
    case 1: {
      const int upper = luaL_checkint(lua, 1);
      luaL_argcheck(lua, 1 <= upper, 1, "interval is empty");
      lua_pushnumber(lua, std::floor(fraction * upper) + 1);
      return 1;
    }
    case 2: {
      const int lower = luaL_checkint(lua, 1);
      const int upper = luaL_checkint(lua, 2);
      luaL_argcheck(lua, lower <= upper, 2, "interval is empty");
      // The width wraps around where it does in Redis.
      const auto width = static_cast<std::int32_t>(static_cast<std::uint32_t>(upper) -
                                                   static_cast<std::uint32_t>(lower) + 1);
      lua_pushnumber(lua, std::floor(fraction * width) + lower);
      return 1;
    }
    default:
      return luaL_error(lua, "wrong number of arguments");
  }
}

int math_randomseed(lua_State* lua) {
  seed(library(lua), luaL_checkint(lua, 1));
  return 0;
}

constexpr luaL_Reg math_functions[] = {
    {"random", math_random}, {"randomseed", math_randomseed}, {nullptr, nullptr}};

/// A number as the 32 bits that lua-bitop takes it for.
std::uint32_t low_bits(lua_State* lua, int index) {
  return static_cast<std::uint32_t>(
      std::bit_cast<std::uint64_t>(luaL_checknumber(lua, index) + 6755399441055744.0));
}

/// In place of lua-bitop's, which for -2^31 digits writes beyond its buffer (CVE-2024-31449).
int bit_tohex(lua_State* lua) {
  std::uint32_t value = low_bits(lua, 1);
  std::int64_t digits = lua_isnone(lua, 2) ? 8 : static_cast<std::int32_t>(low_bits(lua, 2));
  const char* alphabet = digits < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
  digits = std::min<std::int64_t>(std::abs(digits), 8);
  char text[8];
  for (std::int64_t i = digits; i-- > 0; value >>= 4) text[i] = alphabet[value & 15];
  lua_pushlstring(lua, text, static_cast<std::size_t>(digits));
  return 1;
}

constexpr luaL_Reg bit_functions[] = {{"tohex", bit_tohex}, {nullptr, nullptr}};

void open(lua_State* lua, lua_CFunction opener, const char* name) {
  lua_pushcfunction(lua, opener);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

/// What Redis has not, or had and took away because it breaks the walls.
void remove_globals(lua_State* lua) {
  for (const char* name : {"dofile", "loadfile", "print", "getfenv", "setfenv", "newproxy"}) {
    lua_pushnil(lua);
    lua_setglobal(lua, name);
  }
}

void replace_functions(lua_State* lua, LibraryState& state, const char* table,
                       const luaL_Reg* functions) {
  lua_getglobal(lua, table);
  set_functions(lua, state, functions);
  lua_pop(lua, 1);
}

}  // namespace

LibraryState& find_library(lua_State* lua) {
  lua_pushlightuserdata(lua, const_cast<char*>(&registry_key));
  lua_rawget(lua, LUA_REGISTRYINDEX);
  auto* state = static_cast<LibraryState*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  return *state;
}

void ask_host(lua_State* lua, LibraryState& state) {
  state.units_left = units_per_question;
  if (state.host.keep_on != nullptr) state.host.keep_on(lua, state.host.context);
}

lua_CFunction own_function(lua_State* lua, const char* name) {
  lua_getfield(lua, -1, name);
  const lua_CFunction function = lua_tocfunction(lua, -1);
  lua_pop(lua, 1);
  return function;
}

void set_functions(lua_State* lua, LibraryState& state, const luaL_Reg* functions) {
  for (; functions->name != nullptr; ++functions) {
    lua_pushlightuserdata(lua, &state);
    lua_pushcclosure(lua, functions->func, 1);
    lua_setfield(lua, -2, functions->name);
  }
}

void open_libraries(lua_State* lua, const LibraryHost& host) {
  lua_pushlightuserdata(lua, const_cast<char*>(&registry_key));
  auto* state = new (lua_newuserdata(lua, sizeof(LibraryState))) LibraryState;
  state->host = host;
  state->units_left = units_per_question;
  lua_rawset(lua, LUA_REGISTRYINDEX);

  open(lua, luaopen_base, "");
  open(lua, luaopen_table, LUA_TABLIBNAME);
  open(lua, luaopen_string, LUA_STRLIBNAME);
  open(lua, luaopen_math, LUA_MATHLIBNAME);
  open(lua, luaopen_bit, "bit");
  remove_globals(lua);
  replace_functions(lua, *state, LUA_MATHLIBNAME, math_functions);
  replace_functions(lua, *state, "bit", bit_functions);
  open_base(lua, *state);
  open_tables(lua, *state);
  open_strings(lua, *state);
  open_json(lua, *state);
  open_message_pack(lua, *state);
  open_struct(lua, *state);
}

void spend(lua_State* lua, std::size_t units) {
  spend(lua, find_library(lua), units);
}

void reset_libraries(lua_State* lua) {
  LibraryState& state = find_library(lua);
  *state.json = state.json_kept;
  state.units_left = units_per_question;
  if (!state.collector_changed) return;
  state.collector_changed = false;
  lua_gc(lua, LUA_GCSETPAUSE, LUAI_GCPAUSE);
  lua_gc(lua, LUA_GCSETSTEPMUL, LUAI_GCMUL);
  lua_gc(lua, LUA_GCRESTART, 0);
}

void keep_settings(lua_State* lua) {
  LibraryState& state = find_library(lua);
  state.json_kept = *state.json;
}

}  // namespace respawn::scripting
