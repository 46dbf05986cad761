#include "scripting/reply_to_lua.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/check.hpp"
#include "scripting/error_object.hpp"

namespace respawn::scripting {

namespace {

/// Owns nothing, for Lua's errors pass over it.
class ReplyPusher {
 public:
  ReplyPusher(lua_State* state, const Buffer& reply) : state_(state), reply_(reply) {}

  void push_value();

 private:
  std::string_view take_line();

  std::int64_t take_size() { return to_integer(take_line()); }

  std::string_view take_bulk(std::int64_t size);
  static std::int64_t to_integer(std::string_view digits);

  void push_bulk();
  void push_text_field(const char* name, std::string_view text);
  void push_array();
  void push_map();
  void push_set();
  void push_verbatim();
  void push_double();
  void skip_attribute();

  lua_State* state_;
  const Buffer& reply_;
  std::size_t at_ = 0;
  std::size_t attachment_ = 0;
};

std::string_view ReplyPusher::take_line() {
  const char* const start = reply_.data() + at_;
  const auto* end = static_cast<const char*>(std::memchr(start, '\r', reply_.size() - at_));
  RESPAWN_CHECK(end != nullptr);
  at_ = static_cast<std::size_t>(end - reply_.data()) + 2;
  return {start, static_cast<std::size_t>(end - start)};
}

std::int64_t ReplyPusher::to_integer(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  std::uint64_t value = 0;
  for (const char digit : digits.substr(negative ? 1 : 0))
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

/// Long ones are beside the buffer's own bytes.
std::string_view ReplyPusher::take_bulk(std::int64_t size) {
  const auto bytes = static_cast<std::size_t>(size);
  const auto attachments = reply_.attachments();
  if (attachment_ < attachments.size() && attachments[attachment_].at == at_ &&
      attachments[attachment_].bytes.size() == bytes) {
    at_ += 2;
    return attachments[attachment_++].bytes;
  }
  const std::string_view text = reply_.view().substr(at_, bytes);
  at_ += bytes + 2;
  return text;
}

void ReplyPusher::push_value() {
  luaL_checkstack(state_, 6, "reply nested too deeply");
  const char type = reply_.data()[at_++];
  switch (type) {
    case '$':
      return push_bulk();
    case ':':
      return lua_pushnumber(state_, static_cast<lua_Number>(to_integer(take_line())));
    case '+':
      return push_text_field("ok", take_line());
    case '-': {
      const std::string_view text = take_line();
      // With its mark, which says that there is a code.
      return push_counted_error(state_, {text.data() - 1, text.size() + 1});
    }
    case '*':
    case '>':
      return push_array();
    case '%':
      return push_map();
    case '~':
      return push_set();
    case '_':
      take_line();
      return lua_pushnil(state_);
    case '#':
      return lua_pushboolean(state_, take_line() == "t");
    case ',':
      return push_double();
    case '(':
      return push_text_field("big_number", take_line());
    case '=':
      return push_verbatim();
    case '|':
      skip_attribute();
      return push_value();
    default:
      check_failed("a reply of an unknown type", __FILE__, __LINE__);
  }
}

void ReplyPusher::push_bulk() {
  const std::int64_t size = take_size();
  if (size < 0) return lua_pushboolean(state_, 0);
  const std::string_view text = take_bulk(size);
  lua_pushlstring(state_, text.data(), text.size());
}

void ReplyPusher::push_text_field(const char* name, std::string_view text) {
  lua_newtable(state_);
  lua_pushstring(state_, name);
  lua_pushlstring(state_, text.data(), text.size());
  lua_rawset(state_, -3);
}

void ReplyPusher::push_array() {
  const std::int64_t size = take_size();
  if (size < 0) return lua_pushboolean(state_, 0);
  lua_createtable(state_, static_cast<int>(size), 0);
  for (int i = 1; i <= size; ++i) {
    push_value();
    lua_rawseti(state_, -2, i);
  }
}

// Tables with names grow as those of Redis do: a script sees it in the order of their names.

void ReplyPusher::push_map() {
  const std::int64_t pairs = take_size();
  lua_newtable(state_);
  lua_pushliteral(state_, "map");
  lua_newtable(state_);
  for (std::int64_t i = 0; i < pairs; ++i) {
    push_value();
    push_value();
    lua_rawset(state_, -3);
  }
  lua_rawset(state_, -3);
}

void ReplyPusher::push_set() {
  const std::int64_t size = take_size();
  lua_newtable(state_);
  lua_pushliteral(state_, "set");
  lua_newtable(state_);
  for (std::int64_t i = 0; i < size; ++i) {
    push_value();
    lua_pushboolean(state_, 1);
    lua_rawset(state_, -3);
  }
  lua_rawset(state_, -3);
}

void ReplyPusher::push_verbatim() {
  constexpr std::size_t format_bytes = 3;
  const std::string_view text = take_bulk(take_size());
  lua_newtable(state_);
  lua_pushliteral(state_, "verbatim_string");
  lua_newtable(state_);
  lua_pushliteral(state_, "string");
  lua_pushlstring(state_, text.data() + format_bytes + 1, text.size() - format_bytes - 1);
  lua_rawset(state_, -3);
  lua_pushliteral(state_, "format");
  lua_pushlstring(state_, text.data(), format_bytes);
  lua_rawset(state_, -3);
  lua_rawset(state_, -3);
}

void ReplyPusher::push_double() {
  lua_newtable(state_);
  lua_pushliteral(state_, "double");
  const std::string_view text = take_line();
  lua_pushlstring(state_, text.data(), text.size());
  const lua_Number value = std::strtod(lua_tostring(state_, -1), nullptr);
  lua_pop(state_, 1);
  lua_pushnumber(state_, value);
  lua_rawset(state_, -3);
}

void ReplyPusher::skip_attribute() {
  for (std::int64_t left = 2 * take_size(); left > 0; --left) {
    push_value();
    lua_pop(state_, 1);
  }
}

}  // namespace

void push_reply(lua_State* state, const Buffer& reply) {
  ReplyPusher(state, reply).push_value();
}

}  // namespace respawn::scripting
