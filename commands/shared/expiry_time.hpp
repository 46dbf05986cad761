// Points in time that commands are given: seconds or milliseconds, from now on or since 1970.
#pragma once

#include <cstdint>
#include <string_view>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

/// How EX, PX, EXAT, PXAT (and the names of EXPIRE's family) count.
struct TimeUnit {
  bool seconds = false;
  bool absolute = false;
};

/// NX, XX, GT, LT: whether a key or a field with such an expiry may get another one.
struct ExpiryConditions {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;

  /// Steps over one of the words; false when there is none.
  bool take(ArgCursor& at);

  [[nodiscard]] bool any() const { return nx || xx || gt || lt; }

  /// What has no expiry (`before_ms`: never) lives for ever: longer than any other.
  [[nodiscard]] bool allow(std::int64_t before_ms, std::int64_t at_ms) const;
};

/// The latest time that can be stored; what is beyond it is as good as never.
inline constexpr std::int64_t expiry_max_ms = keyspace::never - 1;

/// SET's and GETEX's options: greater than 0, or "invalid expire time in '<command>' command".
Result<std::int64_t> to_expiry_ms(const Execution& x, std::string_view text, TimeUnit unit);

/// EXPIRE's family: may be in the past, too.
Result<std::int64_t> to_any_expiry_ms(const Execution& x, std::string_view text, TimeUnit unit);

}  // namespace respawn::commands
