#include "protocol/reply_writer.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/check.hpp"

namespace respawn::protocol {

namespace {

constexpr std::size_t verbatim_format_bytes = 3;

}  // namespace

void ReplyWriter::line(char type, std::string_view text) {
  char* const start = out_->reserve(text.size() + 3);
  *start = type;
  if (!text.empty()) std::memcpy(start + 1, text.data(), text.size());
  put_line_end(start + 1 + text.size());
  out_->commit(text.size() + 3);
}

void ReplyWriter::error(std::string_view text) {
  const std::size_t place = out_->size() + 1;
  line('-', text);
  char* const first = out_->data() + place;
  std::replace_if(
      first, first + text.size(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
}

void ReplyWriter::bulk(BlockPtr block, std::string_view bytes) {
  if (bytes.size() < attached_min_bytes || !block) return bulk(bytes);
  header('$', bytes.size());
  out_->attach(std::move(block), bytes);
  out_->append("\r\n");
}

void ReplyWriter::bulk_int(std::int64_t value) {
  std::array<char, max_int_digits> digits;
  const char* const end = write_int(digits.data(), value);
  bulk({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void ReplyWriter::boolean(bool value) {
  if (resp3())
    out_->append(value ? "#t\r\n" : "#f\r\n");
  else
    integer(value ? 1 : 0);
}

void ReplyWriter::real(double value) {
  const std::string text = format_double(value);
  resp3() ? line(',', text) : bulk(text);
}

void ReplyWriter::big_number(std::string_view digits) {
  resp3() ? line('(', digits) : bulk(digits);
}

void ReplyWriter::verbatim(std::string_view format3, std::string_view text) {
  if (!resp3()) return bulk(text);
  header('=', verbatim_format_bytes + 1 + text.size());
  std::string format(format3.substr(0, verbatim_format_bytes));
  format.resize(verbatim_format_bytes, ' ');
  out_->append(format);
  out_->push_back(':');
  out_->append(text);
  out_->append("\r\n");
}

void ReplyWriter::attribute(std::size_t pairs) {
  RESPAWN_CHECK(resp3());
  header('|', pairs);
}

void ReplyWriter::settle(std::size_t place, Aggregate kind, std::size_t size) {
  RESPAWN_CHECK(place <= out_->size());
  const std::size_t end = out_->size();
  switch (kind) {
    case Aggregate::array:
      array(size);
      break;
    case Aggregate::map:
      map(size);
      break;
    case Aggregate::set:
      set(size);
      break;
    case Aggregate::push:
      push(size);
      break;
  }
  // The header was written behind the elements; now they change places.
  std::array<char, number_room> header_bytes;
  const std::size_t header_size = out_->size() - end;
  char* const start = out_->data() + place;
  std::memcpy(header_bytes.data(), out_->data() + end, header_size);
  std::memmove(start + header_size, start, end - place);
  std::memcpy(start, header_bytes.data(), header_size);
  out_->shift_attachments(place, header_size);
}

}  // namespace respawn::protocol
