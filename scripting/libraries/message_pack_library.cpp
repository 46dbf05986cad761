// The table `cmsgpack`. The bytes are written by Debian's msgpack library. They are read here: its
// reader builds a tree of its own outside of the script's memory, allocates what a header
// announces, and stops at 32 levels.
#include <msgpack/pack.h>

#include <algorithm>
#include <bit>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "scripting/libraries/library_state.hpp"
#include "scripting/libraries/lua_buffer.hpp"
#include "scripting/sandbox.hpp"

namespace respawn::scripting {
namespace {

constexpr std::size_t value_units = 30;

/// Tables within tables that are written; a deeper one becomes nil.
constexpr int nesting_max = 16;

int write_to_buffer(void* buffer, const char* bytes, std::size_t size) {
  static_cast<LuaBuffer*>(buffer)->append({bytes, size});
  return 0;
}

class Packer {
 public:
  Packer(lua_State* lua, LibraryState& state)
      : lua_(lua), state_(state), out_(lua, state.scratch, LibraryState::scratch_size) {
    msgpack_packer_init(&packer_, &out_, write_to_buffer);
  }

  /// Writes the value on top of the stack and pops it. `level`: tables around it.
  void value(int level) {
    spend(lua_, state_, value_units);
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING:
        string();
        break;
      case LUA_TBOOLEAN:
        lua_toboolean(lua_, -1) != 0 ? msgpack_pack_true(&packer_) : msgpack_pack_false(&packer_);
        break;
      case LUA_TNUMBER:
        number(lua_tonumber(lua_, -1));
        break;
      case LUA_TTABLE:
        if (level < nesting_max) {
          table(level);
          break;
        }
        [[fallthrough]];
      default:
        msgpack_pack_nil(&packer_);
    }
    lua_pop(lua_, 1);
  }

  void push() const { out_.push(); }

 private:
  void string() {
    std::size_t length = 0;
    const char* text = lua_tolstring(lua_, -1, &length);
    spend(lua_, state_, length / 4);
    msgpack_pack_str(&packer_, length);
    msgpack_pack_str_body(&packer_, text, length);
  }

  /// Whole numbers as integers, others in four bytes where these hold them exactly.
  void number(double value) {
    if (value >= -0x1p63 && value < 0x1p63 && std::trunc(value) == value) {
      msgpack_pack_int64(&packer_, static_cast<std::int64_t>(value));
    } else if (static_cast<double>(static_cast<float>(value)) == value) {
      msgpack_pack_float(&packer_, static_cast<float>(value));
    } else {
      msgpack_pack_double(&packer_, value);
    }
  }

  void table(int level) {
    if (push_real(lua_, -1)) lua_replace(lua_, -2);
    luaL_checkstack(lua_, 4, "in function mp_encode_lua_table_as_map");
    std::size_t count = 0;
    if (is_array(count)) {
      msgpack_pack_array(&packer_, count);
      for (std::size_t i = 1; i <= count; ++i) {
        lua_rawgeti(lua_, -1, static_cast<int>(i));
        value(level + 1);
      }
      return;
    }
    count = 0;
    lua_pushnil(lua_);
    for (; lua_next(lua_, -2) != 0; ++count) {
      spend(lua_, state_, value_units / 3);
      lua_pop(lua_, 1);
    }
    msgpack_pack_map(&packer_, count);
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      lua_pushvalue(lua_, -2);
      value(level + 1);
      value(level + 1);
    }
  }

  /// Whether the keys of the table on top of the stack are 1 to `count`.
  bool is_array(std::size_t& count) {
    double largest = 0;
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      spend(lua_, state_, value_units / 3);
      lua_pop(lua_, 1);
      const double key = lua_type(lua_, -1) == LUA_TNUMBER ? lua_tonumber(lua_, -1) : 0;
      if (key <= 0 || key > INT_MAX || std::trunc(key) != key) {
        lua_pop(lua_, 1);
        return false;
      }
      if (key > largest) largest = key;
      ++count;
    }
    return largest == static_cast<double>(count);
  }

  lua_State* lua_;
  LibraryState& state_;
  LuaBuffer out_;
  msgpack_packer packer_;
};

