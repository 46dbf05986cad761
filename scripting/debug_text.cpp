#include "scripting/debug_text.hpp"

#include <cstdio>
#include <string_view>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "scripting/sandbox.hpp"

namespace respawn::scripting {

namespace {

constexpr int table_depth_max = 10;
constexpr int slots_per_table = 5;

/// A pointer, or a number as C's %g.
template <class Value>
void append_formatted(std::string& text, const char* format, Value value) {
  char room[40];
  const int size = std::snprintf(room, sizeof room, format, value);
  text.append(room, static_cast<std::size_t>(size));
}

// ---- Values ----

/// Owns nothing, for Lua's errors pass over it.
class ValueText {
 public:
  ValueText(std::string& text, lua_State* state) : text_(text), state_(state) {}

  void append(int index, int depth);

 private:
  void append_table(int table, int depth);
  [[nodiscard]] bool is_list(int table) const;
  void append_address(int index);

  std::string& text_;
  lua_State* state_;
};

/// `index` counts from the bottom.
void ValueText::append(int index, int depth) {
  if (depth == table_depth_max) {
    text_ += "<max recursion level reached! Nested table?>";
    return;
  }
  switch (lua_type(state_, index)) {
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* const bytes = lua_tolstring(state_, index, &size);
      text_ += quoted({bytes, size});
      return;
    }
    case LUA_TBOOLEAN:
      text_ += lua_toboolean(state_, index) != 0 ? "true" : "false";
      return;
    case LUA_TNUMBER:
      return append_formatted(text_, "%g", lua_tonumber(state_, index));
    case LUA_TNIL:
      text_ += "nil";
      return;
    case LUA_TTABLE: {
      luaL_checkstack(state_, slots_per_table, "table nested too deeply");
      const bool proxy = push_real(state_, index);
      append_table(proxy ? lua_gettop(state_) : index, depth + 1);
      if (proxy) lua_pop(state_, 1);
      return;
    }
    default:
      append_address(index);
  }
}

void ValueText::append_table(int table, int depth) {
  const bool list = is_list(table);
  std::string_view separator;
  text_ += '{';
  lua_pushnil(state_);
  while (lua_next(state_, table) != 0) {
    const int value = lua_gettop(state_);
    text_ += separator;
    separator = "; ";
    if (!list) {
      text_ += '[';
      append(value - 1, depth);
      text_ += "]=";
    }
    append(value, depth);
    lua_pop(state_, 1);
  }
  text_ += '}';
}

/// Whether its keys are 1, 2, 3 and so on, in the order in which it is walked.
bool ValueText::is_list(int table) const {
  const int top = lua_gettop(state_);
  lua_Number expected = 1;
  lua_pushnil(state_);
  while (lua_next(state_, table) != 0) {
    const bool next = lua_type(state_, -2) == LUA_TNUMBER && lua_tonumber(state_, -2) == expected;
    if (!next) {
      lua_settop(state_, top);
      return false;
    }
    ++expected;
    lua_pop(state_, 1);
  }
  return true;
}

void ValueText::append_address(int index) {
  const int type = lua_type(state_, index);
  text_ += '"';
  text_ += type == LUA_TLIGHTUSERDATA ? "light-userdata" : lua_typename(state_, type);
  append_formatted(text_, "@%p\"", lua_topointer(state_, index));
}

// ---- Replies ----

class ReplyText {
 public:
  ReplyText(std::string& text, std::string_view reply) : text_(text), left_(reply) {}

  void append();

 private:
  std::string_view take_line();
  void append_bulk(std::string_view line);
  void append_elements(std::string_view size, std::string_view open, std::string_view close);
  void append_pairs(std::string_view pairs);

  std::string& text_;
  std::string_view left_;
};

std::string_view ReplyText::take_line() {
  const std::size_t end = left_.find("\r\n");
  const std::string_view line = left_.substr(0, end);
  left_.remove_prefix(line.size() + 2);
  return line;
}

void ReplyText::append() {
  const std::string_view line = take_line();
  const std::string_view rest = line.substr(1);
  switch (line.front()) {
    case '$':
    case '=':
      return append_bulk(rest);
    case '*':
    case '>':
      return append_elements(rest, "[", "]");
    case '~':
      return append_elements(rest, "~(", ")");
    case '%':
      return append_pairs(rest);
    case '_':
      text_ += "(null)";
      return;
    case '#':
      text_ += rest == "t" ? "#true" : "#false";
      return;
    case ',':
      text_ += "(double) ";
      text_ += rest;
      return;
    case '+':
    case '-':
      text_ += quoted(line);
      return;
    default:
      text_ += rest;
  }
}

void ReplyText::append_bulk(std::string_view line) {
  const auto size = parse_int64(line);
  if (!size || *size < 0) {
    text_ += "NULL";
    return;
  }
  const auto bytes = static_cast<std::size_t>(*size);
  text_ += quoted(left_.substr(0, bytes));
  left_.remove_prefix(bytes + 2);
}

void ReplyText::append_elements(std::string_view size, std::string_view open,
                                std::string_view close) {
  const auto count = parse_int64(size);
  if (!count || *count < 0) {
    text_ += "NULL";
    return;
  }
  text_ += open;
  for (std::int64_t i = 0; i < *count; ++i) {
    if (i > 0) text_ += ',';
    append();
  }
  text_ += close;
}

void ReplyText::append_pairs(std::string_view pairs) {
  const std::int64_t count = parse_int64(pairs).value_or(0);
  text_ += '{';
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) text_ += ',';
    append();
    text_ += " => ";
    append();
  }
  text_ += '}';
}

}  // namespace

void append_value(std::string& text, lua_State* state, int index) {
  ValueText(text, state).append(index < 0 ? lua_gettop(state) + 1 + index : index, 0);
}

void append_reply(std::string& text, const Buffer& reply) {
  const std::string bytes = reply.text();
  ReplyText(text, bytes).append();
}

}  // namespace respawn::scripting
