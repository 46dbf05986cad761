// Numbers as Redis reads and prints them. Strict: no leading space, no plus sign, no leading zero,
// no trailing byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respawn {

/// A 64-bit signed integer in its canonical form ("-12", "0"); "", "+1", "01", "-0", " 1" are none.
/// O(length).
std::optional<std::int64_t> parse_int64(std::string_view text);

/// The same for an unsigned one.
std::optional<std::uint64_t> parse_uint64(std::string_view text);

/// A double as Redis' getDoubleFromObject reads it: whole text, strtod's syntax (hex floats, "inf",
/// "-Infinity" in any case), not NaN, no leading space, not empty; out of range (overflow) is none.
std::optional<double> parse_double(std::string_view text);

/// A long double for INCRBYFLOAT and blocking timeouts: strtold's syntax; NaN, leading space,
/// overflow and texts longer than 255 bytes are none.
std::optional<long double> parse_long_double(std::string_view text);

/// Bytes with an optional unit in any case: b, k, kb (1000 / 1024), m, mb, g, gb. "-1" and others
/// below 0 are none.
std::optional<std::uint64_t> parse_memory_size(std::string_view text);

/// Room for any 64-bit integer in decimal.
inline constexpr std::size_t max_int_digits = 21;

/// Writes `value` in decimal at `out` (room for max_int_digits) and returns the end.
char* write_int(char* out, std::int64_t value);
char* write_uint(char* out, std::uint64_t value);

std::string format_int(std::int64_t value);

/// Shortest text that reads back as the same double; "inf", "-inf", "nan"; integers without a
/// fraction; exponents as Redis 7.2 prints them.
std::string format_double(double value);

/// What INCRBYFLOAT stores and replies: 17 digits after the point, trailing zeros and a bare point
/// removed; "-0" becomes "0".
std::string format_long_double(long double value);

}  // namespace respawn
