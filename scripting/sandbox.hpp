// The walls around scripts: tables that can be read and not changed, and the globals that all
// scripts of a state share.
//
// Lua 5.1 knows no read-only tables. A protected table is a pair: the *proxy*, an empty table that
// scripts hold, and the *real* table behind it, which no script ever gets hold of. The proxy's
// metatable (hidden as well) shows the real one and refuses to be written. next, pairs, rawget,
// rawset, setmetatable, getmetatable and the table library know proxies, so that a script sees what
// it would see of a table with Redis's read-only flag, error texts included.
//
// How a host sets a state up:
//   1. open_libraries(state, host)
//   2. its own tables and functions: lua_newtable, lua_setfield, lua_setglobal("redis") as usual
//   3. set_error_metatable on the globals, protect_globals(state)
//   4. compile scripts (load_text) only now: their globals are the proxy from here on
//   5. per script: set_global("KEYS"), set_global("ARGV"),
//   reset_libraries(state)
// While a library of functions is loaded it sees other globals: build a table with `redis` in it,
// give it and its `redis` the error metatable, protect_table it, keep it in the registry, and
// show_globals(it) around the loading.
#pragma once

#include <lua.hpp>

namespace respawn::scripting {

/// "Attempt to modify a readonly table", as Redis's Lua says it.
extern const char* const readonly_table_error;

/// Gives the table at `index` a metatable that answers the reading of a field it has not with
/// "Script attempted to access nonexistent global variable 'x'". Before the table is protected. May
/// raise (memory).
void set_error_metatable(lua_State* state, int index);

/// Protects the globals, all tables that can be reached from them and their metatables, and the
/// metatable of strings. From here on LUA_GLOBALSINDEX is a proxy; use set_global to write. Once
/// per state. May raise (memory).
void protect_globals(lua_State* state);

/// Replaces the table at `index` (of the stack, not a pseudo-index) by a read-only proxy of it; the
/// tables within it likewise, and its metatable. Does nothing to a table that is a proxy. May raise
/// (memory).
void protect_table(lua_State* state, int index);

/// Pops a value and sets the global of that name, past the protection; the value itself is not
/// protected. May raise (memory).
void set_global(lua_State* state, const char* name);

/// Lets every function of the state see the protected table at `index` as its globals, also those
/// compiled before, until show_own_globals. O(1).
void show_globals(lua_State* state, int index);

/// Undoes show_globals. O(1).
void show_own_globals(lua_State* state);

/// Pushes the real table when the value at `index` is a proxy: what C code has to look at
/// (lua_next, lua_rawget), and nothing that a script may get. Otherwise pushes nothing and returns
/// false.
bool push_real(lua_State* state, int index);

/// Raises readonly_table_error, without a position, when the value at `index` is a proxy.
void check_writable(lua_State* state, int index);

}  // namespace respawn::scripting
