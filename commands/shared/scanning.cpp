#include "commands/shared/scanning.hpp"

#include <charconv>

namespace respawn::commands {

std::optional<std::uint64_t> parse_cursor(std::string_view text) {
  text = errors::up_to_nul(text);
  if (text.empty()) return 0;
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc{} || stop != end) return std::nullopt;
  return negative ? 0 - value : value;
}

Result<ScanOptions> parse_scan_options(Args args, std::size_t at, ScanOf what) {
  ScanOptions options;
  std::string_view pattern = any_text;
  for (ArgCursor cursor(args, at); !cursor.done();) {
    if (cursor.take("COUNT", 1)) {
      auto count = to_integer(cursor.next());
      if (!count) return failure(count.error());
      if (*count < 1) return failure(std::string(errors::syntax));
      options.count = *count;
    } else if (cursor.take("MATCH", 1)) {
      pattern = cursor.next();
    } else if (what == ScanOf::keys && cursor.take("TYPE", 1)) {
      options.type = cursor.next();
    } else if (what == ScanOf::fields && cursor.take("NOVALUES")) {
      options.no_values = true;
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  if (pattern != any_text) options.pattern.emplace(pattern);
  return options;
}

void reply_cursor(Execution& x, std::uint64_t next) {
  char digits[max_int_digits];
  x.reply.bulk({digits, static_cast<std::size_t>(write_uint(digits, next) - digits)});
}

}  // namespace respawn::commands
