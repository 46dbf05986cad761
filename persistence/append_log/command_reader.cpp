#include "persistence/append_log/command_reader.hpp"

#include <algorithm>
#include <optional>

#include "base/numbers.hpp"

namespace respawn::persistence {

namespace {

/// A line of a number is not longer; one that is an annotation may be.
constexpr std::size_t line_bytes_max = 1024;

std::optional<std::uint64_t> number_behind(char sign, std::string_view line) {
  if (line.empty() || line[0] != sign) return std::nullopt;
  return parse_uint64(line.substr(1));
}

}  // namespace

CommandReader::Parsed CommandReader::wrong(std::string_view found) {
  return found.find('\0') == std::string_view::npos ? Parsed::wrong : Parsed::hole;
}

/// The line from `place` on, which then is behind it. Lines end in CR LF, or in LF.
CommandReader::Line CommandReader::line_at(std::size_t& place) const {
  const std::string_view rest = buffer_.view().substr(place);
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos)
    return {rest.size() > line_bytes_max ? wrong(rest.substr(0, line_bytes_max)) : Parsed::more,
            {}};
  std::string_view text = rest.substr(0, end);
  if (text.ends_with('\r')) text.remove_suffix(1);
  place += end + 1;
  return {Parsed::whole, text};
}

CommandReader::Parsed CommandReader::parse_argument(std::size_t& place) {
  // What begins wrongly is wrong, even where the file ends within it.
  if (place < buffer_.size() && buffer_.view()[place] != '$')
    return wrong(buffer_.view().substr(place, 1));
  const Line line = line_at(place);
  if (line.parsed != Parsed::whole) return line.parsed;
  const auto bytes = number_behind('$', line.text);
  if (!bytes) return wrong(line.text);
  const std::size_t left = buffer_.size() - place;
  if (*bytes > left || left - *bytes < 2) return Parsed::more;
  const std::string_view end = buffer_.view().substr(place + static_cast<std::size_t>(*bytes), 2);
  if (end != "\r\n") return wrong(end);
  spans_.push_back({place, static_cast<std::size_t>(*bytes)});
  place += static_cast<std::size_t>(*bytes) + 2;
  return Parsed::whole;
}

/// `more` where there is nothing in it to be run.
CommandReader::Parsed CommandReader::parse_annotation(std::string_view line) {
  switch (annotation_.take(line)) {
    case AnnotationReader::Taken::whole:
      return Parsed::annotated;
    case AnnotationReader::Taken::wrong:
      return wrong(line);
    default:
      return Parsed::more;
  }
}

/// The command at at_, annotations before it included.
CommandReader::Parsed CommandReader::parse() {
  Line line;
  std::size_t place = at_;
  for (;;) {
    if (place == buffer_.size()) return Parsed::more;
    const char first = buffer_.view()[place];
    if (first != '*' && first != '#') return wrong({&first, 1});
    line = line_at(place);
    if (line.parsed != Parsed::whole) return line.parsed;
    if (first == '*') break;
    const Parsed parsed = parse_annotation(line.text);
    if (parsed != Parsed::wrong && parsed != Parsed::hole) at_ = place;
    if (parsed != Parsed::more) return parsed;
  }
  annotation_.drop();
  const auto count = number_behind('*', line.text);
  if (!count || *count == 0) return wrong(line.text);
  spans_.clear();
  for (std::uint64_t i = 0; i < *count; ++i)
    if (const Parsed parsed = parse_argument(place); parsed != Parsed::whole) return parsed;
  at_ = place;
  return Parsed::whole;
}

bool CommandReader::read_more() {
  base_ += at_;
  buffer_.consume(at_);
  at_ = 0;
  // Twice as much where a command is long: it is parsed anew each time.
  const std::size_t wanted = std::max(read_bytes, buffer_.size());
  char* const to = buffer_.reserve(wanted);
  std::size_t got = 0;
  error_ = file_->read(base_ + buffer_.size(), {to, wanted}, got);
  if (error_) return false;
  buffer_.commit(got);
  return got > 0;
}

CommandReader::Read CommandReader::next() {
  for (;;) {
    switch (parse()) {
      case Parsed::whole:
        words_.clear();
        for (const Span& span : spans_)
          words_.push_back(buffer_.view().substr(span.at, span.bytes));
        return Read::command;
      case Parsed::annotated:
        words_.assign(annotation_.words().begin(), annotation_.words().end());
        return Read::command;
      case Parsed::wrong:
        return Read::malformed;
      case Parsed::hole:
        return Read::hole;
      case Parsed::more:
        if (read_more()) continue;
        if (error_) return Read::failed;
        return at_ == buffer_.size() ? Read::end : Read::truncated;
    }
  }
}

}  // namespace respawn::persistence
