// The two halves of cjson. Behaviour, limits and texts are lua-cjson 2.1.0's as Redis 7.2 carries
// it; docs/decisions/0016-lua.md says why it is not that library.
#pragma once

#include <lua.hpp>

#include "scripting/libraries/library_state.hpp"

namespace respawn::scripting {

/// cjson.encode(value). Upvalues: library, settings.
int encode_json(lua_State* lua);

/// cjson.decode(text). Upvalues: library, settings.
int decode_json(lua_State* lua);

/// The settings of the cjson table whose function runs.
inline JsonSettings& json_settings(lua_State* lua) {
  return *static_cast<JsonSettings*>(lua_touserdata(lua, lua_upvalueindex(2)));
}

}  // namespace respawn::scripting
