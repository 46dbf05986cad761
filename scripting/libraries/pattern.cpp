#include "scripting/libraries/pattern.hpp"

#include <cctype>
#include <cstring>

namespace respawn::scripting {
namespace {

constexpr char escape = '%';

unsigned char byte_of(const char* at) {
  return static_cast<unsigned char>(*at);
}

/// Whether a byte is of the class that a letter names; another character names itself.
bool in_class(unsigned char byte, unsigned char name) {
  int (*test)(int) = nullptr;
  switch (std::tolower(name)) {
    case 'a':
      test = std::isalpha;
      break;
    case 'c':
      test = std::iscntrl;
      break;
    case 'd':
      test = std::isdigit;
      break;
    case 'l':
      test = std::islower;
      break;
    case 'p':
      test = std::ispunct;
      break;
    case 's':
      test = std::isspace;
      break;
    case 'u':
      test = std::isupper;
      break;
    case 'w':
      test = std::isalnum;
      break;
    case 'x':
      test = std::isxdigit;
      break;
    case 'z':
      return (byte == 0) == (std::islower(name) != 0);
    default:
      return byte == name;
  }
  return (test(byte) != 0) == (std::islower(name) != 0);
}

/// Whether a byte is in the set from `open` ('[') to `close` (']').
bool in_set(unsigned char byte, const char* open, const char* close) {
  const char* at = open + 1;
  const bool is_negated = *at == '^';
  if (is_negated) ++at;
  while (at < close) {
    if (*at == escape) {
      if (in_class(byte, byte_of(at + 1))) return !is_negated;
      at += 2;
    } else if (at[1] == '-' && at + 2 < close) {
      if (byte_of(at) <= byte && byte <= byte_of(at + 2)) return !is_negated;
      at += 3;
    } else {
      if (byte_of(at) == byte) return !is_negated;
      ++at;
    }
  }
  return is_negated;
}

}  // namespace

Matcher::Matcher(lua_State* lua, LibraryState& state, const char* subject, std::size_t size)
    : lua_(lua),
      state_(state),
      begin_(subject),
      end_(subject + size),
      choices_(lua, initial_, sizeof initial_) {}

const char* Matcher::match(const char* at, const char* pattern) {
  level_ = 0;
  choices_.clear();
  for (;;) {
    count(1);
    if (*pattern == '\0') return at;
    if (!step(at, pattern) && !go_back(at, pattern)) return nullptr;
  }
}

bool Matcher::step(const char*& at, const char*& pattern) {
  switch (*pattern) {
    case '(':
      if (pattern[1] == ')') {
        open_capture(at, position);
        pattern += 2;
      } else {
        open_capture(at, unfinished);
        ++pattern;
      }
      return true;
    case ')':
      close_capture(at);
      ++pattern;
      return true;
    case escape:
      return step_escape(at, pattern);
    case '$':
      if (pattern[1] == '\0') {
        ++pattern;
        return at == end_;
      }
      return step_single(at, pattern);
    default:
      return step_single(at, pattern);
  }
}

bool Matcher::step_escape(const char*& at, const char*& pattern) {
  const unsigned char name = byte_of(pattern + 1);
  if (name == 'b') {
    if (!match_balanced(at, pattern + 2)) return false;
    pattern += 4;
    return true;
  }
  if (name == 'f') {
    pattern += 2;
    return match_frontier(at, pattern);
  }
  if (std::isdigit(name) != 0) {
    pattern += 2;
    return match_capture(at, name);
  }
  return step_single(at, pattern);
}

bool Matcher::step_single(const char*& at, const char*& pattern) {
  const char* item = pattern;
  const char* behind = item_end(item);
  const bool is_match = matches(at, item, behind);
  switch (*behind) {
    case '?':
      pattern = behind + 1;
      if (is_match) {
        choices_.push({Kind::otherwise, 0, at, nullptr, pattern});
        ++at;
      }
      return true;
    case '*':
      take_greedy(at, at, item, behind);
      pattern = behind + 1;
      return true;
    case '+':
      if (!is_match) return false;
      take_greedy(at, at + 1, item, behind);
      pattern = behind + 1;
      return true;
    case '-':
      choices_.push({Kind::lazy, 0, at, nullptr, item});
      pattern = behind + 1;
      return true;
    default:
      if (!is_match) return false;
      ++at;
      pattern = behind;
      return true;
  }
}

void Matcher::take_greedy(const char*& at, const char* least, const char* item,
                          const char* behind) {
  const char* most = least;
  while (matches(most, item, behind)) {
    ++most;
    count(1);
  }
  at = most;
  if (most > least) choices_.push({Kind::greedy, 0, most, least, behind + 1});
}

bool Matcher::go_back(const char*& at, const char*& pattern) {
  while (!choices_.empty()) {
    count(1);
    Choice& last = choices_.top();
    switch (last.kind) {
      case Kind::greedy:
        at = --last.at;
        pattern = last.pattern;
        if (last.at == last.least) choices_.pop();
        return true;
      case Kind::lazy: {
        const char* behind = item_end(last.pattern);
        if (matches(last.at, last.pattern, behind)) {
          at = ++last.at;
          pattern = behind + 1;
          return true;
        }
        break;
      }
      case Kind::otherwise:
        at = last.at;
        pattern = last.pattern;
        choices_.pop();
        return true;
      case Kind::close_again:
        captures_[last.capture].length = unfinished;
        break;
      case Kind::drop_capture:
        --level_;
        break;
    }
    choices_.pop();
  }
  return false;
}

void Matcher::open_capture(const char* at, std::ptrdiff_t length) {
  if (level_ >= LUA_MAXCAPTURES) luaL_error(lua_, "too many captures");
  captures_[level_++] = {at, length};
  choices_.push({Kind::drop_capture, 0, nullptr, nullptr, nullptr});
}

void Matcher::close_capture(const char* at) {
  int index = level_ - 1;
  while (index >= 0 && captures_[index].length != unfinished) --index;
  if (index < 0) luaL_error(lua_, "invalid pattern capture");
  captures_[index].length = at - captures_[index].from;
  choices_.push({Kind::close_again, index, nullptr, nullptr, nullptr});
}

bool Matcher::match_capture(const char*& at, unsigned char digit) {
  const int index = digit - '1';
  if (index < 0 || index >= level_ || captures_[index].length == unfinished)
    luaL_error(lua_, "invalid capture index");
  // A position is compared as Lua compares it: its length is beyond any string's.
  const auto length = static_cast<std::size_t>(captures_[index].length);
  if (static_cast<std::size_t>(end_ - at) < length) return false;
  count(length / 8);
  if (std::memcmp(captures_[index].from, at, length) != 0) return false;
  at += length;
  return true;
}

bool Matcher::match_balanced(const char*& at, const char* pattern) {
  if (pattern[0] == '\0' || pattern[1] == '\0') luaL_error(lua_, "unbalanced pattern");
  const char open = pattern[0];
  const char close = pattern[1];
  // Lua looks at the NUL behind the subject, too.
  if (*at != open) return false;
  std::size_t depth = 1;
  for (const char* next = at + 1; next < end_; ++next) {
    count(1);
    if (*next == close) {
      if (--depth == 0) {
        at = next + 1;
        return true;
      }
    } else if (*next == open) {
      ++depth;
    }
  }
  return false;
}

bool Matcher::match_frontier(const char* at, const char*& pattern) {
  if (*pattern != '[') luaL_error(lua_, "missing '[' after '%%f' in pattern");
  const char* set = pattern;
  pattern = item_end(set);
  const unsigned char before = at == begin_ ? 0 : byte_of(at - 1);
  return !in_set(before, set, pattern - 1) && in_set(byte_of(at), set, pattern - 1);
}

const char* Matcher::item_end(const char* item) {
  if (*item == escape) {
    if (item[1] == '\0') luaL_error(lua_, "malformed pattern (ends with '%%')");
    return item + 2;
  }
  if (*item != '[') return item + 1;
  const char* at = item + 1;
  if (*at == '^') ++at;
  do {  // a ']' in the first place is a member of the set
    if (*at == '\0') luaL_error(lua_, "malformed pattern (missing ']')");
    if (*at++ == escape && *at != '\0') ++at;
    count(1);
  } while (*at != ']');
  return at + 1;
}

bool Matcher::matches(const char* at, const char* item, const char* behind) {
  if (at >= end_) return false;
  switch (*item) {
    case '.':
      return true;
    case escape:
      return in_class(byte_of(at), byte_of(item + 1));
    case '[':
      count(static_cast<std::size_t>(behind - item) / 4);
      return in_set(byte_of(at), item, behind - 1);
    default:
      return *item == *at;
  }
}

void Matcher::push_capture(int index, const char* from, const char* to) {
  if (index >= level_) {
    if (index != 0) luaL_error(lua_, "invalid capture index");
    lua_pushlstring(lua_, from, static_cast<std::size_t>(to - from));
    return;
  }
  const Capture& capture = captures_[index];
  if (capture.length == unfinished) luaL_error(lua_, "unfinished capture");
  if (capture.length == position) {
    lua_pushinteger(lua_, capture.from - begin_ + 1);
  } else {
    lua_pushlstring(lua_, capture.from, static_cast<std::size_t>(capture.length));
  }
}

int Matcher::push_captures(const char* from, const char* to) {
  const int captures = level_ == 0 && from != nullptr ? 1 : level_;
  luaL_checkstack(lua_, captures, "too many captures");
  for (int i = 0; i < captures; ++i) push_capture(i, from, to);
  return captures;
}

}  // namespace respawn::scripting
