// The data as a base of the append log.
#pragma once

#include "persistence/append_log/log_tail.hpp"

namespace respawn::engine {

struct Store;

/// Libraries of functions and all databases as they are now, as commands. O(data).
[[nodiscard]] persistence::LogWork base_of(const Store& store);

}  // namespace respawn::engine
