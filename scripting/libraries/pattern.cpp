#include "scripting/libraries/pattern.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace respawn::scripting {
namespace {

constexpr char escape = '%';

unsigned char byte_of(const char* at) {
  return static_cast<unsigned char>(*at);
}

constexpr bool is_between(unsigned byte, char first, char last) {
  return byte >= static_cast<unsigned char>(first) && byte <= static_cast<unsigned char>(last);
}

/// Whether a byte is of the class that a small letter names, as in the "C" locale; the letter is
/// one of class_letters.
constexpr bool is_of_class(unsigned byte, char letter) {
  const bool lower = is_between(byte, 'a', 'z');
  const bool upper = is_between(byte, 'A', 'Z');
  const bool digit = is_between(byte, '0', '9');
  const bool printed = byte > ' ' && byte < 127;
  switch (letter) {
    case 'a':
      return lower || upper;
    case 'c':
      return byte < ' ' || byte == 127;
    case 'd':
      return digit;
    case 'l':
      return lower;
    case 'p':
      return printed && !lower && !upper && !digit;
    case 's':
      return byte == ' ' || (byte >= 9 && byte <= 13);
    case 'u':
      return upper;
    case 'w':
      return lower || upper || digit;
    case 'x':
      return digit || is_between(byte, 'a', 'f') || is_between(byte, 'A', 'F');
    default:  // z
      return byte == 0;
  }
}

constexpr std::string_view class_letters = "acdlpsuwxz";

/// Bit i of a byte's entry: it is of the class that letter i names.
constexpr auto classes_of_bytes = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte)
    for (std::size_t i = 0; i < class_letters.size(); ++i)
      if (is_of_class(byte, class_letters[i]))
        table[byte] = static_cast<std::uint16_t>(table[byte] | (1U << i));
  return table;
}();

/// Of each letter, small or capital: the bit of its class. 0: it names none.
constexpr auto class_bits = [] {
  std::array<std::uint16_t, 256> table{};
  for (std::size_t i = 0; i < class_letters.size(); ++i) {
    const auto letter = static_cast<unsigned char>(class_letters[i]);
    table[letter] = table[letter - 32U] = static_cast<std::uint16_t>(1U << i);
  }
  return table;
}();

/// Whether a byte is of the class that a letter names, or (a capital one) is not; another character
/// names itself.
bool in_class(unsigned char byte, unsigned char name) {
  const std::uint16_t bit = class_bits[name];
  if (bit == 0) return byte == name;
  return ((classes_of_bytes[byte] & bit) != 0) == is_between(name, 'a', 'z');
}

/// Whether a character of a pattern stands for itself, wherever it is.
bool is_literal(char c) {
  switch (c) {
    case '\0':
    case '(':
    case ')':
    case '[':
    case '.':
    case '$':
    case escape:
      return false;
    default:
      return true;
  }
}

/// Whether step() looks at the character before it takes it for one that stands for itself.
bool is_special(char c) {
  return c == '(' || c == ')' || c == escape || c == '$';
}

