#include "persistence/rdb_writer.hpp"

#include <liblzf/lzf.h>

#include <array>
#include <bit>
#include <limits>

#include "base/numbers.hpp"
#include "persistence/rdb_format.hpp"

namespace respawn::persistence {

namespace {

/// A text that is longer is no integer of 32 bits.
constexpr std::size_t small_integer_digits = 11;
/// Shorter strings are not worth compressing.
constexpr std::size_t compressible_min_bytes = 21;
/// How much a compressed string must save.
constexpr std::size_t saving_min_bytes = 4;

constexpr std::uint8_t first_byte(SpecialString form) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(LengthForm::special) << 6 |
                                   static_cast<unsigned>(form));
}

template <class Number>
bool fits(std::int64_t value) {
  return value >= std::numeric_limits<Number>::min() && value <= std::numeric_limits<Number>::max();
}

}  // namespace

void RdbWriter::byte(std::uint8_t value) {
  const char c = static_cast<char>(value);
  sink_->write({&c, 1});
}

void RdbWriter::length(std::uint64_t value) {
  if (value < (1U << 6)) return byte(static_cast<std::uint8_t>(value));
  std::string bytes;
  int following = 0;
  if (value < (1U << 14)) {
    bytes += static_cast<char>(static_cast<unsigned>(LengthForm::bits_14) << 6 | value >> 8);
    following = 1;
  } else {
    const bool short_enough = value <= std::numeric_limits<std::uint32_t>::max();
    bytes += static_cast<char>(short_enough ? wide_length_32 : wide_length_64);
    following = short_enough ? 4 : 8;
  }
  while (following-- > 0) bytes += static_cast<char>(value >> (8 * following));
  sink_->write(bytes);
}

void RdbWriter::string(std::string_view bytes) {
  if (bytes.size() <= small_integer_digits) {
    const auto value = parse_int64(bytes);
    if (value && small_integer(*value)) return;
  }
  if (strings_ && bytes.size() >= compressible_min_bytes) return strings_->string(bytes);
  if (compress_ && compressed(bytes)) return;
  length(bytes.size());
  sink_->write(bytes);
}

void RdbWriter::integer(std::int64_t value) {
  if (small_integer(value)) return;
  std::array<char, max_int_digits> digits;
  const char* end = write_int(digits.data(), value);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  length(text.size());
  sink_->write(text);
}

bool RdbWriter::small_integer(std::int64_t value) {
  std::string bytes;
  if (fits<std::int8_t>(value)) {
    bytes += static_cast<char>(first_byte(SpecialString::int_8));
    append_little_endian(bytes, static_cast<std::uint8_t>(value));
  } else if (fits<std::int16_t>(value)) {
    bytes += static_cast<char>(first_byte(SpecialString::int_16));
    append_little_endian(bytes, static_cast<std::uint16_t>(value));
  } else if (fits<std::int32_t>(value)) {
    bytes += static_cast<char>(first_byte(SpecialString::int_32));
    append_little_endian(bytes, static_cast<std::uint32_t>(value));
  } else {
    return false;
  }
  sink_->write(bytes);
  return true;
}

bool RdbWriter::compressed(std::string_view bytes) {
  if (bytes.size() < compressible_min_bytes || bytes.size() > std::numeric_limits<unsigned>::max())
    return false;
  std::string packed(bytes.size() - saving_min_bytes, '\0');
  const unsigned size = lzf_compress(bytes.data(), static_cast<unsigned>(bytes.size()),
                                     packed.data(), static_cast<unsigned>(packed.size()));
  if (size == 0) return false;
  byte(first_byte(SpecialString::lzf));
  length(size);
  length(bytes.size());
  sink_->write({packed.data(), size});
  return true;
}

void RdbWriter::number(double value) {
  std::string bytes;
  append_little_endian(bytes, std::bit_cast<std::uint64_t>(value));
  sink_->write(bytes);
}

void RdbWriter::big_number(std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) byte(static_cast<std::uint8_t>(value >> shift));
}

void RdbWriter::milliseconds(std::int64_t value) {
  std::string bytes;
  append_little_endian(bytes, static_cast<std::uint64_t>(value));
  sink_->write(bytes);
}

}  // namespace respawn::persistence