static_assert(std::is_trivially_destructible_v<Packer>);

int pack(lua_State* lua) {
  const int arguments = lua_gettop(lua);
  if (arguments == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
  if (lua_checkstack(lua, arguments) == 0)
    return luaL_argerror(lua, 0, "Too many arguments for MessagePack pack.");
  Packer packer(lua, library(lua));
  for (int i = 1; i <= arguments; ++i) {
    lua_pushvalue(lua, i);
    packer.value(0);
  }
  packer.push();
  return 1;
}

/// Reads values without recursion: an open array has its table and the index to come on the Lua
/// stack, an open map its table and, when it was read, a key.
class Unpacker {
 public:
  Unpacker(lua_State* lua, LibraryState& state, const char* bytes, std::size_t size)
      : lua_(lua), state_(state), at_(bytes), left_(size), open_(lua, initial_, sizeof initial_) {}

  std::size_t left() const { return left_; }

  /// Pushes the next value.
  void value() {
    item();
    while (!open_.empty()) {
      Container& container = open_.top();
      if (container.left == 0) {
        open_.pop();
        store();
        continue;
      }
      --container.left;
      if (container.is_map) {
        item();
      } else {
        lua_pushnumber(lua_, static_cast<double>(++container.index));
        item();
      }
    }
  }

 private:
  struct Container {
    bool is_map;
    bool has_key;        ///< map
    std::uint64_t left;  ///< array: elements, map: keys and values still to be read
    std::uint32_t index;
  };

  /// What was pushed last is complete: it goes into the container that is open, if one is.
  void store() {
    if (open_.empty()) return;
    Container& container = open_.top();
    if (container.is_map && !container.has_key) {
      container.has_key = true;
      return;
    }
    container.has_key = false;
    lua_settable(lua_, -3);
  }

  /// Reads an item: a value, or the head of a container, which is opened.
  void item() {
    spend(lua_, state_, value_units);
    need(1);
    luaL_checkstack(lua_, 1,
                    "too many return values at once; use unpack_one or unpack_limit instead.");
    const auto head = static_cast<unsigned char>(*at_);
    if (head <= 0x7f) {
      number(0, head);
    } else if (head >= 0xe0) {
      number(0, static_cast<signed char>(head));
    } else if (head <= 0x8f) {
      open(true, 0, head & 0x0fU);
    } else if (head <= 0x9f) {
      open(false, 0, head & 0x0fU);
    } else if (head <= 0xbf) {
      string(0, head & 0x1fU);
    } else {
      marked_item(head);
    }
  }

  /// An item whose head says what it is, and nothing of its value.
  void marked_item(unsigned char head) {
    if (head >= 0xca && head <= 0xd3) {
      marked_number(head);
    } else if (head >= 0xd9 && head <= 0xdb) {
      const std::size_t bytes = std::size_t{1} << (head - 0xd9);
      string(bytes, big_endian(bytes));
    } else if (head >= 0xdc && head <= 0xdf) {
      const std::size_t bytes = (head & 1) == 0 ? 2 : 4;
      open(head >= 0xde, bytes, big_endian(bytes));
    } else if (head == 0xc0 || head == 0xc2 || head == 0xc3) {
      take(1);
      if (head == 0xc0) {
        lua_pushnil(lua_);
      } else {
        lua_pushboolean(lua_, head & 1);
      }
      store();
    } else {
      luaL_error(lua_, "Bad data format in input.");
    }
  }

  void marked_number(unsigned char head) {
    constexpr std::size_t sizes[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};
    const std::size_t bytes = sizes[head - 0xca];
    const std::uint64_t bits = big_endian(bytes);
    if (head == 0xca) {
      number(bytes, std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    } else if (head == 0xcb) {
      number(bytes, std::bit_cast<double>(bits));
    } else if (head < 0xcf) {
      number(bytes, static_cast<double>(bits));
    } else {
      // Signed; and the unsigned of 64 bits, which wraps around as a lua_Integer does.
      const auto unused = static_cast<int>(64 - bytes * 8);
      number(bytes, static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused));
    }
  }

  /// The number of so many bytes behind the head, which stays.
  std::uint64_t big_endian(std::size_t bytes) {
    need(1 + bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 1; i <= bytes; ++i)
      value = value << 8 | static_cast<unsigned char>(at_[i]);
    return value;
  }

  void number(std::size_t bytes, double value) {
    take(1 + bytes);
    lua_pushnumber(lua_, value);
    store();
  }

  void string(std::size_t length_bytes, std::uint64_t length) {
    take(1 + length_bytes);
    need(length);
    spend(lua_, state_, length / 4);
    lua_pushlstring(lua_, at_, length);
    take(length);
    store();
  }

  void open(bool is_map, std::size_t length_bytes, std::uint64_t length) {
    take(1 + length_bytes);
    lua_newtable(lua_);
    if (!is_map) luaL_checkstack(lua_, 1, "in function mp_decode_to_lua_array");
    open_.push({is_map, false, is_map ? length * 2 : length, 0});
  }

  void need(std::size_t bytes) {
    if (left_ < bytes) luaL_error(lua_, "Missing bytes in input.");
  }

  void take(std::size_t bytes) {
    at_ += bytes;
    left_ -= bytes;
  }

  lua_State* lua_;
  LibraryState& state_;
  const char* at_;
  std::size_t left_;
  char initial_[32 * sizeof(Container)];
  LuaStack<Container> open_;
};

static_assert(std::is_trivially_destructible_v<Unpacker>);

/// Unpacks up to `limit` values from `offset` on; all of them when both are 0. Otherwise the first
/// result is where to go on, or -1 at the end.
int unpack_values(lua_State* lua, lua_Integer limit, lua_Integer offset) {
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(lua, 1, &size);
  if (offset < 0 || limit < 0)
    // It is the length that Redis prints as the limit.
    return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.",
                      static_cast<int>(offset), static_cast<int>(size));
  if (static_cast<std::size_t>(offset) > size)
    return luaL_error(lua, "Start offset %d greater than input length %d.",
                      static_cast<int>(offset), static_cast<int>(size));
  const bool is_all = limit == 0 && offset == 0;
  if (is_all) limit = INT_MAX;
  Unpacker unpacker(lua, library(lua), bytes + offset, size - static_cast<std::size_t>(offset));
  const int before = lua_gettop(lua);
  int count = 0;
  for (; unpacker.left() > 0 && count < limit; ++count) unpacker.value();
  if (is_all) return count;
  luaL_checkstack(lua, 1, "in function mp_unpack_full");
  const auto left = static_cast<lua_Integer>(unpacker.left());
  lua_pushinteger(lua, left == 0 ? -1 : static_cast<lua_Integer>(size) - left);
  lua_insert(lua, before + 1);
  return count + 1;
}

