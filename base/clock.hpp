// Time is passed in: everything that needs it takes a Clock, so that tests advance it by hand.
#pragma once

#include <cstdint>

namespace respawn {

/// Owner: the wiring; read by the thread of one event loop.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Wall clock, microseconds since 1970.
  [[nodiscard]] virtual std::int64_t wall_us() const = 0;

  /// Never goes back; microseconds since an arbitrary start.
  [[nodiscard]] virtual std::int64_t monotonic_us() const = 0;

  /// For measuring short spans: nanoseconds since an arbitrary start, as cheap as the machine can
  /// read them. May drift from the other two by some parts in a thousand.
  [[nodiscard]] virtual std::uint64_t stopwatch_ns() const = 0;
};

/// The system's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_us() const override;
  [[nodiscard]] std::int64_t monotonic_us() const override;
  /// The processor's cycle counter where it runs at a constant rate, else the monotonic clock.
  [[nodiscard]] std::uint64_t stopwatch_ns() const override;
};

/// Stands still until a test moves it. Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_us = 1'700'000'000'000'000) : wall_us_(wall_us) {}

  [[nodiscard]] std::int64_t wall_us() const override { return wall_us_; }

  [[nodiscard]] std::int64_t monotonic_us() const override { return monotonic_us_; }

  [[nodiscard]] std::uint64_t stopwatch_ns() const override {
    return static_cast<std::uint64_t>(monotonic_us_) * 1000;
  }

  void advance_us(std::int64_t us) {
    wall_us_ += us;
    monotonic_us_ += us;
  }

  void advance_ms(std::int64_t ms) { advance_us(ms * 1000); }

 private:
  std::int64_t wall_us_;
  std::int64_t monotonic_us_ = 0;
};

}  // namespace respawn
