// What of Lua's basic functions compiles code, collects memory, or spreads a table over the stack.
#include <algorithm>
#include <string_view>

#include "scripting/libraries/library_state.hpp"

namespace respawn::scripting {
namespace {

constexpr char bytecode_mark = LUA_SIGNATURE[0];

/// Longest chunk: Lua's lexer counts the '=' of a long bracket in an int (CVE-2025-46819).
constexpr std::size_t source_size_max = 512 * 1024 * 1024;

/// Gives a chunk to the parser; a blank before what looks like bytecode has it read as text, and
/// refused as such.
struct TextSource {
  std::string_view rest;
  bool is_first = true;
};

const char* read_text(lua_State* /*lua*/, void* data, std::size_t* size) {
  auto& source = *static_cast<TextSource*>(data);
  const bool is_bytecode =
      source.is_first && !source.rest.empty() && source.rest.front() == bytecode_mark;
  source.is_first = false;
  if (is_bytecode) {
    *size = 1;
    return " ";
  }
  *size = source.rest.size();
  const char* text = source.rest.data();
  source.rest = {};
  return *size == 0 ? nullptr : text;
}

/// What `load` was given: a function that returns the pieces. Slots of load's frame.
constexpr int reader_function = 1;
constexpr int reader_piece = 3;

struct FunctionSource {
  LibraryState& state;
  std::size_t total = 0;
  std::string_view held;  ///< a first piece that a blank goes before
};

const char* read_piece(lua_State* lua, void* data, std::size_t* size) {
  auto& source = *static_cast<FunctionSource*>(data);
  if (!source.held.empty()) {
    *size = source.held.size();
    const char* text = source.held.data();
    source.held = {};
    return text;
  }
  luaL_checkstack(lua, 2, "too many nested functions");
  lua_pushvalue(lua, reader_function);
  lua_call(lua, 0, 1);
  if (lua_isnil(lua, -1)) {
    *size = 0;
    return nullptr;
  }
  if (lua_isstring(lua, -1) == 0) luaL_error(lua, "reader function must return a string");
  lua_replace(lua, reader_piece);
  const char* text = lua_tolstring(lua, reader_piece, size);
  if (*size > source_size_max - source.total) luaL_error(lua, "chunk is too long");
  if (source.total == 0 && *size > 0 && *text == bytecode_mark) {
    source.held = {text, *size};
    source.total = *size;
    *size = 1;
    return " ";
  }
  source.total += *size;
  return text;
}

/// Compiles with the chunk's name on the stack: Lua's parser holds the only reference to it
/// otherwise, where the collector does not look (CVE-2025-49844). Takes one slot and leaves the
/// result there.
int load_anchored(lua_State* lua, lua_Reader reader, void* source, const char* chunk_name) {
  lua_pushstring(lua, chunk_name);
  const int anchor = lua_gettop(lua);
  const int status = lua_load(lua, reader, source, chunk_name);
  lua_remove(lua, anchor);
  return status;
}

/// The results of load and loadstring.
int return_loaded(lua_State* lua, int status) {
  if (status == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

int load_string(lua_State* lua) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, 1, &size);
  const char* chunk_name = luaL_optstring(lua, 2, text);
  spend(lua, library(lua), size * 10);
  return return_loaded(lua, load_text(lua, {text, size}, chunk_name));
}

int load_function(lua_State* lua) {
  luaL_checktype(lua, reader_function, LUA_TFUNCTION);
  const char* chunk_name = luaL_optstring(lua, 2, "=(load)");
  lua_settop(lua, reader_piece);
  FunctionSource source{library(lua), 0, {}};
  return return_loaded(lua, load_anchored(lua, read_piece, &source, chunk_name));
}

int unpack(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const int first = luaL_optint(lua, 2, 1);
  const int last =
      lua_isnoneornil(lua, 3) ? static_cast<int>(lua_objlen(lua, 1)) : luaL_checkint(lua, 3);
  if (first > last) return 0;
  const std::int64_t count = std::int64_t{last} - first + 1;
  if (count > LUAI_MAXCSTACK || lua_checkstack(lua, static_cast<int>(count)) == 0)
    return luaL_error(lua, "too many results to unpack");
  for (std::int64_t i = first; i <= last; ++i) lua_rawgeti(lua, 1, static_cast<int>(i));
  return static_cast<int>(count);
}

int collect_garbage(lua_State* lua) {
  static constexpr const char* options[] = {"stop", "restart",  "collect",    "count",
                                            "step", "setpause", "setstepmul", nullptr};
  static constexpr int actions[] = {LUA_GCSTOP, LUA_GCRESTART,  LUA_GCCOLLECT,   LUA_GCCOUNT,
                                    LUA_GCSTEP, LUA_GCSETPAUSE, LUA_GCSETSTEPMUL};
  LibraryState& state = library(lua);
  const int action = actions[luaL_checkoption(lua, 1, "collect", options)];
  const int argument = luaL_optint(lua, 2, 0);
  const auto kilobytes = static_cast<std::size_t>(lua_gc(lua, LUA_GCCOUNT, 0));
  const int result = lua_gc(lua, action, argument);
  switch (action) {
    case LUA_GCCOUNT:
      lua_pushnumber(lua, result + lua_gc(lua, LUA_GCCOUNTB, 0) / 1024.0);
      return 1;
    case LUA_GCSTEP:
      spend(
          lua, state,
          1000 + std::min<std::size_t>(kilobytes, static_cast<std::size_t>(std::max(argument, 1))) *
                     200);
      lua_pushboolean(lua, result);
      return 1;
    case LUA_GCCOLLECT:
      spend(lua, state, 1000 + kilobytes * 200);
      break;
    default:
      state.collector_changed = true;
  }
  lua_pushnumber(lua, result);
  return 1;
}

constexpr luaL_Reg base_functions[] = {{"load", load_function},
                                       {"loadstring", load_string},
                                       {"unpack", unpack},
                                       {"collectgarbage", collect_garbage},
                                       {nullptr, nullptr}};

}  // namespace

int load_text(lua_State* lua, std::string_view source, const char* chunk_name) {
  if (source.size() > source_size_max) {
    lua_pushliteral(lua, "chunk is too long");
    return LUA_ERRSYNTAX;
  }
  TextSource text{source};
  return load_anchored(lua, read_text, &text, chunk_name);
}

void open_base(lua_State* lua, LibraryState& state) {
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  set_functions(lua, state, base_functions);
  lua_pop(lua, 1);
}

}  // namespace respawn::scripting
