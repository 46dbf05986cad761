// Errors as scripts see them: a table with `err`, and where it happened.
//
// Nothing here owns anything while it calls Lua.
#pragma once

#include <lua.hpp>
#include <string_view>

namespace respawn::scripting {

/// Pushes {err = "<code> <text>"}. A text with '-' in front brings its code along; any other gets
/// ERR. May raise (memory).
void push_error(lua_State* state, std::string_view text);

/// The same of an error that a command was answered: it says so, for it has been counted.
void push_counted_error(lua_State* state, std::string_view text);

/// What lua_pcall calls with what was raised: makes a table of it and adds `source` and `line`.
int describe_error(lua_State* state);

/// What such a table says. Views into its strings: valid while the table is on the stack.
struct ErrorFacts {
  std::string_view text;    // up to a NUL byte
  std::string_view source;  // "@user_script", or empty
  std::string_view line;
  bool counted = false;
};

/// Of the table at the top, or of a string there (without a code).
[[nodiscard]] ErrorFacts error_facts(lua_State* state);

/// Pushes the raw field of the table at `index`.
void push_field(lua_State* state, int index, const char* name);

}  // namespace respawn::scripting