bool is_repeated(const char* behind_item) {
  const char c = *behind_item;
  return c == '*' || c == '+' || c == '-' || c == '?';
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

/// What the first item says: whatever stands before it opens captures only, which fail with it.
const char* Matcher::next_start(const char* at, const char* pattern) {
  const char* const first = pattern;
  while (*pattern == '(' && pattern[1] != ')') ++pattern;
  if (pattern - first > LUA_MAXCAPTURES) return at;  // which match() refuses
  const char* behind = item_end_if_single(pattern);
  if (behind == nullptr || (is_repeated(behind) && *behind != '+')) return at;
  if (matches(at, pattern, behind)) return at;
  const bool is_plain = is_literal(*pattern);
  while (at < end_) {
    const char* const stop = at + std::min<std::ptrdiff_t>(end_ - at, bytes_per_look);
    const char* const from = at;
    if (is_plain) {
      const void* found = std::memchr(at, *pattern, static_cast<std::size_t>(stop - at));
      at = found == nullptr ? stop : static_cast<const char*>(found);
    } else {
      while (at < stop && !matches(at, pattern, behind)) ++at;
    }
    count(static_cast<std::size_t>(at - from) / (is_plain ? 32 : 2) + 1);
    if (at < stop) return at;
  }
  return nullptr;
}

/// The end of an item that stands for one byte; null where something else comes.
const char* Matcher::item_end_if_single(const char* item) {
  switch (*item) {
    case '\0':
    case '(':
    case ')':
      return nullptr;
    case '$':
      return item[1] == '\0' ? nullptr : item + 1;
    case escape:
      if (item[1] == 'b' || item[1] == 'f' || std::isdigit(byte_of(item + 1)) != 0) return nullptr;
      return item_end(item);
    default:
      return item_end(item);
  }
}

/// False where what comes next is a plain byte, and another one is there. Once the rest has been
/// tried: captures that end before it have been found to be open.
bool Matcher::may_go_on(const char* at, const char* pattern) const {
  while (*pattern == ')') ++pattern;
  if (!is_literal(*pattern) || is_repeated(pattern + 1)) return true;
  return at < end_ && *at == *pattern;
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
      return step_plain(at, pattern) &&
             (*pattern == '\0' || is_special(*pattern) || step_single(at, pattern));
  }
}

/// Bytes that stand for themselves, all at one go; there may be none.
bool Matcher::step_plain(const char*& at, const char*& pattern) {
  const char* const first = pattern;
  while (is_literal(*pattern) && !is_repeated(pattern + 1) && at < end_ && *at == *pattern) {
    ++at;
    ++pattern;
  }
  count(static_cast<std::size_t>(pattern - first) / 4);
  return !is_literal(*pattern) || is_repeated(pattern + 1);
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
  while (most < end_) {
    const char* const stop = most + std::min<std::ptrdiff_t>(end_ - most, bytes_per_look);
    const char* const from = most;
    most = run_end(most, stop, item, behind);
    count(static_cast<std::size_t>(most - from) / 4);
    if (most < stop) break;
  }
  at = most;
  if (most > least) choices_.push({Kind::greedy, 0, most, least, behind + 1});
}

/// The first byte from `at` on that the item does not stand for; at most `stop`.
const char* Matcher::run_end(const char* at, const char* stop, const char* item,
                             const char* behind) {
  switch (*item) {
    case '.':
      return stop;
    case escape: {
      const unsigned char name = byte_of(item + 1);
      while (at < stop && in_class(byte_of(at), name)) ++at;
      return at;
    }
    case '[':
      while (at < stop && matches(at, item, behind)) ++at;
      return at;
    default:
      while (at < stop && *at == *item) ++at;
      return at;
  }
}

bool Matcher::go_back(const char*& at, const char*& pattern) {
  while (!choices_.empty()) {
    count(1);
    Choice& last = choices_.top();
    switch (last.kind) {
      case Kind::greedy:
        go_back_greedy(last);
        at = last.at;
        pattern = last.pattern;
        if (last.at == last.least) choices_.pop();
        return true;
      case Kind::lazy:
        if (!take_one_more(last)) break;
        at = last.at;
        pattern = item_end(last.pattern) + 1;
        return true;
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

/// One byte less; and more of them where it is plain to see that the rest does not match.
void Matcher::go_back_greedy(Choice& choice) {
  do {
    --choice.at;
    count(1);
  } while (choice.at > choice.least && !may_go_on(choice.at, choice.pattern));
}

/// One byte more, and so on as above; false where the item does not stand for it.
bool Matcher::take_one_more(Choice& choice) {
  const char* const behind = item_end(choice.pattern);
  do {
    if (!matches(choice.at, choice.pattern, behind)) return false;
    ++choice.at;
    count(1);
  } while (!may_go_on(choice.at, behind + 1));
  return true;
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
