// What SCAN and its relatives (HSCAN, SSCAN, ZSCAN) share: cursors and options.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/glob.hpp"
#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

/// As strtoul reads it, which is how Redis does: a sign and leading zeros are allowed, nothing at
/// all is 0.
[[nodiscard]] std::optional<std::uint64_t> parse_cursor(std::string_view text);

inline constexpr std::string_view invalid_cursor = "ERR invalid cursor";

/// The pattern that is not compared at all: an empty text passes, too.
inline constexpr std::string_view any_text = "*";

struct ScanOptions {
  std::optional<Glob> pattern;           // none: any, also an empty text
  std::optional<std::string_view> type;  // none: any
  std::int64_t count = 10;
  bool no_values = false;

  /// Whether the text matches the pattern.
  [[nodiscard]] bool admits(std::string_view text) { return !pattern || pattern->matches(text); }
};

enum class ScanOf : std::uint8_t { keys, elements, fields };

/// The options from argument `at` on; only a scan of keys knows TYPE, only
/// one of fields NOVALUES.
[[nodiscard]] Result<ScanOptions> parse_scan_options(Args args, std::size_t at, ScanOf what);

/// The next cursor, as text, which is the first of the two elements of the reply.
void reply_cursor(Execution& x, std::uint64_t next);

}  // namespace respawn::commands
