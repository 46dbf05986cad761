#include "persistence/rdb_reader.hpp"

#include <liblzf/lzf.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/numbers.hpp"
#include "persistence/rdb_format.hpp"

namespace respawn::persistence {

namespace {

/// A compressed byte stands for no more than this many: a back reference of three bytes copies 264.
constexpr std::uint64_t expansion_max = 88;

}  // namespace

std::uint8_t RdbReader::byte() {
  char value = 0;
  if (!ok_ || !source_->read({&value, 1})) {
    fail();
    return 0;
  }
  return static_cast<std::uint8_t>(value);
}

std::uint64_t RdbReader::big_endian(int bytes) {
  const std::uint64_t value = little_endian(bytes);
  return __builtin_bswap64(value) >> (64 - 8 * bytes);
}

std::uint64_t RdbReader::little_endian(int bytes) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t value = 0;
  if (!ok_ || !source_->read({reinterpret_cast<char*>(&value), static_cast<std::size_t>(bytes)})) {
    fail();
    return 0;
  }
  return value;
}

RdbReader::Head RdbReader::head() {
  const unsigned first = byte();
  const unsigned low = first & 0x3f;
  switch (static_cast<LengthForm>(first >> 6)) {
    case LengthForm::bits_6:
      return {false, low};
    case LengthForm::bits_14:
      return {false, std::uint64_t{low} << 8 | byte()};
    case LengthForm::special:
      return {true, low};
    case LengthForm::wide:
      if (first == wide_length_32) return {false, big_endian(4)};
      if (first == wide_length_64) return {false, big_endian(8)};
  }
  fail();
  return {};
}

std::uint64_t RdbReader::length() {
  const Head found = head();
  if (found.special) fail();
  return ok_ ? found.value : 0;
}

std::uint64_t RdbReader::count(std::uint64_t bytes_each) {
  const std::uint64_t found = length();
  if (ok_ && found == 0) note_empty();
  if (found == 0 || found > source_->left() / bytes_each) fail();
  return ok_ ? found : 0;
}

std::uint64_t RdbReader::count_or_none(std::uint64_t bytes_each) {
  const std::uint64_t found = length();
  if (found > source_->left() / bytes_each) fail();
  return ok_ ? found : 0;
}

std::string RdbReader::string() {
  std::string text;
  string(text);
  return text;
}

void RdbReader::string(std::string& to) {
  const Head found = head();
  if (ok_) found.special ? special_string(found.value, to) : bytes(found.value, to);
  if (!ok_) to.clear();
}

std::string RdbReader::raw(std::uint64_t count) {
  std::string text;
  bytes(count, text);
  return text;
}

std::uint32_t RdbReader::word() {
  return static_cast<std::uint32_t>(little_endian(4));
}

void RdbReader::bytes(std::uint64_t count, std::string& to) {
  if (!ok_ || count > source_->left() || count > string_bytes_max_) return fail();
  to.resize(count);
  if (!source_->read(to)) fail();
}

void RdbReader::special_string(std::uint64_t form, std::string& to) {
  switch (static_cast<SpecialString>(form)) {
    case SpecialString::int_8:
      to = format_int(static_cast<std::int8_t>(little_endian(1)));
      return;
    case SpecialString::int_16:
      to = format_int(static_cast<std::int16_t>(little_endian(2)));
      return;
    case SpecialString::int_32:
      to = format_int(static_cast<std::int32_t>(little_endian(4)));
      return;
    case SpecialString::lzf:
      return decompress(to);
  }
  fail();
}

void RdbReader::decompress(std::string& to) {
  const std::uint64_t packed_size = length();
  const std::uint64_t size = length();
  const std::string packed = raw(packed_size);
  static_assert(string_bytes_most <= std::numeric_limits<unsigned>::max());
  if (!ok_ || size == 0 || size > packed.size() * expansion_max || size > string_bytes_max_)
    return fail();
  to.resize(size);
  if (lzf_decompress(packed.data(), static_cast<unsigned>(packed.size()), to.data(),
                     static_cast<unsigned>(size)) != size)
    fail();
}

double RdbReader::number() {
  const auto value = std::bit_cast<double>(little_endian(8));
  if (std::isnan(value)) fail();
  return ok_ ? value : 0;
}

double RdbReader::text_number() {
  const std::uint8_t size = byte();
  if (size == score_infinity) return std::numeric_limits<double>::infinity();
  if (size == score_negative_infinity) return -std::numeric_limits<double>::infinity();
  const auto value = size == score_nan ? std::nullopt : parse_double(raw(size));
  if (!value) fail();
  return ok_ ? *value : 0;
}

std::int64_t RdbReader::milliseconds() {
  return static_cast<std::int64_t>(little_endian(8));
}

}  // namespace respawn::persistence
