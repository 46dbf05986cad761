#include "base/text.hpp"

#include <algorithm>

namespace respawn {

namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool ends_word(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

/// Appends the escape at line[at] == '\\' of a "..." to `word`; returns the place behind it.
std::size_t read_escape(std::string_view line, std::size_t at, std::string& word) {
  if (at + 1 == line.size()) {
    word.push_back('\\');
    return at + 1;
  }
  if (line[at + 1] == 'x' && at + 3 < line.size()) {
    const int high = hex_digit(line[at + 2]);
    const int low = hex_digit(line[at + 3]);
    if (high >= 0 && low >= 0) {
      word.push_back(static_cast<char>(high * 16 + low));
      return at + 4;
    }
  }
  word.push_back(unescaped(line[at + 1]));
  return at + 2;
}

/// Appends the text in the quotes that open at line[at]; returns the place behind the closing one,
/// or npos when there is none or something other than a blank follows it.
std::size_t read_quotes(std::string_view line, std::size_t at, std::string& word) {
  const char quote = line[at++];
  while (at < line.size() && line[at] != quote) {
    if (quote == '"' && line[at] == '\\') {
      at = read_escape(line, at, word);
    } else if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '\'') {
      word.push_back('\'');
      at += 2;
    } else {
      word.push_back(line[at++]);
    }
  }
  if (at >= line.size()) return std::string_view::npos;
  ++at;
  return at == line.size() || is_blank(line[at]) ? at : std::string_view::npos;
}

/// The letter of a one-letter escape, or 0.
char escape_letter(char c) {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '\\':
    case '"':
      return c;
    default:
      return 0;
  }
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  return lower;
}

std::string to_upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), ascii_upper);
  return upper;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && ends_word(text.front())) text.remove_prefix(1);
  while (!text.empty() && ends_word(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::vector<std::string>> split_quoted(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && is_blank(line[at])) ++at;
    if (at == line.size()) return words;
    std::string& word = words.emplace_back();
    while (at < line.size() && !ends_word(line[at])) {
      if (line[at] != '"' && line[at] != '\'') {
        word.push_back(line[at++]);
        continue;
      }
      at = read_quotes(line, at, word);
      if (at == std::string_view::npos) return std::nullopt;
      break;  // a closing quote ends the word
    }
  }
}

std::string quoted(std::string_view bytes) {
  std::string text = "\"";
  text.reserve(bytes.size() + 2);
  for (const char c : bytes) {
    if (const char letter = escape_letter(c); letter != 0) {
      text.push_back('\\');
      text.push_back(letter);
    } else if (c >= ' ' && c <= '~') {
      text.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += "\\x";
      text.push_back("0123456789abcdef"[byte >> 4]);
      text.push_back("0123456789abcdef"[byte & 15]);
    }
  }
  text.push_back('"');
  return text;
}

}  // namespace respawn
