// Time as commands see it: read from the system once per batch, within it from the stopwatch.
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace respawn::engine {

/// Owner: the executor. Stands still between two calls.
class UnitClock {
 public:
  explicit UnitClock(const Clock& clock) : clock_(clock) { read(); }

  /// Of the system.
  void read() {
    now_us_ = start_us_ = clock_.wall_us();
    now_ns_ = start_ns_ = clock_.stopwatch_ns();
  }

  /// Of the stopwatch; returns how long it stood still, in nanoseconds.
  std::uint64_t advance() {
    const std::uint64_t end_ns = clock_.stopwatch_ns();
    const std::uint64_t elapsed_ns = end_ns - now_ns_;
    now_ns_ = end_ns;
    now_us_ = start_us_ + static_cast<std::int64_t>((end_ns - start_ns_) / 1000);
    return elapsed_ns;
  }

  /// Wall clock.
  [[nodiscard]] std::int64_t now_us() const { return now_us_; }

  /// Stopwatch.
  [[nodiscard]] std::uint64_t now_ns() const { return now_ns_; }

  [[nodiscard]] const Clock& source() const { return clock_; }

 private:
  const Clock& clock_;
  std::int64_t start_us_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t now_ns_ = 0;
  std::int64_t now_us_ = 0;
};

}  // namespace respawn::engine
