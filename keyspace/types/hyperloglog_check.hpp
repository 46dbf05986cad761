// Whether HyperLogLogs work on this machine (PFSELFTEST).
#pragma once

#include <cstddef>

#include "base/random.hpp"
#include "base/result.hpp"

namespace respawn::keyspace::hyperloglog {

/// Writes and reads registers, and counts up to 1,000,000 random elements in both encodings, which
/// must agree and be as near as the theory says. The error names what does not hold. Some 100 ms.
[[nodiscard]] Status check(Random& random, std::size_t sparse_max_bytes);

}  // namespace respawn::keyspace::hyperloglog
