#include "persistence/listpack.hpp"

#include <algorithm>
#include <utility>

namespace respawn::persistence {

namespace {

constexpr std::size_t header_bytes = 6;
constexpr std::uint64_t count_unknown = 0xffff;
constexpr std::uint8_t end_mark = 0xff;

// Encoding bytes, by the top bits that tell them apart.
constexpr unsigned int_7_max = 0x7f;  // the integer itself
constexpr unsigned text_6 = 0x80;     // 10 and the length
constexpr unsigned text_6_max = 0x3f;
constexpr unsigned int_13 = 0xc0;   // 110, and five more bits of 13
constexpr unsigned text_12 = 0xe0;  // 1110, and four more bits of 12
constexpr unsigned text_32 = 0xf0;  // 4 bytes of length follow
constexpr unsigned int_16 = 0xf1;   // and so on: 24, 32, 64 bits
constexpr unsigned int_64 = 0xf4;

constexpr std::int64_t int_13_min = -4096;
constexpr std::int64_t int_13_max = 4095;

/// Bytes of each wide integer, from int_16 on.
constexpr std::size_t wide_bytes[] = {2, 3, 4, 8};

/// How many bytes the size behind an element takes. The bounds are one below what would fit, which
/// every listpack goes by.
std::size_t back_length_bytes(std::size_t size) {
  if (size <= 127) return 1;
  if (size < 16383) return 2;
  if (size < 2097151) return 3;
  return size < 268435455 ? 4 : 5;
}

/// The most that goes with an element's text: encoding and length in front, the size behind.
constexpr std::size_t frame_bytes_max = 5 + 5;

/// Returns the end.
char* write_back_length(char* at, std::size_t size) {
  const std::size_t bytes = back_length_bytes(size);
  for (std::size_t i = bytes; i-- > 0;) {
    const unsigned more = i + 1 < bytes ? 0x80 : 0;
    *at++ = static_cast<char>(((size >> (7 * i)) & 0x7f) | more);
  }
  return at;
}

char* write_low_bytes(char* at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) *at++ = static_cast<char>(value >> (8 * i));
  return at;
}

bool fits(std::int64_t value, std::size_t bytes) {
  if (bytes == 8) return true;
  const std::int64_t limit = std::int64_t{1} << (8 * bytes - 1);
  return value >= -limit && value < limit;
}

}  // namespace

ListpackWriter::ListpackWriter(std::size_t expected_bytes)
    : bytes_(expected_bytes, '\0'), used_(header_bytes) {}

/// Where an element of so many bytes may be written.
char* ListpackWriter::room(std::size_t bytes) {
  constexpr std::size_t first_bytes = 256;
  if (bytes_.size() - std::min(used_, bytes_.size()) < bytes)
    bytes_.resize(std::max({first_bytes, 2 * bytes_.size(), used_ + bytes}));
  return bytes_.data() + used_;
}

/// Its encoding and contents end here.
void ListpackWriter::end_element(char* end) {
  const auto size = static_cast<std::size_t>(end - (bytes_.data() + used_));
  used_ = static_cast<std::size_t>(write_back_length(end, size) - bytes_.data());
  ++count_;
}

void ListpackWriter::append(std::string_view element) {
  const keyspace::ElementForm form(element);
  form.integer ? append(*form.integer) : append_text(element);
}

void ListpackWriter::append(std::int64_t element) {
  char* at = room(sizeof element + frame_bytes_max);
  if (element >= 0 && element <= int_7_max) {
    *at++ = static_cast<char>(element);
  } else if (element >= int_13_min && element <= int_13_max) {
    *at++ = static_cast<char>(int_13 | ((element >> 8) & 0x1f));
    *at++ = static_cast<char>(element);
  } else {
    unsigned form = int_16;
    while (!fits(element, wide_bytes[form - int_16])) ++form;
    *at++ = static_cast<char>(form);
    at = write_low_bytes(at, static_cast<std::uint64_t>(element), wide_bytes[form - int_16]);
  }
  end_element(at);
}

