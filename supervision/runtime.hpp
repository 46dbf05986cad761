// What a supervisor needs of the world around it: time, timers, randomness.
#pragma once

#include <cstdint>
#include <functional>

namespace respawn::supervision {

/// Owner: shared by the supervisors of one thread, called on that thread only.
class Runtime {
 public:
  using TimerId = std::uint64_t;

  virtual ~Runtime() = default;

  /// Never goes back.
  [[nodiscard]] virtual std::int64_t monotonic_ms() const = 0;

  /// Milliseconds since 1970.
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;

  /// Uniform in [0, 1).
  [[nodiscard]] virtual double random_unit() = 0;

  /// Calls `callback` once, not before `delay_ms` (> 0) have passed. The callback only enqueues a
  /// message to a weak address: it may run on any thread, in any context, and after the
  /// supervisor is gone; it does not throw.
  virtual TimerId schedule(std::int64_t delay_ms, std::function<void()> callback) = 0;

  /// Drops the callback. Unknown and fired ids are ignored.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace respawn::supervision
