// Commands that take time, where time is moved by hand.
#pragma once

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {

/// From the next command on, each takes `us`, until it is set again.
class SlowHandlers final : public engine::StepProbe {
 public:
  explicit SlowHandlers(Server& server) : server_(server) { server.store.probe = this; }

  ~SlowHandlers() override { server_.store.probe = nullptr; }

  SlowHandlers(const SlowHandlers&) = delete;
  SlowHandlers& operator=(const SlowHandlers&) = delete;

  void at(engine::Step step) override {
    if (step == slow) server_.clock.advance_us(us);
  }

  engine::Step slow = engine::Step::handler;
  std::int64_t us = 0;

 private:
  Server& server_;
};

}  // namespace respawn::commands::test
