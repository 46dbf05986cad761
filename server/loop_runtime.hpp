// Gives supervisors the time, timers and randomness of the event loop they live on.
#pragma once

#include "base/random.hpp"
#include "net/event_loop.hpp"
#include "supervision/runtime.hpp"

namespace respawn::server {

/// Owner: the supervisors of one loop, which is called on its thread only and outlives this.
class LoopRuntime final : public supervision::Runtime {
 public:
  explicit LoopRuntime(net::EventLoop& loop) : loop_(loop), random_(system_entropy()) {}

  [[nodiscard]] std::int64_t monotonic_ms() const override {
    return loop_.clock().monotonic_us() / 1000;
  }

  [[nodiscard]] std::int64_t wall_ms() const override { return loop_.clock().wall_us() / 1000; }

  [[nodiscard]] double random_unit() override { return random_.unit(); }

  TimerId schedule(std::int64_t delay_ms, std::function<void()> callback) override {
    return loop_.call_after(delay_ms * 1000, std::move(callback));
  }

  void cancel(TimerId timer) override { loop_.cancel(timer); }

 private:
  net::EventLoop& loop_;
  Random random_;
};

}  // namespace respawn::server
