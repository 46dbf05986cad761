#include <strings.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "scripting/libraries/json.hpp"
#include "scripting/libraries/lua_buffer.hpp"

namespace respawn::scripting {
namespace {

constexpr std::size_t token_units = 25;

/// The kinds of token, and what an error calls them.
enum class TokenType {
  object_begin,
  object_end,
  array_begin,
  array_end,
  string,
  number,
  boolean,
  null,
  colon,
  comma,
  end,
  error
};

constexpr const char* token_names[] = {"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END",
                                       "T_STRING",    "T_NUMBER",  "T_BOOLEAN",   "T_NULL",
                                       "T_COLON",     "T_COMMA",   "T_END"};

struct Token {
  TokenType type = TokenType::end;
  const char* at = nullptr;    ///< where it begins; for an error, where that is
  const char* text = nullptr;  ///< string; error: what it is
  std::size_t length = 0;      ///< string
  double number = 0;
  bool boolean = false;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = static_cast<char>(c | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// Four hexadecimal digits, or -1. Reads no further than the first that is none.
int hex_value(const char* digits) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(digits[i]);
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

/// The code point of the escape at `at` ("\uXXXX", or two of them for a surrogate pair), which is
/// moved behind it; or -1.
int take_code_point(const char*& at) {
  const int first = hex_value(at + 2);
  if (first < 0) return -1;
  if ((first & 0xF800) != 0xD800) {
    at += 6;
    return first;
  }
  if ((first & 0x400) != 0 || at[6] != '\\' || at[7] != 'u') return -1;
  const int second = hex_value(at + 8);
  if (second < 0 || (second & 0xFC00) != 0xDC00) return -1;
  at += 12;
  return ((first & 0x3FF) << 10 | (second & 0x3FF)) + 0x10000;
}

char* write_utf8(char* out, int code_point) {
  const auto write = [&out](int bits) { *out++ = static_cast<char>(bits); };
  if (code_point <= 0x7F) {
    write(code_point);
  } else if (code_point <= 0x7FF) {
    write(0xC0 | code_point >> 6);
    write(0x80 | (code_point & 0x3F));
  } else if (code_point <= 0xFFFF) {
    write(0xE0 | code_point >> 12);
    write(0x80 | (code_point >> 6 & 0x3F));
    write(0x80 | (code_point & 0x3F));
  } else {
    write(0xF0 | code_point >> 18);
    write(0x80 | (code_point >> 12 & 0x3F));
    write(0x80 | (code_point >> 6 & 0x3F));
    write(0x80 | (code_point & 0x3F));
  }
  return out;
}

/// What the letter behind a backslash stands for; 0 for none, 'u' for four digits.
char unescaped(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
    case 'u':
      return letter;
    case 'b':
      return '\b';
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'f':
      return '\f';
    case 'r':
      return '\r';
    default:
      return 0;
  }
}

/// Bytes at which the plain part of a string ends.
struct StopTable {
  bool stops[256] = {};

  constexpr StopTable() { stops['"'] = stops['\\'] = stops['\0'] = true; }
};

constexpr StopTable string_stops;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Whether what stands there is a number to strtod but not to JSON: a sign '+', leading zeros,
/// hexadecimal, inf and nan.
bool is_invalid_number(const char* at) {
  if (*at == '+') return true;
  if (*at == '-') ++at;
  if (*at == '0') return (at[1] | 0x20) == 'x' || is_digit(at[1]);
  if (*at <= '9') return false;
  return strncasecmp(at, "inf", 3) == 0 || strncasecmp(at, "nan", 3) == 0;
}

/// Reads tokens from a text that ends with NUL (or at its first one).
class Tokenizer {
 public:
  Tokenizer(lua_State* lua, LibraryState& state, const JsonSettings& settings, const char* text)
      : lua_(lua),
        state_(state),
        settings_(settings),
        at_(text),
        unescaped_(lua, state.scratch, LibraryState::scratch_size) {}

