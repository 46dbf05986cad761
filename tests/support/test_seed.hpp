// The seed of a randomized test: a new one in each run, or RESPAWN_TEST_SEED to repeat a failure.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "base/numbers.hpp"
#include "base/random.hpp"

namespace respawn::support {

/// Print it with SCOPED_TRACE, so that a failure can be repeated.
inline std::uint64_t test_seed() {
  const char* const text = std::getenv("RESPAWN_TEST_SEED");
  return text == nullptr ? system_entropy() : parse_uint64(text).value();
}

}  // namespace respawn::support
