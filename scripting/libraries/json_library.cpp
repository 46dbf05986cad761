// The table `cjson`: its settings and how it is made.
#include <climits>
#include <cstdio>
#include <new>

#include "scripting/libraries/json.hpp"

namespace respawn::scripting {
namespace {

/// Fills the arguments up with nil; one too many is an error.
JsonSettings& take_arguments(lua_State* lua, int most) {
  luaL_argcheck(lua, lua_gettop(lua) <= most, most + 1, "found too many arguments");
  lua_settop(lua, most);
  return json_settings(lua);
}

int set_number(lua_State* lua, int index, int& setting, int least, int most) {
  if (!lua_isnil(lua, index)) {
    const int value = luaL_checkint(lua, index);
    char text[64];
    std::snprintf(text, sizeof text, "expected integer between %d and %d", least, most);
    luaL_argcheck(lua, least <= value && value <= most, 1, text);
    setting = value;
  }
  lua_pushinteger(lua, setting);
  return 1;
}

/// A setting that is off, on or (with three names) something more.
int set_choice(lua_State* lua, int index, int& setting, const char* const* names) {
  if (!lua_isnil(lua, index)) {
    setting = lua_isboolean(lua, index) ? lua_toboolean(lua, index)
                                        : luaL_checkoption(lua, index, nullptr, names);
  }
  if (setting <= 1) {
    lua_pushboolean(lua, setting);
  } else {
    lua_pushstring(lua, names[setting]);
  }
  return 1;
}

constexpr const char* switch_names[] = {"off", "on", nullptr};
constexpr const char* invalid_number_names[] = {"off", "on", "null", nullptr};

int encode_sparse_array(lua_State* lua) {
  JsonSettings& settings = take_arguments(lua, 3);
  set_choice(lua, 1, settings.sparse_convert, switch_names);
  set_number(lua, 2, settings.sparse_ratio, 0, INT_MAX);
  set_number(lua, 3, settings.sparse_safe, 0, INT_MAX);
  return 3;
}

int encode_max_depth(lua_State* lua) {
  return set_number(lua, 1, take_arguments(lua, 1).encode_max_depth, 1, INT_MAX);
}

int decode_max_depth(lua_State* lua) {
  return set_number(lua, 1, take_arguments(lua, 1).decode_max_depth, 1, INT_MAX);
}

int encode_number_precision(lua_State* lua) {
  return set_number(lua, 1, take_arguments(lua, 1).number_precision, 1, 14);
}

int encode_keep_buffer(lua_State* lua) {
  return set_choice(lua, 1, take_arguments(lua, 1).keep_buffer, switch_names);
}

int encode_invalid_numbers(lua_State* lua) {
  return set_choice(lua, 1, take_arguments(lua, 1).encode_invalid_numbers, invalid_number_names);
}

int decode_invalid_numbers(lua_State* lua) {
  return set_choice(lua, 1, take_arguments(lua, 1).decode_invalid_numbers, switch_names);
}

int make(lua_State* lua);

constexpr luaL_Reg json_functions[] = {{"encode", encode_json},
                                       {"decode", decode_json},
                                       {"encode_sparse_array", encode_sparse_array},
                                       {"encode_max_depth", encode_max_depth},
                                       {"decode_max_depth", decode_max_depth},
                                       {"encode_number_precision", encode_number_precision},
                                       {"encode_keep_buffer", encode_keep_buffer},
                                       {"encode_invalid_numbers", encode_invalid_numbers},
                                       {"decode_invalid_numbers", decode_invalid_numbers},
                                       {"new", make},
                                       {nullptr, nullptr}};

/// Pushes a table of functions with settings of their own, and returns these.
JsonSettings* push_json(lua_State* lua, LibraryState& state) {
  lua_newtable(lua);
  auto* settings = new (lua_newuserdata(lua, sizeof(JsonSettings))) JsonSettings;
  for (const luaL_Reg* function = json_functions; function->name != nullptr; ++function) {
    lua_pushlightuserdata(lua, &state);
    lua_pushvalue(lua, -2);
    lua_pushcclosure(lua, function->func, 2);
    lua_setfield(lua, -3, function->name);
  }
  lua_pop(lua, 1);
  lua_pushlightuserdata(lua, nullptr);
  lua_setfield(lua, -2, "null");
  lua_pushliteral(lua, "cjson");
  lua_setfield(lua, -2, "_NAME");
  lua_pushliteral(lua, "2.1.0");
  lua_setfield(lua, -2, "_VERSION");
  return settings;
}

int make(lua_State* lua) {
  push_json(lua, library(lua));
  return 1;
}

}  // namespace

void open_json(lua_State* lua, LibraryState& state) {
  state.json = push_json(lua, state);
  lua_setglobal(lua, "cjson");
}

}  // namespace respawn::scripting
