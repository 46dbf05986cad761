// Ends the keyspace actor at a step of execution.
#pragma once

#include <cstddef>
#include <optional>

#include "base/check.hpp"
#include "engine/run/steps.hpp"

namespace respawn::actors::test {

/// Fails once, at the n-th step from now on.
class CrashAt final : public engine::StepProbe {
 public:
  explicit CrashAt(std::size_t n) : left_(n) {}

  void at(engine::Step step) override {
    if (failed_) return;
    if (left_-- > 0) return;
    failed_ = step;
    RESPAWN_CHECK(!"a step that fails");
  }

  [[nodiscard]] const std::optional<engine::Step>& failed() const { return failed_; }

 private:
  std::size_t left_;
  std::optional<engine::Step> failed_;
};

}  // namespace respawn::actors::test
