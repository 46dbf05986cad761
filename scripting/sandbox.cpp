#include "scripting/sandbox.hpp"

namespace respawn::scripting {

const char* const readonly_table_error = "Attempt to modify a readonly table";

namespace {

// Keys that no script can make: addresses. In a proxy's metatable, the real table; in the registry,
// what the names say.
const char real_tag = 0;
const char proxies_tag = 0;        // real table -> its proxy
const char globals_tag = 0;        // the real globals
const char string_view_tag = 0;    // what getmetatable("") answers
const char globals_guard_tag = 0;  // the metatable of the globals' proxy

void push_tag(lua_State* lua, const char& tag) {
  lua_pushlightuserdata(lua, const_cast<char*>(&tag));
}

void get_registered(lua_State* lua, const char& tag) {
  push_tag(lua, tag);
  lua_rawget(lua, LUA_REGISTRYINDEX);
}

/// Pops a value and keeps it in the registry.
void set_registered(lua_State* lua, const char& tag) {
  push_tag(lua, tag);
  lua_insert(lua, -2);
  lua_rawset(lua, LUA_REGISTRYINDEX);
}

int absolute(lua_State* lua, int index) {
  return index > 0 || index <= LUA_REGISTRYINDEX ? index : lua_gettop(lua) + index + 1;
}

int refuse_access(lua_State* lua) {
  if (lua_gettop(lua) != 2)
    return luaL_error(lua, "Wrong number of arguments to luaProtectedTableError");
  if (lua_isstring(lua, 2) == 0)
    return luaL_error(lua, "Second argument to luaProtectedTableError must be a string or number");
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'",
                    lua_tostring(lua, 2));
}

int refuse_change(lua_State* lua) {
  return luaL_error(lua, "%s", readonly_table_error);
}

/// Pushes the proxy of the real table at `index` if it has one, and says so.
bool push_proxy(lua_State* lua, int index) {
  index = absolute(lua, index);
  get_registered(lua, proxies_tag);
  lua_pushvalue(lua, index);
  lua_rawget(lua, -2);
  lua_remove(lua, -2);
  if (lua_istable(lua, -1)) return true;
  lua_pop(lua, 1);
  return false;
}

/// Has the proxy's metatable on top of the stack show the real table at `index`.
void show(lua_State* lua, int index) {
  index = absolute(lua, index);
  push_tag(lua, real_tag);
  lua_pushvalue(lua, index);
  lua_rawset(lua, -3);
  lua_pushliteral(lua, "__index");
  lua_pushvalue(lua, index);
  lua_rawset(lua, -3);
}

/// Makes a proxy of the real table at `index`, pushes it and registers the pair.
void make_proxy(lua_State* lua, int index) {
  index = absolute(lua, index);
  lua_newtable(lua);
  lua_newtable(lua);
  show(lua, index);
  lua_pushliteral(lua, "__newindex");
  lua_pushcfunction(lua, refuse_change);
  lua_rawset(lua, -3);
  lua_setmetatable(lua, -2);
  get_registered(lua, proxies_tag);
  lua_pushvalue(lua, index);
  lua_pushvalue(lua, -3);
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
}

void ensure_registry(lua_State* lua) {
  get_registered(lua, proxies_tag);
  const bool is_there = lua_istable(lua, -1);
  lua_pop(lua, 1);
  if (is_there) return;
  lua_newtable(lua);
  set_registered(lua, proxies_tag);
}

/// Replaces the table on top of the stack by its proxy, and what lies within it by theirs. A table
/// that leads back to itself meets its proxy, which is made first.
void protect(lua_State* lua) {
  luaL_checkstack(lua, 12, "tables are nested too deeply");
  if (push_real(lua, -1)) {
    lua_pop(lua, 1);
    return;
  }
  if (push_proxy(lua, -1)) {
    lua_remove(lua, -2);
    return;
  }
  make_proxy(lua, -1);
  const int proxy = lua_gettop(lua);
  const int real = proxy - 1;
  lua_pushnil(lua);
  while (lua_next(lua, real) != 0) {
    if (lua_istable(lua, -1)) {
      protect(lua);
      lua_pushvalue(lua, -2);
      lua_insert(lua, -2);
      lua_rawset(lua, real);  // an existing field: the walk goes on
    } else {
      lua_pop(lua, 1);
    }
  }
  if (lua_getmetatable(lua, real) != 0) {
    protect(lua);  // the real one stays in place; getmetatable answers with its proxy
    lua_pop(lua, 1);
  }
  lua_remove(lua, real);
}

/// The metatable that all strings share stays as it is, its `__index` the real library. What
/// scripts see of it is another one.
void protect_strings(lua_State* lua) {
  lua_newtable(lua);
  lua_getglobal(lua, LUA_STRLIBNAME);
  lua_setfield(lua, -2, "__index");
  protect(lua);
  set_registered(lua, string_view_tag);
}

int next(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 2);
  if (push_real(lua, 1)) lua_replace(lua, 1);
  if (lua_next(lua, 1) != 0) return 2;
  lua_pushnil(lua);
  return 1;
}

/// Of a table that is no proxy.
int plain_next(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 2);
  if (lua_next(lua, 1) != 0) return 2;
  lua_pushnil(lua);
  return 1;
}

/// Whether the table, the first argument, may be a proxy.
bool has_metatable(lua_State* lua) {
  if (lua_getmetatable(lua, 1) == 0) return false;
  lua_pop(lua, 1);
  return true;
}

