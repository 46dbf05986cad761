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

/// Undoes the quoting of one line in place: what is written never overtakes what is read.
class Unquoter {
 public:
  explicit Unquoter(std::span<char> line) : line_(line) {}

  /// Skips blanks; false at the end of the line.
  bool find_word() {
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
    return at_ < line_.size();
  }

  /// The word that starts here; none when its quotes are unbalanced.
  std::optional<std::string_view> read_word() {
    const std::size_t start = written_ = at_;
    while (at_ < line_.size() && !ends_word(line_[at_])) {
      if (line_[at_] == '"' || line_[at_] == '\'') {
        if (!read_quotes(line_[at_++])) return std::nullopt;
        break;  // a closing quote ends the word
      }
      write(line_[at_], 1);
    }
    return std::string_view(line_.data() + start, written_ - start);
  }

 private:
  /// Stands for the `length` bytes here.
  void write(char c, std::size_t length) {
    line_[written_++] = c;
    at_ += length;
  }

  [[nodiscard]] std::size_t left() const { return line_.size() - at_; }

  /// Reads up to the closing quote. False when there is none, or no blank follows it.
  bool read_quotes(char quote) {
    while (left() > 0 && line_[at_] != quote) {
      if (line_[at_] != '\\' || left() < 2)
        write(line_[at_], 1);
      else if (quote == '"')
        read_escape();
      else if (line_[at_ + 1] == '\'')
        write('\'', 2);
      else
        write('\\', 1);
    }
    if (left() == 0) return false;
    ++at_;
    return left() == 0 || is_blank(line_[at_]);
  }

  void read_escape() {
    if (line_[at_ + 1] == 'x' && left() >= 4) {
      const int high = hex_digit(line_[at_ + 2]);
      const int low = hex_digit(line_[at_ + 3]);
      if (high >= 0 && low >= 0) return write(static_cast<char>(high * 16 + low), 4);
    }
    write(unescaped(line_[at_ + 1]), 2);
  }

  std::span<char> line_;
  std::size_t at_ = 0;
  std::size_t written_ = 0;
};

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

bool split_quoted_in_place(std::span<char> line, std::vector<std::string_view>& words) {
  Unquoter unquoter(line);
  while (unquoter.find_word()) {
    const std::optional<std::string_view> word = unquoter.read_word();
    if (!word) return false;
    words.push_back(*word);
  }
  return true;
}

std::optional<std::vector<std::string>> split_quoted(std::string_view line) {
  std::string copy(line);
  std::vector<std::string_view> words;
  if (!split_quoted_in_place(copy, words)) return std::nullopt;
  return std::vector<std::string>(words.begin(), words.end());
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
