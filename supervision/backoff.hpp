// Exponential back-off with jitter: how long to wait before trying again.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace respawn::supervision {

/// Delay before restart attempt k (from 0): base = min(max_ms, min_ms * factor^k), shortened by up
/// to jitter * base at random. k goes back to 0 when the child has run for stable_ms. Requires 0 <=
/// min_ms <= max_ms, factor >= 1, 0 <= jitter <= 1.
struct Backoff {
  std::int64_t min_ms = 100;
  std::int64_t max_ms = 10'000;
  double factor = 2.0;
  double jitter = 0.2;
  std::int64_t stable_ms = 10'000;
};

/// The delay before attempt `attempt` (from 0); `random_unit` is uniform in [0, 1).
inline std::int64_t backoff_delay_ms(const Backoff& backoff, std::uint32_t attempt,
                                     double random_unit) {
  const double grown = static_cast<double>(backoff.min_ms) * std::pow(backoff.factor, attempt);
  const double base = std::min(grown, static_cast<double>(backoff.max_ms));
  return static_cast<std::int64_t>(base * (1 - backoff.jitter * random_unit));
}

}  // namespace respawn::supervision
