#include "protocol/request_parser.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace respawn::protocol {

namespace {

constexpr std::int64_t arguments_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t unauthenticated_arguments_max = 10;
constexpr std::int64_t unauthenticated_bulk_bytes_max = 16 * 1024;
constexpr std::size_t line_end_bytes = 2;      // CR LF; as in Redis only the CR is looked at
constexpr std::size_t pieces_kept_max = 1024;  // memory for more goes back after the command

/// Reads "<mark><digits>CR LF" at `at` and returns the place behind it. None for everything that
/// is not plain: not there yet, a sign, a leading zero, a large number.
const char* read_plain_size(const char* at, const char* end, char mark, std::int64_t& size) {
  if (end - at < 4 || *at != mark) return nullptr;
  auto digit = static_cast<std::uint32_t>(at[1] - '0');
  if (digit > 9) return nullptr;
  std::uint32_t value = digit;
  at += 2;
  if (*at != '\r') {
    if (digit == 0) return nullptr;
    do {
      digit = static_cast<std::uint32_t>(*at - '0');
      if (digit > 9 || value > 9'999'999) return nullptr;
      value = value * 10 + digit;
      if (end - ++at < 2) return nullptr;
    } while (*at != '\r');
  }
  size = value;
  return at + line_end_bytes;
}

/// Whether the command may make a stranger of the client.
bool may_tighten_limits(const RequestCommands& commands, const RequestCommands::Slice& slice) {
  if (slice.count != 1) return false;
  const std::string_view name = commands.arguments[slice.first];
  return name.size() == 5 && iequals(name, "reset");
}

void end_command(RequestCommands& commands, std::size_t first) {
  commands.slices.push_back({static_cast<std::uint32_t>(first),
                             static_cast<std::uint32_t>(commands.arguments.size() - first)});
}

}  // namespace

struct RequestParser::Bounds {
  explicit Bounds(const RequestLimits& limits)
      : arguments(limits.authenticated ? arguments_max : unauthenticated_arguments_max),
        bulk_bytes(limits.authenticated
                       ? limits.bulk_bytes_max
                       : std::min(limits.bulk_bytes_max, unauthenticated_bulk_bytes_max)),
        proto_bulk_bytes(limits.bulk_bytes_max),
        line_bytes(static_cast<std::size_t>(limits.inline_bytes_max)) {}

  /// The way of almost every command: all of it is there and nothing is odd about it. Appends it
  /// and returns its length, or leaves `commands` alone and returns 0: the careful way decides.
  std::size_t parse_plain(std::string_view rest, RequestCommands& commands) const;

  std::int64_t arguments;
  std::int64_t bulk_bytes;
  std::int64_t proto_bulk_bytes;  // whether authenticated or not
  std::size_t line_bytes;
};

std::size_t RequestParser::Bounds::parse_plain(std::string_view rest,
                                               RequestCommands& commands) const {
  const char* const end = rest.data() + rest.size();
  std::int64_t count = 0;
  const char* at = read_plain_size(rest.data(), end, '*', count);
  if (at == nullptr || count == 0 || count > arguments) return 0;
  std::vector<std::string_view>& all = commands.arguments;
  const std::size_t first = all.size();
  for (; count > 0; --count) {
    std::int64_t size = 0;
    at = read_plain_size(at, end, '$', size);
    if (at == nullptr || size > bulk_bytes ||
        end - at < size + static_cast<std::int64_t>(line_end_bytes)) {
      all.resize(first);
      return 0;
    }
    all.emplace_back(at, static_cast<std::size_t>(size));
    at += static_cast<std::size_t>(size) + line_end_bytes;
  }
  end_command(commands, first);
  return static_cast<std::size_t>(at - rest.data());
}

std::size_t RequestParser::parse(Buffer& buffer, std::size_t offset, const RequestLimits& limits,
                                 std::size_t commands_max, RequestCommands& commands) {
  if (!error_.empty()) return offset;
  missing_bytes_ = 0;
  const Bounds bounds(limits);
  const std::size_t slices_before = commands.slices.size();
  while (offset < buffer.size() && commands.slices.size() - slices_before < commands_max) {
    const std::string_view rest = buffer.view().substr(offset);
    std::size_t length = in_progress() ? 0 : bounds.parse_plain(rest, commands);
    if (length == 0) {
      length = rest[0] == '*'
                   ? parse_multibulk(rest, bounds, commands)
                   : parse_inline({buffer.data() + offset, rest.size()}, bounds, commands);
      if (length == 0) {
        if (bulk_bytes_ >= limits.block_bytes_min && !block_) divert(buffer, offset);
        break;
      }
      forget_command();
    }
    offset += length;
    if (commands.slices.size() > slices_before &&
        may_tighten_limits(commands, commands.slices.back()))
      break;
  }
  return offset;
}

std::size_t RequestParser::parse_inline(std::span<char> rest, const Bounds& bounds,
                                        RequestCommands& commands) {
  const std::string_view text(rest.data(), rest.size());
  const std::size_t line_feed = text.find('\n', searched_);
  if (std::min(line_feed, text.size()) > bounds.line_bytes) {
    fail("too big inline request");
    return 0;
  }
  if (line_feed == std::string_view::npos) {
    searched_ = text.size();
    return 0;
  }
  std::size_t size = line_feed;
  if (size > 0 && text[size - 1] == '\r') --size;
  const std::size_t first = commands.arguments.size();
  if (!split_quoted_in_place(rest.first(size), commands.arguments)) {
    commands.arguments.resize(first);
    fail("unbalanced quotes in request");
    return 0;
  }
  if (commands.arguments.size() > first) end_command(commands, first);
  return line_feed + 1;
}