void ListpackWriter::append_text(std::string_view text) {
  char* at = room(text.size() + frame_bytes_max);
  if (text.size() <= text_6_max) {
    *at++ = static_cast<char>(text_6 | text.size());
  } else if (text.size() < (1U << 12)) {
    *at++ = static_cast<char>(text_12 | text.size() >> 8);
    *at++ = static_cast<char>(text.size());
  } else {
    *at++ = static_cast<char>(text_32);
    at = write_low_bytes(at, text.size(), sizeof(std::uint32_t));
  }
  end_element(std::copy(text.begin(), text.end(), at));
}

std::string ListpackWriter::take() {
  *room(1) = static_cast<char>(end_mark);
  bytes_.resize(used_ + 1);
  char* const counted = write_low_bytes(bytes_.data(), bytes_.size(), sizeof(std::uint32_t));
  write_low_bytes(counted, std::min<std::uint64_t>(count_, count_unknown), sizeof(std::uint16_t));
  count_ = 0;
  used_ = header_bytes;
  return std::exchange(bytes_, std::string());
}

ListpackReader::ListpackReader(std::string_view bytes) : at_(bytes) {
  const auto size = at_.little_endian(4);
  const auto count = at_.little_endian(2);
  broken_ = !size || !count || *size != bytes.size();
  claimed_ = count.value_or(0);
}

std::optional<std::string_view> ListpackReader::next() {
  if (broken_ || complete_) return std::nullopt;
  if (at_.peek() == end_mark) {
    complete_ = at_.left() == 1 && (claimed_ == count_unknown || claimed_ == count_);
    broken_ = !complete_;
    return std::nullopt;
  }
  const std::size_t length = short_text();
  if (length > 0) {
    ++count_;
    return at_.take(length + 2)->substr(1, length);
  }
  const std::size_t start = at_.position();
  const auto found = element();
  broken_ = !found || !skip_back_length(at_.position() - start);
  if (broken_) return std::nullopt;
  ++count_;
  return found;
}

/// What most elements are: a text of one byte of encoding and one of size behind it. Its length; 0
/// when it is empty or something else.
std::size_t ListpackReader::short_text() const {
  const unsigned first = at_.peek().value_or(0);
  if ((first & ~text_6_max) != text_6) return 0;
  const std::size_t length = first & text_6_max;
  return at_.peek(length + 1) == length + 1 ? length : 0;
}

/// Encoding and contents; none where they end too early or mean nothing.
std::optional<std::string_view> ListpackReader::element() {
  const auto encoding = at_.byte();
  if (!encoding) return std::nullopt;
  const unsigned first = *encoding;
  if (first <= int_7_max) return integer_.of(first);
  if (first < int_13) return at_.take(first & text_6_max);
  if (first < text_12) {
    const auto second = at_.byte();
    if (!second) return std::nullopt;
    const auto value = static_cast<std::int64_t>((first & 0x1f) << 8 | *second);
    return integer_.of(value > int_13_max ? value - (int_13_max - int_13_min + 1) : value);
  }
  if (first < text_32) {
    const auto second = at_.byte();
    return second ? at_.take((first & 0xf) << 8U | *second) : std::nullopt;
  }
  if (first == text_32) {
    const auto length = at_.little_endian(4);
    return length ? at_.take(*length) : std::nullopt;
  }
  if (first > int_64) return std::nullopt;
  const auto value = at_.signed_number(wide_bytes[first - int_16]);
  if (!value) return std::nullopt;
  return integer_.of(*value);
}

bool ListpackReader::skip_back_length(std::size_t size) {
  constexpr std::size_t single_byte_max = 127;
  if (size <= single_byte_max) return at_.byte() == size;
  char expected[frame_bytes_max];
  const auto bytes = static_cast<std::size_t>(write_back_length(expected, size) - expected);
  return at_.take(bytes) == std::string_view(expected, bytes);
}

}  // namespace respawn::persistence
