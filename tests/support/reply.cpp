#include "tests/support/reply.hpp"

#include <charconv>
#include <stdexcept>

namespace respawn::support {

namespace {

constexpr int nesting_max = 64;

[[noreturn]] void malformed(const char* what, std::string_view bytes) {
  throw std::runtime_error(std::string("not RESP: ") + what + " in " + printable(bytes, 120));
}

std::int64_t to_integer(std::string_view text, std::string_view context) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) malformed("bad number", context);
  return value;
}

std::optional<Reply> take_nested(std::string_view& bytes, int depth);

/// Reads the payload of a length-prefixed scalar that follows `header`.
bool take_payload(std::string_view& rest, std::int64_t length, Reply& reply) {
  if (length < 0) {
    reply.null = true;
    return true;
  }
  const auto size = static_cast<std::size_t>(length);
  if (rest.size() < size + 2) return false;
  if (rest.substr(size, 2) != "\r\n") malformed("no CR LF behind a bulk", rest.substr(0, 120));
  reply.text = rest.substr(0, size);
  reply.header.append(rest.substr(0, size + 2));
  rest.remove_prefix(size + 2);
  return true;
}

bool take_elements(std::string_view& rest, std::int64_t count, Reply& reply, int depth) {
  if (count < 0) {
    reply.null = true;
    return true;
  }
  if (reply.type == '%' || reply.type == '|') count *= 2;
  if (reply.type == '|') ++count;
  for (; count > 0; --count) {
    auto element = take_nested(rest, depth + 1);
    if (!element) return false;
    reply.elements.push_back(std::move(*element));
  }
  return true;
}

std::optional<Reply> take_nested(std::string_view& bytes, int depth) {
  if (depth > nesting_max) malformed("too deep", bytes);
  const auto end = bytes.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  Reply reply;
  reply.type = bytes[0];
  reply.header = bytes.substr(0, end + 2);
  const auto line = bytes.substr(1, end == 0 ? 0 : end - 1);
  auto rest = bytes.substr(end + 2);
  bool complete = true;
  switch (reply.type) {
    case '+':
    case '-':
    case ':':
    case ',':
    case '#':
    case '(':
      reply.text = line;
      break;
    case '_':
      reply.null = true;
      break;
    case '$':
    case '=':
    case '!':
      complete = take_payload(rest, to_integer(line, bytes), reply);
      break;
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      complete = take_elements(rest, to_integer(line, bytes), reply, depth);
      break;
    default:
      malformed("unknown type", bytes);
  }
  if (!complete) return std::nullopt;
  bytes = rest;
  return reply;
}

}  // namespace

std::int64_t Reply::integer() const {
  if (type != ':') throw std::runtime_error("expected an integer, got " + printable(bytes()));
  return to_integer(text, header);
}

std::string Reply::bytes() const {
  std::string all = header;
  for (const auto& element : elements) all += element.bytes();
  return all;
}

std::optional<Reply> take_reply(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  return take_nested(bytes, 0);
}

std::string encode_command(const std::vector<std::string>& words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const auto& word : words) {
    out += "$" + std::to_string(word.size()) + "\r\n";
    out += word;
    out += "\r\n";
  }
  return out;
}

std::string encode_pipeline(std::initializer_list<std::vector<std::string>> commands) {
  std::string out;
  for (const auto& command : commands) out += encode_command(command);
  return out;
}

std::string printable(std::string_view bytes, std::size_t length_max) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : bytes) {
    if (out.size() > length_max) {
      out += "... (" + std::to_string(bytes.size()) + " bytes)";
      break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r')
      out += "\\r";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte >= 0x20 && byte < 0x7f)
      out += c;
    else
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
  return out + '"';
}

}  // namespace respawn::support
