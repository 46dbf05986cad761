#include "base/glob.hpp"

#include <algorithm>
#include <cstddef>

#include "base/text.hpp"

namespace respawn {

namespace {

/// Where in the pattern an element ends, and whether the text's byte fits it.
struct Step {
  std::size_t next;
  bool fits;
};

bool same(char a, char b, bool ignore_case) {
  return a == b || (ignore_case && ascii_lower(a) == ascii_lower(b));
}

/// Redis compares the ends of a range as signed bytes, swaps them when they are the wrong way round
/// and lowers them only then.
bool in_range(char c, char low, char high, bool ignore_case) {
  auto first = static_cast<signed char>(low);
  auto last = static_cast<signed char>(high);
  if (first > last) std::swap(first, last);
  if (ignore_case) {
    c = ascii_lower(c);
    first = static_cast<signed char>(ascii_lower(static_cast<char>(first)));
    last = static_cast<signed char>(ascii_lower(static_cast<char>(last)));
  }
  const auto byte = static_cast<signed char>(c);
  return first <= byte && byte <= last;
}

/// `at` is behind the '['. A missing ']' is taken as being at the end; an escaped byte in the class
/// is compared with its case.
Step match_class(std::string_view pattern, std::size_t at, char c, bool ignore_case) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    const std::size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      found |= pattern[at + 1] == c;
      at += 2;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      found |= in_range(c, pattern[at], pattern[at + 2], ignore_case);
      at += 3;
    } else {
      found |= same(pattern[at], c, ignore_case);
      ++at;
    }
  }
  return {std::min(at + 1, pattern.size()), found != negated};
}

/// Matches one element of the pattern (not a star) with one byte.
Step match_one(std::string_view pattern, std::size_t at, char c, bool ignore_case) {
  switch (pattern[at]) {
    case '?':
      return {at + 1, true};
    case '[':
      return match_class(pattern, at + 1, c, ignore_case);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default:
      return {at + 1, same(pattern[at], c, ignore_case)};
  }
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  // Redis never looks at the pattern when there is no text: "*" does not match "".
  if (text.empty()) return pattern.empty();
  constexpr std::size_t none = std::string_view::npos;
  std::size_t at = 0;        // in the pattern
  std::size_t position = 0;  // in the text
  std::size_t star = none;   // behind the last star in the pattern
  std::size_t retry = 0;     // where in the text what follows that star was last tried
  while (position < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      retry = position;
      continue;
    }
    if (at < pattern.size()) {
      const Step step = match_one(pattern, at, text[position], ignore_case);
      if (step.fits) {
        at = step.next;
        ++position;
        continue;
      }
    }
    // Only the last star can swallow one byte more: what an earlier one would gain, it has too.
    if (star == none) return false;
    at = star;
    position = ++retry;
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace respawn
