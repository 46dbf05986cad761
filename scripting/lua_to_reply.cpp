#include "scripting/lua_to_reply.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "scripting/error_object.hpp"
#include "scripting/sandbox.hpp"

namespace respawn::scripting {

namespace {

constexpr int slots_per_value = 8;

/// The string at the top, with all its bytes.
std::string_view bytes_at_top(lua_State* state) {
  std::size_t size = 0;
  const char* const bytes = lua_tolstring(state, -1, &size);
  return {bytes, size};
}

/// As C does it where the number fits, and as x86 where it does not.
std::int64_t whole_part(lua_Number value) {
  constexpr lua_Number limit = 9223372036854775808.0;
  if (value >= -limit && value < limit) return static_cast<std::int64_t>(value);
  return std::numeric_limits<std::int64_t>::min();
}

std::string without_line_breaks(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (c == '\r' || c == '\n') c = ' ';
  return line;
}

/// As Redis sends error texts: no line breaks at their ends.
std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of("\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of("\r\n") + 1 - first);
}

}  // namespace

void ReplyMaker::write(lua_State* state, protocol::ReplyWriter& reply, Host& host) {
  state_ = state;
  reply_ = &reply;
  host_ = &host;
  frames_.clear();
  begin_value();
  while (!frames_.empty()) {
    if (step(frames_.back())) continue;
    lua_settop(state_, frames_.back().bottom);
    frames_.pop_back();
  }
}

/// Writes the next element of a table, or begins to; false when there is none.
bool ReplyMaker::step(Frame& frame) {
  if (frame.kind == Kind::array) {
    lua_rawgeti(state_, frame.table, frame.next++);
    if (lua_isnil(state_, -1)) return false;
    begin_value();
    return true;
  }
  if (frame.value_is_due) {
    frame.value_is_due = false;
    begin_value();  // leaves the key, which lua_next goes on from
    return true;
  }
  if (lua_next(state_, frame.table) == 0) return false;
  if (frame.kind == Kind::set)
    lua_pop(state_, 1);
  else
    frame.value_is_due = true;
  lua_pushvalue(state_, frame.kind == Kind::set ? -1 : -2);
  begin_value();
  return true;
}

/// Writes the value at the top and pops it; of a table it begins a frame that will.
void ReplyMaker::begin_value() {
  if (lua_checkstack(state_, slots_per_value) == 0) {
    host_->fail("ERR reached lua stack limit");
    return lua_pop(state_, 1);
  }
  switch (lua_type(state_, -1)) {
    case LUA_TSTRING:
      reply_->bulk(bytes_at_top(state_));
      break;
    case LUA_TBOOLEAN: {
      const bool value = lua_toboolean(state_, -1) != 0;
      if (host_->resp() == protocol::RespVersion::resp3)
        reply_->boolean(value);
      else if (value)
        reply_->integer(1);
      else
        reply_->null();
      break;
    }
    case LUA_TNUMBER:
      reply_->integer(whole_part(lua_tonumber(state_, -1)));
      break;
    case LUA_TTABLE:
      return begin_table();
    default:
      reply_->null();
  }
  lua_pop(state_, 1);
}

void ReplyMaker::begin_table() {
  // A read-only table is as good as what it shows.
  if (push_real(state_, -1)) lua_replace(state_, -2);
  push_field(state_, -1, "err");
  if (lua_type(state_, -1) == LUA_TSTRING) {
    lua_pop(state_, 1);
    const ErrorFacts facts = error_facts(state_);
    facts.counted ? host_->pass_on_error(trimmed(facts.text)) : host_->fail(trimmed(facts.text));
    return lua_pop(state_, 1);
  }
  lua_pop(state_, 1);
  if (wrote_text("ok")) return;
  push_field(state_, -1, "double");
  if (lua_type(state_, -1) == LUA_TNUMBER) {
    reply_->real(lua_tonumber(state_, -1));
    return lua_pop(state_, 2);
  }
  lua_pop(state_, 1);
  if (wrote_text("big_number") || wrote_verbatim() || began_collection("map", Kind::map) ||
      began_collection("set", Kind::set))
    return;
  reply_->array(array_size());
  const int table = lua_gettop(state_);
  frames_.push_back({Kind::array, table - 1, table, 1, false});
}

/// Elements up to the first that is nil.
std::size_t ReplyMaker::array_size() {
  // There can be holes: only what is looked at counts.
  int size = 0;
  for (;; ++size) {
    lua_rawgeti(state_, -1, size + 1);
    const bool end = lua_isnil(state_, -1);
    lua_pop(state_, 1);
    if (end) return static_cast<std::size_t>(size);
  }
}

/// {ok = ...} and {big_number = ...}.
bool ReplyMaker::wrote_text(const char* name) {
  push_field(state_, -1, name);
  const bool is_text = lua_type(state_, -1) == LUA_TSTRING;
  if (is_text && *name == 'o')
    reply_->simple(without_line_breaks(lua_tostring(state_, -1)));
  else if (is_text)
    reply_->big_number(without_line_breaks(bytes_at_top(state_)));
  lua_pop(state_, is_text ? 2 : 1);
  return is_text;
}

bool ReplyMaker::wrote_verbatim() {
  const int top = lua_gettop(state_);
  push_field(state_, -1, "verbatim_string");
  bool wrote = false;
  if (lua_istable(state_, -1)) {
    push_field(state_, -1, "format");
    push_field(state_, -2, "string");
    wrote = lua_type(state_, -2) == LUA_TSTRING && lua_type(state_, -1) == LUA_TSTRING;
    if (wrote) reply_->verbatim(lua_tostring(state_, -2), bytes_at_top(state_));
  }
  lua_settop(state_, wrote ? top - 1 : top);
  return wrote;
}

/// {map = {...}} and {set = {...}}.
bool ReplyMaker::began_collection(const char* name, Kind kind) {
  const int bottom = lua_gettop(state_) - 1;
  push_field(state_, -1, name);
  if (!lua_istable(state_, -1)) {
    lua_pop(state_, 1);
    return false;
  }
  if (push_real(state_, -1)) lua_replace(state_, -2);
  const int table = lua_gettop(state_);
  std::size_t size = 0;
  lua_pushnil(state_);
  for (; lua_next(state_, table) != 0; ++size) lua_pop(state_, 1);
  kind == Kind::map ? reply_->map(size) : reply_->set(size);
  lua_pushnil(state_);
  frames_.push_back({kind, bottom, table, 0, false});
  return true;
}

}  // namespace respawn::scripting
