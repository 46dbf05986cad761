// Waiting for a condition with a deadline: what tests do instead of sleeping for luck.
#pragma once

#include <chrono>
#include <thread>

namespace respawn::support {

using Milliseconds = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

/// How long a test waits for what should happen at once, before it calls that a failure. Generous,
/// because sanitizers and loaded machines are slow; no passing test ever waits that long.
inline constexpr Milliseconds patience{20'000};

/// Asks `condition` every millisecond until it holds (true) or the deadline passed (false).
template <class Condition>
[[nodiscard]] bool wait_until(Condition condition, Milliseconds deadline = patience) {
  const auto end = SteadyClock::now() + deadline;
  while (!condition()) {
    if (SteadyClock::now() >= end) return condition();
    std::this_thread::sleep_for(Milliseconds(1));
  }
  return true;
}

/// Milliseconds since `start`.
inline double elapsed_ms(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

}  // namespace respawn::support
