// What of the string library walks over long strings: searching and replacing, repeating, turning
// around, changing case.
#include <algorithm>
#include <cctype>
#include <cstring>
#include <new>
#include <string_view>

#include "scripting/libraries/library_state.hpp"
#include "scripting/libraries/lua_buffer.hpp"
#include "scripting/libraries/pattern.hpp"

namespace respawn::scripting {
namespace {

/// Bytes that are copied or changed between two looks at the budget.
constexpr std::size_t chunk_size = 64 * 1024;

std::string_view check_view(lua_State* lua, int index) {
  std::size_t length = 0;
  const char* text = luaL_checklstring(lua, index, &length);
  return {text, length};
}

/// Where a search begins, counted from 0: argument 3 from 1, from the end when it is negative.
std::size_t search_start(lua_State* lua, std::size_t length) {
  std::ptrdiff_t start = luaL_optinteger(lua, 3, 1);
  if (start < 0)
    start = std::max<std::ptrdiff_t>(start + static_cast<std::ptrdiff_t>(length) + 1, 0);
  if (start > 0) --start;
  return std::min(static_cast<std::size_t>(start), length);
}

/// Whether a pattern (up to its first NUL) is plain text.
bool is_plain(const char* pattern) {
  return std::strpbrk(pattern, "^$*+?.([%-") == nullptr;
}

int find_plain(lua_State* lua, std::string_view text, std::string_view wanted, std::size_t start) {
  spend(lua, library(lua), 100 + (text.size() - start) / 4);
  const void* found =
      memmem(text.data() + start, text.size() - start, wanted.data(), wanted.size());
  if (found == nullptr) {
    lua_pushnil(lua);
    return 1;
  }
  const std::ptrdiff_t at = static_cast<const char*>(found) - text.data();
  lua_pushinteger(lua, at + 1);
  lua_pushinteger(lua, at + static_cast<std::ptrdiff_t>(wanted.size()));
  return 2;
}

int search(lua_State* lua, bool is_find) {
  const std::string_view text = check_view(lua, 1);
  const std::string_view wanted = check_view(lua, 2);
  const std::size_t start = search_start(lua, text.size());
  const char* pattern = wanted.data();
  if (is_find && (lua_toboolean(lua, 4) != 0 || is_plain(pattern)))
    return find_plain(lua, text, wanted, start);
  const bool is_anchored = *pattern == '^';
  if (is_anchored) ++pattern;
  Matcher matcher(lua, library(lua), text.data(), text.size());
  const char* from = text.data() + start;
  do {
    if (!is_anchored) from = matcher.next_start(from, pattern);
    if (from == nullptr) break;
    const char* to = matcher.match(from, pattern);
    if (to == nullptr) continue;
    if (!is_find) return matcher.push_captures(from, to);
    lua_pushinteger(lua, from - text.data() + 1);
    lua_pushinteger(lua, to - text.data());
    return matcher.push_captures(nullptr, nullptr) + 2;
  } while (from++ < matcher.end() && !is_anchored);
  lua_pushnil(lua);
  return 1;
}

int find(lua_State* lua) {
  return search(lua, true);
}

int match(lua_State* lua) {
  return search(lua, false);
}

/// Upvalues: library, subject, pattern, where to go on.
int next_match(lua_State* lua) {
  std::size_t length = 0;
  const char* text = lua_tolstring(lua, lua_upvalueindex(2), &length);
  const char* pattern = lua_tostring(lua, lua_upvalueindex(3));
  Matcher matcher(lua, library(lua), text, length);
  for (const char* from = text + lua_tointeger(lua, lua_upvalueindex(4)); from <= matcher.end();
       ++from) {
    from = matcher.next_start(from, pattern);
    if (from == nullptr) break;
    const char* to = matcher.match(from, pattern);
    if (to == nullptr) continue;
    lua_pushinteger(lua, to - text + (to == from ? 1 : 0));
    lua_replace(lua, lua_upvalueindex(4));
    return matcher.push_captures(from, to);
  }
  return 0;
}

int gmatch(lua_State* lua) {
  luaL_checkstring(lua, 1);
  luaL_checkstring(lua, 2);
  lua_settop(lua, 2);
  lua_pushlightuserdata(lua, &library(lua));
  lua_insert(lua, 1);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, next_match, 4);
  return 1;
}

/// The text that replaces a match, argument 3: %0 to %9 stand for the match and its captures.
void append_template(lua_State* lua, LuaBuffer& result, Matcher& matcher, const char* from,
                     const char* to) {
  std::size_t length = 0;
  const char* text = lua_tolstring(lua, 3, &length);
  for (std::size_t i = 0; i < length; ++i) {
    if (text[i] != '%') {
      result.append(text[i]);
      continue;
    }
    ++i;
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) {
      result.append(text[i]);
    } else if (text[i] == '0') {
      result.append({from, static_cast<std::size_t>(to - from)});
    } else {
      matcher.push_capture(text[i] - '1', from, to);
      std::size_t size = 0;
      const char* capture = lua_tolstring(lua, -1, &size);
      result.append({capture, size});
      lua_pop(lua, 1);
    }
  }
}

void append_replacement(lua_State* lua, LuaBuffer& result, Matcher& matcher, const char* from,
                        const char* to) {
  switch (lua_type(lua, 3)) {
    case LUA_TFUNCTION: {
      lua_pushvalue(lua, 3);
      lua_call(lua, matcher.push_captures(from, to), 1);
      break;
    }
    case LUA_TTABLE:
      matcher.push_capture(0, from, to);
      lua_gettable(lua, 3);
      break;
    default:
      append_template(lua, result, matcher, from, to);
      return;
  }
  if (lua_toboolean(lua, -1) == 0) {
    result.append({from, static_cast<std::size_t>(to - from)});
  } else if (lua_isstring(lua, -1) != 0) {
    std::size_t size = 0;
    const char* text = lua_tolstring(lua, -1, &size);
    result.append({text, size});
  } else {
    luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
  }
  lua_pop(lua, 1);
}