int unpack(lua_State* lua) {
  return unpack_values(lua, 0, 0);
}

int unpack_one(lua_State* lua) {
  const lua_Integer offset = luaL_optinteger(lua, 2, 0);
  lua_settop(lua, std::min(lua_gettop(lua), 1));
  return unpack_values(lua, 1, offset);
}

int unpack_limit(lua_State* lua) {
  const lua_Integer limit = luaL_checkinteger(lua, 2);
  const lua_Integer offset = luaL_optinteger(lua, 3, 0);
  lua_settop(lua, 1);
  return unpack_values(lua, limit, offset);
}

constexpr luaL_Reg message_pack_functions[] = {{"pack", pack},
                                               {"unpack", unpack},
                                               {"unpack_one", unpack_one},
                                               {"unpack_limit", unpack_limit},
                                               {nullptr, nullptr}};

}  // namespace

void open_message_pack(lua_State* lua, LibraryState& state) {
  lua_newtable(lua);
  set_functions(lua, state, message_pack_functions);
  constexpr const char* facts[][2] = {{"_NAME", "cmsgpack"},
                                      {"_VERSION", "lua-cmsgpack 0.4.0"},
                                      {"_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"},
                                      {"_DESCRIPTION", "MessagePack C implementation for Lua"}};
  for (const auto& [name, text] : facts) {
    lua_pushstring(lua, text);
    lua_setfield(lua, -2, name);
  }
  lua_setglobal(lua, "cmsgpack");
}

}  // namespace respawn::scripting
