// The children and supervisors that the policy's tests are about.
#pragma once

#include "tests/unit/supervision/policy_script.hpp"

namespace respawn::supervision {

// Without stop timers, so that the scripts stay short; timeouts have tests of their own.
inline constexpr ChildTraits permanent{.restart = RestartType::permanent,
                                       .shutdown = Shutdown::infinity()};
inline constexpr ChildTraits transient{.restart = RestartType::transient,
                                       .shutdown = Shutdown::infinity()};
inline constexpr ChildTraits temporary{.restart = RestartType::temporary,
                                       .shutdown = Shutdown::infinity()};

inline PolicyOptions options(Strategy strategy,
                             Intensity intensity = {.restarts = 3, .period_ms = 1000}) {
  return {.strategy = strategy, .intensity = intensity};
}

/// Three permanent children that are up.
inline PolicyScript three(Strategy strategy) {
  PolicyScript script(options(strategy), {permanent, permanent, permanent});
  script.up(3);
  return script;
}

/// Doubles from 100 ms up to a second; anew after five good seconds.
inline PolicyOptions backing_off(Strategy strategy) {
  return {.strategy = strategy,
          .intensity = {.restarts = 100, .period_ms = 100},
          .backoff = Backoff{
              .min_ms = 100, .max_ms = 1000, .factor = 2, .jitter = 0.5, .stable_ms = 5000}};
}

}  // namespace respawn::supervision
