#include "protocol/reply_decoder.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace respawn::protocol {

namespace {

constexpr std::size_t line_end_bytes = 2;
constexpr std::int64_t reserved_elements_max = 1024;
constexpr std::size_t verbatim_format_bytes = 3;

/// RESP3 allows a plus sign in front of a number.
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+') text.remove_prefix(1);
  return text;
}

bool is_big_number(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<double> read_real(std::string_view text) {
  if (iequals(text, "nan") || iequals(text, "-nan"))
    return std::numeric_limits<double>::quiet_NaN();
  return parse_double(text);
}

ReplyType aggregate_type(char type) {
  switch (type) {
    case '%':
      return ReplyType::map;
    case '~':
      return ReplyType::set;
    case '>':
      return ReplyType::push;
    default:
      return ReplyType::array;
  }
}

}  // namespace

std::size_t ReplyDecoder::decode(std::string_view input, std::vector<Reply>& replies) {
  std::size_t used = 0;
  missing_bytes_ = 0;
  while (error_.empty()) {
    const std::string_view rest = input.substr(used);
    const std::size_t bytes =
        bulk_bytes_ >= 0 ? read_bulk(rest, replies) : read_line(rest, replies);
    if (bytes == 0) break;
    used += bytes;
  }
  return used;
}

/// Returns the bytes used: 0 when the bulk is not complete.
std::size_t ReplyDecoder::read_bulk(std::string_view input, std::vector<Reply>& replies) {
  const auto size = static_cast<std::size_t>(bulk_bytes_);
  if (input.size() < size + line_end_bytes) {
    missing_bytes_ = size + line_end_bytes - input.size();
    return 0;
  }
  if (input.substr(size, line_end_bytes) != "\r\n") return fail("bulk without CR LF at its end");
  std::string_view text = input.substr(0, size);
  Reply reply;
  reply.type = bulk_type_ == '!' ? ReplyType::error : ReplyType::bulk;
  if (bulk_type_ == '=') {
    if (size <= verbatim_format_bytes || text[verbatim_format_bytes] != ':')
      return fail("verbatim string without a format");
    reply.type = ReplyType::verbatim;
    reply.format = text.substr(0, verbatim_format_bytes);
    text.remove_prefix(verbatim_format_bytes + 1);
  }
  reply.string = text;
  bulk_bytes_ = -1;
  finish(std::move(reply), replies);
  return size + line_end_bytes;
}

/// Returns the bytes used: 0 when the line is not complete.
std::size_t ReplyDecoder::read_line(std::string_view input, std::vector<Reply>& replies) {
  const std::size_t end = input.find('\r', searched_);
  searched_ = std::min(end, input.size());
  if (searched_ > limits_.line_bytes_max) return fail("line too long");
  if (input.size() - searched_ < line_end_bytes) return 0;
  if (input[end + 1] != '\n') return fail("CR without LF");
  searched_ = 0;
  if (end == 0) return fail("empty line");
  if (!read_header(input[0], input.substr(1, end - 1), replies)) return 0;
  return end + line_end_bytes;
}

bool ReplyDecoder::read_header(char type, std::string_view text, std::vector<Reply>& replies) {
  Reply reply;
  switch (type) {
    case '+':
    case '-':
      reply.type = type == '+' ? ReplyType::simple : ReplyType::error;
      reply.string = text;
      break;
    case '_':
      if (!text.empty()) return fail("null with a value");
      break;
    case ':':
    case '#':
    case ',':
    case '(':
      if (!read_number(type, text, reply)) return false;
      break;
    case '$':
    case '!':
    case '=':
      return open_bulk(type, text, replies);
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      return open_aggregate(type, text, replies);
    default:
      return fail("unknown type " + quoted({&type, 1}));
  }
  finish(std::move(reply), replies);
  return true;
}

bool ReplyDecoder::read_number(char type, std::string_view text, Reply& reply) {
  if (type == ':') {
    const std::optional<std::int64_t> value = parse_int64(without_plus(text));
    if (!value) return fail("invalid integer");
    reply.type = ReplyType::integer;
    reply.integer = *value;
  } else if (type == '#') {
    if (text != "t" && text != "f") return fail("invalid boolean");
    reply.type = ReplyType::boolean;
    reply.integer = text == "t" ? 1 : 0;
  } else if (type == ',') {
    const std::optional<double> value = read_real(text);
    if (!value) return fail("invalid double");
    reply.type = ReplyType::real;
    reply.real = *value;
  } else {
    if (!is_big_number(text)) return fail("invalid big number");
    reply.type = ReplyType::big_number;
    reply.string = text;
  }
  return true;
}

bool ReplyDecoder::open_bulk(char type, std::string_view text, std::vector<Reply>& replies) {
  if (type == '$' && text == "-1") {
    finish(Reply{}, replies);
    return true;
  }
  const std::optional<std::int64_t> size = parse_int64(text);
  if (!size || *size < 0) return fail("invalid bulk length");
  if (*size > limits_.bulk_bytes_max) return fail("bulk too long");
  bulk_bytes_ = *size;
  bulk_type_ = type;
  return true;
}

bool ReplyDecoder::open_aggregate(char type, std::string_view text, std::vector<Reply>& replies) {
  Reply reply;
  if (type == '*' && text == "-1") {
    reply.type = ReplyType::null_array;
    finish(std::move(reply), replies);
    return true;
  }
  const std::optional<std::int64_t> size = parse_int64(text);
  if (!size || *size < 0) return fail("invalid aggregate length");
  if (*size > limits_.elements_max) return fail("aggregate too long");
  const bool attribute = type == '|';
  if (*size == 0 && attribute) return true;
  const std::int64_t elements = type == '%' || attribute ? *size * 2 : *size;
  reply.type = aggregate_type(type);
  if (elements == 0) {
    finish(std::move(reply), replies);
    return true;
  }
  if (open_.size() >= limits_.nesting_max) return fail("nested too deeply");
  if (attribute && static_cast<std::int64_t>(attributes_.size()) > limits_.elements_max)
    return fail("too many attributes");
  // A second attribute adds to the first; everything else is what the attribute belongs to.
  std::vector<Reply>& inherited = attribute ? reply.elements : reply.attributes;
  inherited = std::exchange(attributes_, {});
  const std::int64_t reserved = std::min(elements, reserved_elements_max);
  reply.elements.reserve(reply.elements.size() + static_cast<std::size_t>(reserved));
  open_.push_back({std::move(reply), elements, attribute});
  return true;
}

/// Puts a complete value where it belongs, and with it the aggregates that it completes.
void ReplyDecoder::finish(Reply reply, std::vector<Reply>& replies) {
  if (!attributes_.empty()) reply.attributes = std::exchange(attributes_, {});
  while (!open_.empty()) {
    Frame& frame = open_.back();
    frame.reply.elements.push_back(std::move(reply));
    if (--frame.elements_left > 0) return;
    reply = std::move(frame.reply);
    const bool attribute = frame.attribute;
    open_.pop_back();
    if (attribute) {
      attributes_ = std::move(reply.elements);
      return;
    }
  }
  replies.push_back(std::move(reply));
}

bool ReplyDecoder::fail(std::string_view text) {
  error_ = "protocol error: ";
  error_ += text;
  return false;
}

}  // namespace respawn::protocol
