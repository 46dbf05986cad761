#include "commands/shared/expiry_time.hpp"

#include <algorithm>

namespace respawn::commands {

bool ExpiryConditions::take(ArgCursor& at) {
  bool* const flags[] = {&nx, &xx, &gt, &lt};
  constexpr std::string_view words[] = {"NX", "XX", "GT", "LT"};
  for (std::size_t i = 0; i < std::size(words); ++i)
    if (at.take(words[i])) return *flags[i] = true;
  return false;
}

bool ExpiryConditions::allow(std::int64_t before_ms, std::int64_t at_ms) const {
  if (nx && before_ms != keyspace::never) return false;
  if (xx && before_ms == keyspace::never) return false;
  if (gt && at_ms <= before_ms) return false;
  return !lt || at_ms < before_ms;
}

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
