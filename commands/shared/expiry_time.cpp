#include "commands/shared/expiry_time.hpp"

#include <algorithm>

namespace respawn::commands {

Result<std::int64_t> to_any_expiry_ms(const Execution& x, std::string_view text, TimeUnit unit) {
  auto parsed = to_integer(text);
  if (!parsed) return parsed;
  std::int64_t at_ms = *parsed;
  if ((unit.seconds && __builtin_mul_overflow(at_ms, std::int64_t{1000}, &at_ms)) ||
      (!unit.absolute && __builtin_add_overflow(at_ms, x.now_ms(), &at_ms)))
    return failure(errors::invalid_expire_time(x.spec().name));
  return std::min(at_ms, expiry_max_ms);
}

Result<std::int64_t> to_expiry_ms(const Execution& x, std::string_view text, TimeUnit unit) {
  auto given = to_integer(text);
  if (!given) return given;
  if (*given <= 0) return failure(errors::invalid_expire_time(x.spec().name));
  return to_any_expiry_ms(x, text, unit);
}

}  // namespace respawn::commands
