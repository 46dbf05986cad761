// Numbers as Redis reads and prints them. Strict: no leading space, no trailing byte; an integer
// has no plus sign and no leading zero.
#pragma once

#include <cstddef>
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
/// "-Infinity" in any case, a plus sign, leading zeros), not NaN, no leading space, not empty; none
/// when it overflows, or underflows to zero.
std::optional<double> parse_double(std::string_view text);

/// A long double for INCRBYFLOAT and blocking timeouts: strtold's syntax; NaN, leading space,
/// overflow, underflow to zero and texts longer than 5119 bytes (Redis' limit) are none.
std::optional<long double> parse_long_double(std::string_view text);

/// Bytes with an optional unit in any case: b, k, kb (1000 / 1024), m, mb, g, gb. As in Redis,
/// leading zeros are allowed, no digits at all mean 0, and what is below 0 is none. Too large a
/// number becomes the largest (Redis wraps round when the unit is what makes it too large).
std::optional<std::uint64_t> parse_memory_size(std::string_view text);

/// Room for any 64-bit integer in decimal.
inline constexpr std::size_t max_int_digits = 21;

/// Writes `value` in decimal at `out` (room for max_int_digits) and returns the end.
char* write_int(char* out, std::int64_t value);
char* write_uint(char* out, std::uint64_t value);

std::string format_int(std::int64_t value);

/// Shortest text that reads back as the same double; "inf", "-inf", "nan", "-0"; whole numbers up
/// to 2^62 with all their digits; exponents when and as Redis 7.2 prints them ("1e+19", "1.5e-7").
std::string format_double(double value);

/// What INCRBYFLOAT stores and replies: 17 digits after the point, trailing zeros and a bare point
/// removed; "-0" becomes "0".
std::string format_long_double(long double value);

}  // namespace respawn
