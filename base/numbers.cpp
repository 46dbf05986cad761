#include "base/numbers.hpp"

#include <array>
#include <cctype>
#include <cerrno>
#include <cfloat>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/check.hpp"
#include "base/text.hpp"

namespace respawn {

namespace {

constexpr std::size_t long_double_text_max = 5 * 1024 - 1;  // Redis: MAX_LONG_DOUBLE_CHARS
constexpr std::size_t memory_digits_max = 127;

constexpr auto digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

unsigned count_digits(std::uint64_t value) {
  unsigned digits = 1;
  for (;;) {
    if (value < 10) return digits;
    if (value < 100) return digits + 1;
    if (value < 1000) return digits + 2;
    if (value < 10000) return digits + 3;
    value /= 10000;
    digits += 4;
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool overflowed(bool range_error, long double value) {
  return range_error && (std::isinf(value) || value == 0);
}

/// Whole text through the C library, which alone knows hex floats and the words for infinity. It
/// wants a terminating zero, so a copy.
std::optional<double> parse_double_slow(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  const double value = std::strtod(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || std::isnan(value)) return std::nullopt;
  if (overflowed(errno == ERANGE, value)) return std::nullopt;
  return value;
}

/// Places behind the point that INCRBYFLOAT keeps.
constexpr int long_double_places = 17;

/// Whether a long double holds every 64-bit integer, the powers of ten among them: then a quotient
/// of two is rounded once, as the C library rounds what it reads.
constexpr bool long_double_is_wide = LDBL_MANT_DIG >= 64;

constexpr auto powers_of_ten = [] {
  std::array<long double, 20> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

/// Digits with at most one point among them, after an optional minus: the quotient of two numbers
/// that are exact. None for anything else, and for more digits than that holds for.
std::optional<long double> parse_plain_decimal(std::string_view text) {
  constexpr std::size_t digits_max = 19;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::uint64_t value = 0;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::size_t places = point == text.size() ? 0 : text.size() - point - 1;
  const std::size_t digits = point + places;
  if (digits == 0 || digits > digits_max) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at == point) continue;
    if (!is_digit(text[at])) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  const long double magnitude = static_cast<long double>(value) / powers_of_ten[places];
  return negative ? -magnitude : magnitude;
}

/// As "%.17Lf" prints it but for zeros at the end and a bare point. None for what has more digits
/// before the point than 64 bits hold.
std::optional<std::string> format_fixed(long double value) {
  constexpr std::uint64_t unit = 100'000'000'000'000'000;  // 10^17
  int exponent = 0;
  const long double scaled = std::frexp(std::fabs(value), &exponent);
  if (exponent > 63) return std::nullopt;
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(scaled, 64));
  // The magnitude is mantissa / 2^shift.
  const int shift = 64 - exponent;
  const std::uint64_t whole_part = shift < 64 ? mantissa >> shift : 0;
  const std::uint64_t rest = shift < 64 ? mantissa - (whole_part << shift) : mantissa;
  __extension__ using Wide = unsigned __int128;
  std::uint64_t whole = whole_part;
  std::uint64_t places = 0;
  if (shift < 128) {
    const Wide product = Wide{rest} * unit;
    const Wide half = Wide{1} << (shift - 1);
    const Wide left = product & ((half << 1) - 1);
    places = static_cast<std::uint64_t>(product >> shift);
    if (left > half || (left == half && (places & 1) != 0)) ++places;
  }
  if (places == unit) {
    places = 0;
    ++whole;
  }
  std::array<char, max_int_digits + 2 + long_double_places> text;
  char* at = text.data();
  if (std::signbit(value) && (whole != 0 || places != 0)) *at++ = '-';
  at = write_uint(at, whole);
  if (places != 0) {
    // One digit more in front, so that the zeros at the front are there.
    char* const point = at;
    at = write_uint(at, unit + places);
    *point = '.';
    while (at[-1] == '0') --at;
  }
  return std::string(text.data(), at);
}

std::optional<std::uint64_t> unit_bytes(std::string_view unit) {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };

  static constexpr Unit units[] = {{"", 1},
                                   {"b", 1},
                                   {"k", 1000},
                                   {"kb", 1024},
                                   {"m", 1000 * 1000},
                                   {"mb", 1024 * 1024},
                                   {"g", 1000 * 1000 * 1000},
                                   {"gb", 1024 * 1024 * 1024}};
  for (const Unit& known : units)
    if (iequals(known.name, unit)) return known.bytes;
  return std::nullopt;
}

/// The significant digits of a finite positive double, without trailing zeros, and the power of ten
/// that the last of them counts.
struct Decimal {
  std::string digits;
  int exponent;
};

Decimal shortest_decimal(double value) {
  std::array<char, 32> text{};
  const auto [end, fault] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  RESPAWN_CHECK(fault == std::errc());
  const std::string_view all(text.data(), static_cast<std::size_t>(end - text.data()));
  const std::size_t mark = all.find('e');
  std::string digits(all.substr(0, 1));
  if (mark > 2) digits += all.substr(2, mark - 2);
  int exponent = 0;
  const char* first = text.data() + mark + 1;
  std::from_chars(*first == '+' ? first + 1 : first, end, exponent);
  return {digits, exponent - static_cast<int>(digits.size()) + 1};
}

/// Redis 7.2 pads an integer with up to seven zeros and keeps up to six places behind the point (or
/// more, near one); everything else gets an exponent with a sign and no padding.
std::string lay_out(const Decimal& decimal) {
  const std::string& digits = decimal.digits;
  const int size = static_cast<int>(digits.size());
  const int magnitude = decimal.exponent + size - 1;
  if (decimal.exponent >= 0 && decimal.exponent <= 7)
    return digits + std::string(static_cast<std::size_t>(decimal.exponent), '0');
  if (decimal.exponent < 0 && (decimal.exponent > -7 || std::abs(magnitude) < 4)) {
    const int before = size + decimal.exponent;  // digits before the point
    if (before <= 0) return "0." + std::string(static_cast<std::size_t>(-before), '0') + digits;
    return std::string(digits).insert(static_cast<std::size_t>(before), 1, '.');
  }
  std::string text = digits.substr(0, 1);
  if (size > 1) text += '.' + digits.substr(1);
  text += magnitude < 0 ? "e-" : "e+";
  return text + std::to_string(std::abs(magnitude));
}

}  // namespace

std::optional<std::uint64_t> parse_uint64(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  if (text[0] == '0') return text.size() == 1 ? std::optional<std::uint64_t>(0) : std::nullopt;
  // Nineteen digits always fit; only a twentieth can be one too many.
  std::uint64_t value = 0;
  for (const char c : text.substr(0, 19)) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (text.size() < 20) return value;
  if (!is_digit(text[19]) || __builtin_mul_overflow(value, 10, &value) ||
      __builtin_add_overflow(value, static_cast<std::uint64_t>(text[19] - '0'), &value))
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_int64(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const std::optional<std::uint64_t> magnitude = parse_uint64(text);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!magnitude || *magnitude > most + (negative ? 1 : 0)) return std::nullopt;
  if (!negative) return static_cast<std::int64_t>(*magnitude);
  if (*magnitude == 0) return std::nullopt;
  return static_cast<std::int64_t>(0 - *magnitude);
}

std::optional<double> parse_double(std::string_view text) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0]))) return std::nullopt;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault == std::errc() && stop == end && std::isnormal(value)) return value;
  return parse_double_slow(text);
}

