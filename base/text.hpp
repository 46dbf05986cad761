// Small text helpers: ASCII case, quoting, splitting a line as redis-cli and redis.conf do.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace respawn {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char ascii_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// Equal but for ASCII case.
constexpr bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  return true;
}

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

/// Without blanks (space, tab, CR, LF) at both ends.
std::string_view trim(std::string_view text);

/// Splits at each occurrence of `separator`; empty parts are kept.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Splits a line into words with redis-cli's quoting: "..." knows \n \r \t \b \a \xHH \\ \", '...'
/// knows \'; a closing quote must be followed by a blank or the end. None when quotes are
/// unbalanced.
std::optional<std::vector<std::string>> split_quoted(std::string_view line);

/// The same without a copy: words are unquoted in place and appended to `words` as views into
/// `line`. False when quotes are unbalanced; then neither line nor words are of use.
bool split_quoted_in_place(std::span<char> line, std::vector<std::string_view>& words);

/// "..." with everything that is not printable escaped, as redis-cli prints a string.
std::string quoted(std::string_view bytes);

}  // namespace respawn
