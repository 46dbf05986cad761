// What the library functions of one Lua state share, and how they are registered.
#pragma once

#include <lua.hpp>

#include <cstddef>
#include <cstdint>

#include "scripting/lua_libraries.hpp"

namespace respawn::scripting {

/// What `cjson.encode_max_depth` and its like set; lua-cjson's defaults.
struct JsonSettings {
  int sparse_convert = 0;  ///< sparse arrays become objects, rather than an error
  int sparse_ratio =
      2;  ///< an array is sparse when its largest index is above this many times its count
  int sparse_safe = 10;  ///< largest index up to which no array is sparse
  int encode_max_depth = 1000;
  int decode_max_depth = 1000;
  int number_precision = 14;
  int encode_invalid_numbers = 0;  ///< 0 error, 1 as they are, 2 as null
  int decode_invalid_numbers = 1;
  int keep_buffer = 1;  ///< remembered for whoever asks; the buffer is always kept
};

/// Lies in the state's registry, and every library function has it as its first upvalue. Plain
/// data: nothing here owns.
struct LibraryState {
  LibraryHost host;
  std::int64_t units_left = 0;            ///< until the host is asked
  std::uint64_t random = 0x1234ABCD330E;  ///< 48 bits; as a process begins that was given no seed
  bool collector_changed = false;
  JsonSettings* json = nullptr;  ///< of the `cjson` table itself, anchored by its functions
  JsonSettings json_kept;        ///< what reset_libraries goes back to
  lua_CFunction sort = nullptr;  ///< Lua's own, which ours stand in front of
  lua_CFunction format = nullptr;
  static constexpr std::size_t scratch_size = 16 * 1024;
  char scratch[scratch_size];  ///< for functions that build a result and call no script meanwhile
};

/// Units of work between two questions to the host.
inline constexpr std::int64_t units_per_question = 50'000;

/// The state of the library function that runs.
inline LibraryState& library(lua_State* lua) {
  return *static_cast<LibraryState*>(lua_touserdata(lua, lua_upvalueindex(1)));
}

/// The state of the libraries, looked up in the registry: for code that is no library function.
LibraryState& find_library(lua_State* lua);

/// Asks the host, and counts anew. May raise.
void ask_host(lua_State* lua, LibraryState& state);

/// As spend(lua_State*, units), where the state is at hand.
inline void spend(lua_State* lua, LibraryState& state, std::size_t units) {
  state.units_left -= static_cast<std::int64_t>(units);
  if (state.units_left < 0) [[unlikely]]
    ask_host(lua, state);
}

/// Lua's own function of this name in the table on top of the stack.
[[nodiscard]] lua_CFunction own_function(lua_State* lua, const char* name);

/// Sets the functions of the list (which ends with a null name) in the table on top of the stack,
/// each with the LibraryState as its first upvalue.
void set_functions(lua_State* lua, LibraryState& state, const luaL_Reg* functions);

void open_json(lua_State* lua, LibraryState& state);
void open_message_pack(lua_State* lua, LibraryState& state);
void open_struct(lua_State* lua, LibraryState& state);
void open_strings(lua_State* lua, LibraryState& state);
void open_tables(lua_State* lua, LibraryState& state);
void open_base(lua_State* lua, LibraryState& state);

}  // namespace respawn::scripting