  Token next() {
    spend(lua_, state_, token_units);
    const char* blanks = at_;
    while (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r') ++at_;
    if (at_ - blanks > 64) spend(lua_, state_, static_cast<std::size_t>(at_ - blanks));
    switch (*at_) {
      case '{':
        return single(TokenType::object_begin);
      case '}':
        return single(TokenType::object_end);
      case '[':
        return single(TokenType::array_begin);
      case ']':
        return single(TokenType::array_end);
      case ':':
        return single(TokenType::colon);
      case ',':
        return single(TokenType::comma);
      case '\0':
        return {TokenType::end, at_};
      case '"':
        return string();
      default:
        return word();
    }
  }

  const char* at() const { return at_; }

 private:
  Token single(TokenType type) { return {type, at_++}; }

  Token error(const char* text) const { return {TokenType::error, at_, text}; }

  Token word() {
    const char* begin = at_;
    if (*at_ == '-' || is_digit(*at_)) {
      if (settings_.decode_invalid_numbers == 0 && is_invalid_number(at_))
        return error("invalid number");
      return number();
    }
    if (take("true")) return {TokenType::boolean, begin, nullptr, 0, 0, true};
    if (take("false")) return {TokenType::boolean, begin};
    if (take("null")) return {TokenType::null, begin};
    if (settings_.decode_invalid_numbers != 0 && std::strchr("+iInN", *at_) != nullptr &&
        is_invalid_number(at_))
      return number();
    return error("invalid token");
  }

  bool take(std::string_view name) {
    if (std::strncmp(at_, name.data(), name.size()) != 0) return false;
    at_ += name.size();
    return true;
  }

  /// A whole number of up to 15 digits, which a double holds; false leaves it to others.
  bool take_whole(double& number) {
    const char* at = *at_ == '-' ? at_ + 1 : at_;
    if (*at < '1' || *at > '9') return false;
    const char* const first = at;
    std::int64_t value = 0;
    for (; is_digit(*at); ++at) {
      if (at - first == 15) return false;
      value = value * 10 + (*at - '0');
    }
    if (*at == '.' || (*at | 0x20) == 'e') return false;
    number = static_cast<double>(*at_ == '-' ? -value : value);
    at_ = at;
    return true;
  }

  /// As strtod reads it, which from_chars does faster where it reads the same.
  Token number() {
    Token token{TokenType::number, at_};
    if (take_whole(token.number)) return token;
    const char* end = at_;
    const bool is_decimal = *at_ != '+' && !is_invalid_number(at_);
    if (is_decimal) {
      const char* limit = at_;
      while (is_digit(*limit) || *limit == '-' || *limit == '+' || *limit == '.' ||
             (*limit | 0x20) == 'e')
        ++limit;
      const auto read = std::from_chars(at_, limit, token.number);
      end = read.ec == std::errc::result_out_of_range ? at_ : read.ptr;
    }
    if (end == at_) {
      char* behind = nullptr;
      token.number = std::strtod(at_, &behind);
      end = behind;
    }
    if (end == at_) return error("invalid number");
    spend(lua_, state_, static_cast<std::size_t>(end - at_));
    at_ = end;
    return token;
  }

  /// A string without escapes is a view of the text; otherwise it is put together in the buffer.
  Token string() {
    Token token{TokenType::string, at_++};
    const char* plain = at_;
    while (!string_stops.stops[static_cast<unsigned char>(*at_)]) ++at_;
    spend(lua_, state_, static_cast<std::size_t>(at_ - plain));
    if (*at_ == '"') {
      token.text = plain;
      token.length = static_cast<std::size_t>(at_++ - plain);
      return token;
    }
    unescaped_.shrink(0);
    unescaped_.append({plain, static_cast<std::size_t>(at_ - plain)});
    while (*at_ != '"') {
      if (*at_ == '\0') return error("unexpected end of string");
      if (*at_ == '\\') {
        if (const char* problem = escape()) return error(problem);
      } else {
        unescaped_.append(*at_++);
      }
      spend(lua_, state_, 2);
    }
    ++at_;
    token.text = unescaped_.data();
    token.length = unescaped_.size();
    return token;
  }

  /// Takes an escape; what is wrong with it, or null.
  const char* escape() {
    const char byte = unescaped(at_[1]);
    if (byte == 0) return "invalid escape code";
    if (byte != 'u') {
      unescaped_.append(byte);
      at_ += 2;
      return nullptr;
    }
    const int code_point = take_code_point(at_);
    if (code_point < 0) return "invalid unicode escape code";
    char* out = unescaped_.reserve(4);
    unescaped_.advance(static_cast<std::size_t>(write_utf8(out, code_point) - out));
    return nullptr;
  }

  lua_State* lua_;
  LibraryState& state_;
  const JsonSettings& settings_;
  const char* at_;
  LuaBuffer unescaped_;
};

/// Builds values without recursion: an open container lies on the Lua stack, an object with the key
/// of the value to come above it.
class JsonDecoder {
 public:
  JsonDecoder(lua_State* lua, LibraryState& state, const JsonSettings& settings, const char* text)
      : lua_(lua),
        settings_(settings),
        text_(text),
        tokens_(lua, state, settings, text),
        open_(lua, initial_, sizeof initial_) {}

