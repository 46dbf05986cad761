#include "persistence/append_log/annotation.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace respawn::persistence {

namespace {

constexpr std::string_view annotated_commands[] = {"xcfgset", "xidmprecord"};
constexpr std::string_view mark = "#respawn ";
constexpr std::size_t piece_bytes = 480;
constexpr std::string_view hex_digits = "0123456789ABCDEF";

void append_escaped(std::string& to, std::string_view word) {
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7f && c != '%') {
      to += c;
    } else {
      to += '%';
      to += hex_digits[byte >> 4];
      to += hex_digits[byte & 15];
    }
  }
}

/// False where an escape is none.
bool append_unescaped(std::string& to, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      to += text[at];
      continue;
    }
    if (text.size() - at < 3) return false;
    const std::size_t high = hex_digits.find(text[at + 1]);
    const std::size_t low = hex_digits.find(text[at + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    to += static_cast<char>(high << 4 | low);
    at += 2;
  }
  return true;
}

}  // namespace

bool is_annotated(std::string_view command) {
  return std::any_of(std::begin(annotated_commands), std::end(annotated_commands),
                     [&](std::string_view each) { return iequals(each, command); });
}

void write_annotation(Buffer& to, std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ' ';
    append_escaped(text, word);
  }
  std::size_t lines = (text.size() + piece_bytes - 1) / piece_bytes;
  for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
    to.append(mark);
    to.append(std::to_string(--lines));
    to.append(" ");
    to.append(std::string_view(text).substr(at, piece_bytes));
    to.append("\r\n");
  }
}

void AnnotationReader::drop() {
  text_.clear();
  left_ = 0;
}

/// A line that does not go on where the last one was cut off begins anew.
AnnotationReader::Taken AnnotationReader::take(std::string_view line) {
  if (!line.starts_with(mark)) return Taken::not_ours;
  line.remove_prefix(mark.size());
  const std::size_t space = line.find(' ');
  const auto left = parse_uint64(line.substr(0, space));
  if (!left || space == std::string_view::npos) return Taken::wrong;
  if (left_ == 0 || *left + 1 != left_) text_.clear();
  text_.append(line.substr(space + 1));
  left_ = static_cast<std::size_t>(*left);
  if (left_ > 0) return Taken::part;
  const bool good = decode();
  drop();
  return good ? Taken::whole : Taken::wrong;
}

bool AnnotationReader::decode() {
  words_.clear();
  for (const std::string_view part : split(text_, ' '))
    if (!append_unescaped(words_.emplace_back(), part)) return false;
  return is_annotated(words_.front());
}

}  // namespace respawn::persistence
