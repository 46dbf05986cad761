// Assertions that stay on in release builds: a broken invariant ends the actor, not the process.
#pragma once

#include <stdexcept>

namespace respawn {

/// Thrown by check(): the programmer's fault. Supervision turns it into a restart.
class CheckFailure : public std::logic_error {
  using std::logic_error::logic_error;
};

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace respawn

/// States an invariant; throws CheckFailure when it does not hold. Never compiled out.
#define RESPAWN_CHECK(condition)                               \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::respawn::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
