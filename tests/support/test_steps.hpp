// How long a randomized test is.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "base/numbers.hpp"

namespace respawn::support {

/// Steps of a test of cuts: `usual`, or RESPAWN_CUT_STEPS in a longer run.
inline std::uint64_t cut_steps(std::uint64_t usual) {
  const char* const text = std::getenv("RESPAWN_CUT_STEPS");
  return text == nullptr ? usual : parse_uint64(text).value();
}

}  // namespace respawn::support