/// In memory of Lua's: a script that replaces within the function that replaces, 200 times over,
/// finds room on any stack.
struct Replacing {
  Matcher matcher;
  char initial[512];
};

int gsub(lua_State* lua) {
  LibraryState& state = library(lua);
  const std::string_view text = check_view(lua, 1);
  const char* pattern = luaL_checkstring(lua, 2);
  const int type = lua_type(lua, 3);
  const int most = luaL_optint(lua, 4, static_cast<int>(text.size() + 1));
  const bool is_anchored = *pattern == '^';
  if (is_anchored) ++pattern;
  luaL_argcheck(
      lua,
      type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
      "string/function/table expected");
  void* memory = lua_newuserdata(lua, sizeof(Replacing));
  auto* replacing = static_cast<Replacing*>(memory);
  new (&replacing->matcher) Matcher(lua, state, text.data(), text.size());
  Matcher& matcher = replacing->matcher;
  LuaBuffer result(lua, replacing->initial, sizeof replacing->initial);
  const char* from = text.data();
  int replaced = 0;
  while (replaced < most) {
    if (!is_anchored) {
      const char* start = matcher.next_start(from, pattern);
      if (start == nullptr) break;
      result.append({from, static_cast<std::size_t>(start - from)});
      from = start;
    }
    const char* to = matcher.match(from, pattern);
    if (to != nullptr) {
      ++replaced;
      spend(lua, state, 50);
      append_replacement(lua, result, matcher, from, to);
    }
    if (to != nullptr && to > from) {
      from = to;
    } else if (from < matcher.end()) {
      result.append(*from++);
    } else {
      break;
    }
    if (is_anchored) break;
  }
  result.append({from, static_cast<std::size_t>(matcher.end() - from)});
  result.push();
  lua_pushinteger(lua, replaced);
  return 2;
}

int rep(lua_State* lua) {
  LibraryState& state = library(lua);
  const std::string_view text = check_view(lua, 1);
  const int times = luaL_checkint(lua, 2);
  if (times <= 0 || text.empty()) {
    lua_pushliteral(lua, "");
    return 1;
  }
  if (text.size() > SIZE_MAX / 4 / static_cast<std::size_t>(times))
    return luaL_error(lua, "resulting string too large");
  const std::size_t size = text.size() * static_cast<std::size_t>(times);
  LuaBuffer result(lua, state.scratch, LibraryState::scratch_size);
  char* out = result.reserve(size);
  // What is there already is copied, in pieces that grow up to a chunk.
  std::size_t done = text.size();
  std::memcpy(out, text.data(), done);
  while (done < size) {
    std::size_t piece = std::min(done, size - done);
    if (piece > chunk_size) piece = std::max(chunk_size / text.size() * text.size(), text.size());
    piece = std::min(piece, size - done);
    std::memcpy(out + done, out, piece);
    done += piece;
    spend(lua, state, 10 + piece / 4);
  }
  result.advance(size);
  result.push();
  return 1;
}

/// Makes a string of the first argument's bytes, chunk by chunk.
template <typename Change>
int change_bytes(lua_State* lua, Change change) {
  LibraryState& state = library(lua);
  const std::string_view text = check_view(lua, 1);
  LuaBuffer result(lua, state.scratch, LibraryState::scratch_size);
  char* out = result.reserve(text.size());
  for (std::size_t done = 0; done < text.size();) {
    const std::size_t piece = std::min(chunk_size, text.size() - done);
    for (std::size_t i = done; i < done + piece; ++i) out[i] = change(text, i);
    done += piece;
    spend(lua, state, piece);
  }
  result.advance(text.size());
  result.push();
  return 1;
}

int reverse(lua_State* lua) {
  return change_bytes(
      lua, [](std::string_view text, std::size_t i) { return text[text.size() - 1 - i]; });
}

int lower(lua_State* lua) {
  return change_bytes(lua, [](std::string_view text, std::size_t i) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
  });
}

int upper(lua_State* lua) {
  return change_bytes(lua, [](std::string_view text, std::size_t i) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(text[i])));
  });
}

/// Lua's own does it; it is called as ours, so that an error names 'format'.
int format(lua_State* lua) {
  std::size_t bytes = 0;
  for (int i = lua_gettop(lua); i > 0; --i)
    if (lua_type(lua, i) == LUA_TSTRING) bytes += lua_objlen(lua, i);
  LibraryState& state = library(lua);
  spend(lua, state, bytes);
  return state.format(lua);
}

constexpr luaL_Reg string_functions[] = {{"find", find},    {"match", match}, {"gmatch", gmatch},
                                         {"gsub", gsub},    {"rep", rep},     {"reverse", reverse},
                                         {"lower", lower},  {"upper", upper}, {"format", format},
                                         {nullptr, nullptr}};

}  // namespace

void open_strings(lua_State* lua, LibraryState& state) {
  lua_getglobal(lua, LUA_STRLIBNAME);
  state.format = own_function(lua, "format");
  set_functions(lua, state, string_functions);
  lua_getfield(lua, -1, "gmatch");
  lua_setfield(lua, -2, "gfind");  // its old name
  lua_pop(lua, 1);
}

}  // namespace respawn::scripting