std::size_t RequestParser::parse_multibulk(std::string_view rest, const Bounds& bounds,
                                           RequestCommands& commands) {
  if (next_ == 0 && !read_count(rest, bounds)) return 0;
  for (; bulks_left_ > 0; --bulks_left_)
    if (!read_bulk(rest, bounds)) return 0;
  if (pieces_.empty()) return next_;
  add_pieces(rest.data(), commands);
  return next_;
}

void RequestParser::add_pieces(const char* command, RequestCommands& commands) {
  const std::size_t first = commands.arguments.size();
  auto block = blocks_.begin();
  for (const Piece& piece : pieces_) {
    if (piece.start == in_block)
      commands.arguments.push_back((*block++)->view());
    else
      commands.arguments.emplace_back(command + piece.start, piece.size);
  }
  std::move(blocks_.begin(), blocks_.end(), std::back_inserter(commands.blocks));
  end_command(commands, first);
}

/// The bulk that stands at the end of the buffer goes on in a block.
void RequestParser::divert(Buffer& buffer, std::size_t offset) {
  const std::size_t start = offset + next_;
  const std::string_view there = buffer.view().substr(start);
  if (there.size() >= static_cast<std::size_t>(bulk_bytes_))
    return;  // only its line end is missing
  block_ = SharedBlock::create(static_cast<std::size_t>(bulk_bytes_));
  std::copy(there.begin(), there.end(), block_->data());
  block_->resize(there.size());
  buffer.truncate(start);
}

bool RequestParser::read_count(std::string_view rest, const Bounds& bounds) {
  const std::optional<std::string_view> line =
      read_line(rest, bounds, "too big mbulk count string");
  if (!line) return false;
  const std::optional<std::int64_t> count = parse_int64(line->substr(1));
  if (!count || *count > arguments_max) return fail("invalid multibulk length");
  if (*count > bounds.arguments) return fail("unauthenticated multibulk length");
  bulks_left_ = *count;
  return true;
}

bool RequestParser::read_bulk(std::string_view rest, const Bounds& bounds) {
  if (bulk_bytes_ < 0 && !read_bulk_size(rest, bounds)) return false;
  const auto size = static_cast<std::size_t>(bulk_bytes_);
  const std::size_t there = rest.size() - next_;
  if (block_) return read_block(there);
  if (there < size + line_end_bytes) {
    missing_bytes_ = size + line_end_bytes - there;
    return false;
  }
  pieces_.push_back({next_, size});
  next_ += size + line_end_bytes;
  bulk_bytes_ = -1;
  return true;
}

/// Of the bulk in the block only the line end stands in the buffer, of which so much is `there`.
bool RequestParser::read_block(std::size_t there) {
  if (!block_space().empty() || there < line_end_bytes) return false;
  pieces_.push_back({in_block, block_->size()});
  blocks_.push_back(std::move(block_));
  next_ += line_end_bytes;
  bulk_bytes_ = -1;
  return true;
}

bool RequestParser::read_bulk_size(std::string_view rest, const Bounds& bounds) {
  const std::size_t mark = next_;
  const std::optional<std::string_view> line = read_line(rest, bounds, "too big bulk count string");
  if (!line) return false;
  if (rest[mark] != '$') {
    const bool ends_line = rest[mark] == '\r' || rest[mark] == '\n';
    return fail(std::string("expected '$', got '") + (ends_line ? ' ' : rest[mark]) + "'");
  }
  const std::optional<std::int64_t> size = parse_int64(line->substr(1));
  if (!size || *size < 0 || *size > bounds.proto_bulk_bytes) return fail("invalid bulk length");
  if (*size > bounds.bulk_bytes) return fail("unauthenticated bulk length");
  bulk_bytes_ = *size;
  return true;
}

/// The line at next_, which moves behind it; none when it is not complete or too long.
std::optional<std::string_view> RequestParser::read_line(std::string_view rest,
                                                         const Bounds& bounds,
                                                         std::string_view too_long) {
  const std::size_t end = rest.find('\r', std::max(next_, searched_));
  searched_ = std::min(end, rest.size());
  if (searched_ - next_ > bounds.line_bytes) {
    fail(too_long);
    return std::nullopt;
  }
  if (rest.size() - searched_ < line_end_bytes) return std::nullopt;
  const std::string_view line = rest.substr(next_, end - next_);
  next_ = end + line_end_bytes;
  return line;
}

bool RequestParser::fail(std::string_view text) {
  error_ = "ERR Protocol error: ";
  error_ += text;
  return false;
}

void RequestParser::forget_command() {
  next_ = searched_ = 0;
  bulks_left_ = 0;
  bulk_bytes_ = -1;
  pieces_.clear();
  blocks_.clear();
  if (pieces_.capacity() > pieces_kept_max) std::vector<Piece>().swap(pieces_);
}

}  // namespace respawn::protocol
