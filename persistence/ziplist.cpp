#include "persistence/ziplist.hpp"

namespace respawn::persistence {

namespace {

constexpr std::uint8_t end_mark = 0xff;
constexpr std::uint64_t long_length = 0xfe;  // 4 bytes follow

// Ziplists.
constexpr std::size_t header_bytes = 10;
constexpr std::uint64_t count_unknown = 0xffff;
constexpr unsigned int_16 = 0xc0;
constexpr unsigned int_32 = 0xd0;
constexpr unsigned int_64 = 0xe0;
constexpr unsigned int_24 = 0xf0;
constexpr unsigned int_8 = 0xfe;
constexpr unsigned immediate_min = 0xf1;  // the integers 0 to 12
constexpr unsigned immediate_max = 0xfd;

// Zipmaps.
constexpr std::uint64_t pairs_unknown = 0xfe;

}  // namespace

ZiplistReader::ZiplistReader(std::string_view bytes) : at_(bytes), last_(header_bytes) {
  const auto size = at_.little_endian(4);
  const auto tail = at_.little_endian(4);
  const auto count = at_.little_endian(2);
  broken_ = !size || !count || *size != bytes.size();
  tail_ = tail.value_or(0);
  claimed_ = count.value_or(0);
}

std::optional<std::string_view> ZiplistReader::next() {
  if (broken_ || complete_) return std::nullopt;
  if (at_.peek() == end_mark) {
    complete_ =
        at_.left() == 1 && tail_ == last_ && (claimed_ == count_unknown || claimed_ == count_);
    broken_ = !complete_;
    return std::nullopt;
  }
  const std::size_t start = at_.position();
  const auto found = skip_previous_size() ? element() : std::nullopt;
  broken_ = !found;
  last_ = start;
  last_size_ = at_.position() - start;
  ++count_;
  return found;
}

bool ZiplistReader::skip_previous_size() {
  auto size = at_.little_endian(1);
  if (size && *size == long_length) size = at_.little_endian(4);
  return size && *size == last_size_;
}

std::optional<std::string_view> ZiplistReader::element() {
  const auto first = at_.little_endian(1);
  if (!first) return std::nullopt;
  const auto encoding = static_cast<unsigned>(*first);
  return encoding < int_16 ? text(encoding) : integer(encoding);
}

/// 00 and 6 bits of length, 01 and 14, or 10 and 32 in the next four bytes.
std::optional<std::string_view> ZiplistReader::text(unsigned first) {
  if (first < 0x40) return at_.take(first);
  const bool wide = first >= 0x80;
  const auto following = at_.big_endian(wide ? 4 : 1);
  if (!following) return std::nullopt;
  return at_.take(wide ? *following : std::uint64_t{first & 0x3f} << 8 | *following);
}

std::optional<std::string_view> ZiplistReader::integer(unsigned first) {
  if (first >= immediate_min && first <= immediate_max) return integer_.of(first - immediate_min);
  std::size_t bytes = 0;
  if (first == int_8) bytes = 1;
  if (first == int_16) bytes = 2;
  if (first == int_24) bytes = 3;
  if (first == int_32) bytes = 4;
  if (first == int_64) bytes = 8;
  if (bytes == 0) return std::nullopt;
  const auto value = at_.signed_number(bytes);
  if (!value) return std::nullopt;
  return integer_.of(*value);
}

ZipmapReader::ZipmapReader(std::string_view bytes) : at_(bytes) {
  const auto pairs = at_.little_endian(1);
  broken_ = !pairs;
  claimed_ = pairs.value_or(0);
}

std::optional<std::string_view> ZipmapReader::next() {
  if (broken_ || complete_) return std::nullopt;
  if (at_.peek() == end_mark) {
    complete_ =
        at_.left() == 1 && count_ % 2 == 0 && (claimed_ >= pairs_unknown || claimed_ * 2 == count_);
    broken_ = !complete_;
    return std::nullopt;
  }
  const auto found = text();
  broken_ = !found;
  ++count_;
  return found;
}

std::optional<std::string_view> ZipmapReader::text() {
  auto length = at_.little_endian(1);
  if (length && *length == long_length) length = at_.little_endian(4);
  const bool value = count_ % 2 == 1;
  const auto unused = value ? at_.little_endian(1) : 0;
  if (!length || !unused) return std::nullopt;
  const auto found = at_.take(*length);
  return found && at_.take(*unused) ? found : std::nullopt;
}

}  // namespace respawn::persistence
