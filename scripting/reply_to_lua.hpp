// What a command replied, as a value of Lua.
#pragma once

#include <lua.hpp>

#include "base/buffer.hpp"

namespace respawn::scripting {

/// Pushes the one reply that is in the buffer, which the server has written itself: RESP2's types,
/// or RESP3's as tables with one field (`map`, `set`, `double`, `big_number`, `verbatim_string`),
/// `ok` and `err`. Attributes are left out. Its bytes become Lua's own without anything between.
/// May raise (memory); owns nothing. O(bytes).
void push_reply(lua_State* state, const Buffer& reply);

}  // namespace respawn::scripting
