// What a script finds besides `redis`: the libraries of Lua 5.1, cjson, cmsgpack, struct and bit,
// with the names, results, limits and error texts that Redis 7.2 has.
//
// Debian's Lua is compiled as C: an error is a longjmp. No function that Lua calls may own anything
// that needs a destructor while it calls Lua; what has to grow lies in memory of Lua's own
// (libraries/lua_buffer.hpp).
#pragma once

#include <lua.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respawn::scripting {

/// Whoever runs the scripts. Borrowed by the state that is opened with it; `context` outlives the
/// state.
struct LibraryHost {
  /// Called by a library function that runs long, each time that it has done some 50 microseconds
  /// of work: a count hook does not see it. May raise a Lua error (which ends the function), and
  /// may switch to another stack and come back later. Not called while a chunk is parsed. Null:
  /// never asked.
  void (*keep_on)(lua_State* state, void* context) = nullptr;
  void* context = nullptr;
};

/// Opens everything into the globals of a new state: base, coroutine, table, string, math, cjson,
/// cmsgpack, struct, bit. `debug`, `os`, `io`, `package`, `print`, `dofile`, `loadfile`, `getfenv`,
/// `setfenv` and `newproxy` are not there. Call it once, before anything that protects
/// (sandbox.hpp). May raise (memory): call it within lua_cpcall.
void open_libraries(lua_State* state, const LibraryHost& host);

/// Counts work that was done without an instruction of Lua's, in units of about a nanosecond, and
/// asks the host each time that some 50,000 have come together. May raise.
void spend(lua_State* state, std::size_t units);

/// Compiles a chunk of text; what begins as bytecode is refused. Returns and leaves on the stack
/// what lua_load does: the function, or the error message with a status. `chunk_name` as for
/// lua_load ("@user_script"). The functions' globals are those of the state at that time.
int load_text(lua_State* state, std::string_view source, const char* chunk_name);

/// Forgets what the script before could have left in the libraries: collectgarbage's settings and
/// those of `cjson`. Call it before each script. O(1).
void reset_libraries(lua_State* state);

/// Makes the present settings of `cjson` those that reset_libraries goes back to: behind the
/// loading of a library of functions, whose code sets them once.
void keep_settings(lua_State* state);

}  // namespace respawn::scripting