/// Upvalues: next, plain_next.
int pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(has_metatable(lua) ? 1 : 2));
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

int next_index(lua_State* lua) {
  const int index = luaL_checkint(lua, 2) + 1;
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushinteger(lua, index);
  if (push_real(lua, 1)) lua_replace(lua, 1);
  lua_rawgeti(lua, 1, index);
  return lua_isnil(lua, -1) ? 0 : 2;
}

int plain_next_index(lua_State* lua) {
  const int index = luaL_checkint(lua, 2) + 1;
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushinteger(lua, index);
  lua_rawgeti(lua, 1, index);
  return lua_isnil(lua, -1) ? 0 : 2;
}

/// Upvalues: next_index, plain_next_index.
int ipairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(has_metatable(lua) ? 1 : 2));
  lua_pushvalue(lua, 1);
  lua_pushinteger(lua, 0);
  return 3;
}

int raw_get(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checkany(lua, 2);
  lua_settop(lua, 2);
  if (push_real(lua, 1)) lua_replace(lua, 1);
  lua_rawget(lua, 1);
  return 1;
}

int raw_set(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checkany(lua, 2);
  luaL_checkany(lua, 3);
  lua_settop(lua, 3);
  check_writable(lua, 1);
  lua_rawset(lua, 1);
  return 1;
}

int get_metatable(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (lua_type(lua, 1) == LUA_TSTRING) {
    get_registered(lua, string_view_tag);
    return 1;
  }
  if (push_real(lua, 1)) lua_replace(lua, 1);
  if (lua_getmetatable(lua, 1) == 0) {
    lua_pushnil(lua);
    return 1;
  }
  lua_pushliteral(lua, "__metatable");
  lua_rawget(lua, -2);
  if (!lua_isnil(lua, -1)) return 1;
  lua_pop(lua, 1);
  push_proxy(lua, -1);
  return 1;
}

int set_metatable(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const int type = lua_type(lua, 2);
  luaL_argcheck(lua, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
  check_writable(lua, 1);
  if (luaL_getmetafield(lua, 1, "__metatable") != 0)
    return luaL_error(lua, "cannot change a protected metatable");
  lua_settop(lua, 2);
  if (push_real(lua, 2)) lua_replace(lua, 2);
  lua_setmetatable(lua, 1);
  return 1;
}

/// `step`: of any table; `plain_step`: of one that is no proxy.
void set_iterator(lua_State* lua, const char* name, lua_CFunction function, lua_CFunction step,
                  lua_CFunction plain_step) {
  lua_pushcfunction(lua, step);
  lua_pushcfunction(lua, plain_step);
  lua_pushcclosure(lua, function, 2);
  lua_setglobal(lua, name);
}

void guard_functions(lua_State* lua) {
  lua_register(lua, "next", next);
  lua_register(lua, "rawget", raw_get);
  lua_register(lua, "rawset", raw_set);
  lua_register(lua, "getmetatable", get_metatable);
  lua_register(lua, "setmetatable", set_metatable);
  set_iterator(lua, "pairs", pairs, next, plain_next);
  set_iterator(lua, "ipairs", ipairs, next_index, plain_next_index);
}

}  // namespace

void set_error_metatable(lua_State* lua, int index) {
  index = absolute(lua, index);
  lua_newtable(lua);
  lua_pushcfunction(lua, refuse_access);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, index);
}

void protect_globals(lua_State* lua) {
  ensure_registry(lua);
  guard_functions(lua);
  protect_strings(lua);
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  lua_pushvalue(lua, -1);
  set_registered(lua, globals_tag);
  protect(lua);
  lua_getmetatable(lua, -1);
  set_registered(lua, globals_guard_tag);
  lua_replace(lua, LUA_GLOBALSINDEX);
}

void protect_table(lua_State* lua, int index) {
  ensure_registry(lua);
  index = absolute(lua, index);
  lua_pushvalue(lua, index);
  protect(lua);
  lua_replace(lua, index);
}

void set_global(lua_State* lua, const char* name) {
  get_registered(lua, globals_tag);
  lua_insert(lua, -2);
  lua_pushstring(lua, name);
  lua_insert(lua, -2);
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
}

void show_globals(lua_State* lua, int index) {
  index = absolute(lua, index);
  get_registered(lua, globals_guard_tag);
  const bool is_proxy = push_real(lua, index);
  if (!is_proxy) lua_pushvalue(lua, index);
  lua_insert(lua, -2);
  show(lua, -2);
  lua_pop(lua, 2);
}

void show_own_globals(lua_State* lua) {
  get_registered(lua, globals_tag);
  get_registered(lua, globals_guard_tag);
  show(lua, -2);
  lua_pop(lua, 2);
}

bool push_real(lua_State* lua, int index) {
  if (!lua_istable(lua, index) || lua_getmetatable(lua, index) == 0) return false;
  push_tag(lua, real_tag);
  lua_rawget(lua, -2);
  lua_remove(lua, -2);
  if (lua_istable(lua, -1)) return true;
  lua_pop(lua, 1);
  return false;
}

void check_writable(lua_State* lua, int index) {
  if (!push_real(lua, index)) return;
  lua_pushstring(lua, readonly_table_error);
  lua_error(lua);
}

}  // namespace respawn::scripting
