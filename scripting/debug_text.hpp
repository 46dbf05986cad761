// Values of Lua and replies, as the debugger shows them to people.
#pragma once

#include <lua.hpp>
#include <string>

#include "base/buffer.hpp"

namespace respawn::scripting {

/// Appends the value at `index`; tables with their contents, to a depth of ten. The text must not
/// lie on the stack of the script: an error of Lua (memory) passes over it. O(value).
void append_value(std::string& text, lua_State* state, int index);

/// Appends a whole reply. O(reply).
void append_reply(std::string& text, const Buffer& reply);

}  // namespace respawn::scripting