std::optional<long double> parse_long_double(std::string_view text) {
  if (text.empty() || text.size() > long_double_text_max) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(text[0]))) return std::nullopt;
  if constexpr (long_double_is_wide)
    if (const auto plain = parse_plain_decimal(text)) return plain;
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || std::isnan(value)) return std::nullopt;
  if (overflowed(errno == ERANGE, value)) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_memory_size(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  const std::optional<std::uint64_t> unit = unit_bytes(text.substr(digits));
  if (!unit || digits > memory_digits_max) return std::nullopt;
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = 0;
  for (const char c : text.substr(0, digits))
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value))
      return most;
  return __builtin_mul_overflow(value, *unit, &value) ? most : value;
}

char* write_uint(char* out, std::uint64_t value) {
  char* const end = out + count_digits(value);
  char* at = end;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &digit_pairs[value % 100 * 2], 2);
    value /= 100;
  }
  if (value >= 10)
    std::memcpy(at - 2, &digit_pairs[value * 2], 2);
  else
    *(at - 1) = static_cast<char>('0' + value);
  return end;
}

char* write_int(char* out, std::int64_t value) {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return write_uint(out, magnitude);
}

std::string format_int(std::int64_t value) {
  std::array<char, max_int_digits> digits;
  return {digits.data(), write_int(digits.data(), value)};
}

std::string format_double(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  constexpr double exact_max = 0x1.0p62;  // as far as Redis prints all digits of an integer
  if (std::abs(value) <= exact_max && std::trunc(value) == value)
    return format_int(static_cast<std::int64_t>(value));
  const std::string magnitude = lay_out(shortest_decimal(std::abs(value)));
  return value < 0 ? '-' + magnitude : magnitude;
}

std::string format_long_double(long double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  if constexpr (LDBL_MANT_DIG == 64)
    if (auto text = format_fixed(value)) return *std::move(text);
  std::string text(static_cast<std::size_t>(std::snprintf(nullptr, 0, "%.17Lf", value)), '\0');
  std::snprintf(text.data(), text.size() + 1, "%.17Lf", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace respawn