  /// Pushes the value.
  void run() {
    value(tokens_.next());
    while (!open_.empty()) {
      if (open_.top().is_array) {
        next_element();
      } else {
        next_member();
      }
    }
    const Token token = tokens_.next();
    if (token.type != TokenType::end) fail("the end", token);
  }

 private:
  struct Container {
    bool is_array;
    bool is_fresh;  ///< nothing was read in it
    int count;      ///< array: elements that it has
  };

  /// Pushes a value, or opens it: then it is finished later.
  void value(const Token& token) {
    switch (token.type) {
      case TokenType::string:
        lua_pushlstring(lua_, token.text, token.length);
        break;
      case TokenType::number:
        lua_pushnumber(lua_, token.number);
        break;
      case TokenType::boolean:
        lua_pushboolean(lua_, token.boolean ? 1 : 0);
        break;
      case TokenType::null:
        lua_pushlightuserdata(lua_, nullptr);
        break;
      case TokenType::object_begin:
        open(false);
        return;
      case TokenType::array_begin:
        open(true);
        return;
      default:
        fail("value", token);
    }
    store();
  }

  void open(bool is_array) {
    const int depth = static_cast<int>(open_.size()) + 1;
    if (depth > settings_.decode_max_depth || lua_checkstack(lua_, is_array ? 2 : 3) == 0)
      luaL_error(lua_, "Found too many nested data structures (%d) at character %d", depth,
                 static_cast<int>(tokens_.at() - text_));
    lua_newtable(lua_);
    open_.push({is_array, true, 0});
  }

  /// The value on top of the stack goes into the container that is open, if one is.
  void store() {
    if (open_.empty()) return;
    if (open_.top().is_array) {
      lua_rawseti(lua_, -2, ++open_.top().count);
    } else {
      lua_rawset(lua_, -3);
    }
  }

  void close() {
    open_.pop();
    store();
  }

  void next_element() {
    Container& array = open_.top();
    Token token = tokens_.next();
    if (token.type == TokenType::array_end) {
      close();
      return;
    }
    if (!array.is_fresh) {
      if (token.type != TokenType::comma) fail("comma or array end", token);
      token = tokens_.next();
    }
    array.is_fresh = false;
    value(token);
  }

  void next_member() {
    Container& object = open_.top();
    Token token = tokens_.next();
    if (token.type == TokenType::object_end) {
      close();
      return;
    }
    if (!object.is_fresh) {
      if (token.type != TokenType::comma) fail("comma or object end", token);
      token = tokens_.next();
    }
    object.is_fresh = false;
    if (token.type != TokenType::string) fail("object key string", token);
    lua_pushlstring(lua_, token.text, token.length);
    token = tokens_.next();
    if (token.type != TokenType::colon) fail("colon", token);
    value(tokens_.next());
  }

  void fail(const char* expected, const Token& token) {
    luaL_error(
        lua_, "Expected %s but found %s at character %d", expected,
        token.type == TokenType::error ? token.text : token_names[static_cast<int>(token.type)],
        static_cast<int>(token.at - text_) + 1);
  }

  lua_State* lua_;
  const JsonSettings& settings_;
  const char* text_;
  char initial_[32 * sizeof(Container)];
  Tokenizer tokens_;
  LuaStack<Container> open_;
};

}  // namespace

int decode_json(lua_State* lua) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  std::size_t length = 0;
  const char* text = luaL_checklstring(lua, 1, &length);
  if (length >= 2 && (text[0] == '\0' || text[1] == '\0'))
    return luaL_error(lua, "JSON parser does not support UTF-16 or UTF-32");
  JsonDecoder decoder(lua, library(lua), json_settings(lua), text);
  decoder.run();
  return 1;
}

}  // namespace respawn::scripting
