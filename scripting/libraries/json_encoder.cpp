#include <charconv>
#include <cmath>
#include <cstdint>

#include "scripting/libraries/json.hpp"
#include "scripting/libraries/lua_buffer.hpp"
#include "scripting/sandbox.hpp"

namespace respawn::scripting {
namespace {

constexpr std::size_t value_units = 30;  // encoding one value, without the bytes of a string

/// What stands for a byte in a JSON string: 0 for itself, 'u' for \u00xx, another letter for that
/// letter behind a backslash.
struct EscapeTable {
  char escapes[256] = {};

  constexpr EscapeTable() {
    for (int i = 0; i < 32; ++i) escapes[i] = 'u';
    escapes[127] = 'u';
    escapes['\b'] = 'b';
    escapes['\t'] = 't';
    escapes['\n'] = 'n';
    escapes['\f'] = 'f';
    escapes['\r'] = 'r';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    escapes['/'] = '/';
  }
};

constexpr EscapeTable escape_table;

/// Walks over a value without recursion: a container that is open has its table on the Lua stack,
/// an object the key that was written last above it.
class JsonEncoder {
 public:
  JsonEncoder(lua_State* lua, LibraryState& state, const JsonSettings& settings)
      : lua_(lua),
        state_(state),
        settings_(settings),
        out_(lua, state.scratch, LibraryState::scratch_size),
        open_(lua, initial_, sizeof initial_) {}

  /// Encodes the value on top of the stack, and pushes the text.
  void run() {
    append_value();
    while (!open_.empty()) {
      if (open_.top().is_array) {
        next_element();
      } else {
        next_member();
      }
    }
    out_.push();
  }

 private:
  struct Container {
    bool is_array;
    bool is_first;
    int length;          ///< array
    std::int64_t index;  ///< array: of the element to come
  };

  /// Writes the value on top of the stack and pops it, or opens it.
  void append_value() {
    spend(lua_, state_, value_units);
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING:
        append_string(-1);
        break;
      case LUA_TNUMBER:
        append_number(-1);
        break;
      case LUA_TBOOLEAN:
        out_.append(lua_toboolean(lua_, -1) != 0 ? "true" : "false");
        break;
      case LUA_TTABLE:
        open_table();
        return;
      case LUA_TNIL:
        out_.append("null");
        break;
      case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(lua_, -1) != nullptr) fail(-1, "type not supported");
        out_.append("null");
        break;
      default:
        fail(-1, "type not supported");
    }
    lua_pop(lua_, 1);
  }

  void open_table() {
    const int depth = static_cast<int>(open_.size()) + 1;
    if (depth > settings_.encode_max_depth || lua_checkstack(lua_, 3) == 0)
      luaL_error(lua_, "Cannot serialise, excessive nesting (%d)", depth);
    if (push_real(lua_, -1)) lua_replace(lua_, -2);
    const int length = array_length();
    if (length > 0) {
      out_.append('[');
      open_.push({true, true, length, 1});
    } else {
      out_.append('{');
      open_.push({false, true, 0, 0});
      lua_pushnil(lua_);
    }
  }

  void next_element() {
    Container& array = open_.top();
    if (array.index > array.length) {
      close(']');
      return;
    }
    separate(array);
    lua_rawgeti(lua_, -1, static_cast<int>(array.index++));
    append_value();
  }

  void next_member() {
    if (lua_next(lua_, -2) == 0) {
      close('}');
      return;
    }
    separate(open_.top());
    switch (lua_type(lua_, -2)) {
      case LUA_TNUMBER:
        out_.append('"');
        append_number(-2);
        out_.append("\":");
        break;
      case LUA_TSTRING:
        append_string(-2);
        out_.append(':');
        break;
      default:
        fail(-2, "table key must be a number or string");
    }
    append_value();
  }

  void separate(Container& container) {
    if (!container.is_first) out_.append(',');
    container.is_first = false;
  }

  void close(char bracket) {
    out_.append(bracket);
    lua_pop(lua_, 1);
    open_.pop();
  }

  /// The largest index of the table on top of the stack when all its keys are whole numbers from 1,
  /// otherwise -1. A number that an int does not hold becomes the least int, as on the processors
  /// that Redis runs on.
  int array_length() {
    int largest = 0;
    int count = 0;
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      spend(lua_, state_, value_units / 3);
      const double key = lua_type(lua_, -2) == LUA_TNUMBER ? lua_tonumber(lua_, -2) : 0;
      if (key < 1 || std::floor(key) != key) {
        lua_pop(lua_, 2);
        return -1;
      }
      if (key > largest) largest = key <= INT32_MAX ? static_cast<int>(key) : INT32_MIN;
      ++count;
      lua_pop(lua_, 1);
    }
    const auto dense = static_cast<int>(static_cast<unsigned>(count) *
                                        static_cast<unsigned>(settings_.sparse_ratio));
    if (settings_.sparse_ratio == 0 || largest <= dense || largest <= settings_.sparse_safe)
      return largest;
    if (settings_.sparse_convert == 0) fail(-1, "excessively sparse array");
    return -1;
  }

  void append_number(int index) {
    const double number = lua_tonumber(lua_, index);
    const auto whole = std::abs(number) < 1e14 ? static_cast<std::int64_t>(number) : 0;
    char* out = out_.reserve(40);
    if (static_cast<double>(whole) == number && (whole != 0 || !std::signbit(number)) &&
        settings_.number_precision == 14) {
      out_.advance(static_cast<std::size_t>(std::to_chars(out, out + 40, whole).ptr - out));
      return;
    }
    if (!std::isfinite(number)) {
      if (settings_.encode_invalid_numbers == 0) fail(index, "must not be NaN or Inf");
      if (settings_.encode_invalid_numbers == 2) {
        out_.append("null");
      } else {
        out_.append(std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
      }
      return;
    }
    const auto end = std::to_chars(out, out + 40, number, std::chars_format::general,
                                   settings_.number_precision);
    out_.advance(static_cast<std::size_t>(end.ptr - out));
  }

  void append_string(int index) {
    std::size_t length = 0;
    const char* text = lua_tolstring(lua_, index, &length);
    spend(lua_, state_, length);
    out_.reserve(length + 2);
    out_.append('"');
    const char* const end = text + length;
    while (text < end) {
      const char* plain = text;
      while (text < end && escape_table.escapes[static_cast<unsigned char>(*text)] == 0) ++text;
      out_.append({plain, static_cast<std::size_t>(text - plain)});
      if (text < end) append_escape(*text++);
    }
    out_.append('"');
  }

  void append_escape(char byte) {
    const auto value = static_cast<unsigned char>(byte);
    const char letter = escape_table.escapes[value];
    out_.append('\\');
    out_.append(letter);
    if (letter != 'u') return;
    out_.append("00");
    out_.append("0123456789abcdef"[value >> 4]);
    out_.append("0123456789abcdef"[value & 15]);
  }

  void fail(int index, const char* reason) {
    luaL_error(lua_, "Cannot serialise %s: %s", luaL_typename(lua_, index), reason);
  }

  lua_State* lua_;
  LibraryState& state_;
  const JsonSettings& settings_;
  char initial_[32 * sizeof(Container)];
  LuaBuffer out_;
  LuaStack<Container> open_;
};

}  // namespace

int encode_json(lua_State* lua) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  JsonEncoder encoder(lua, library(lua), json_settings(lua));
  lua_pushvalue(lua, 1);
  encoder.run();
  return 1;
}

}  // namespace respawn::scripting
