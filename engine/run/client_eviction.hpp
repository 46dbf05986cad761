// maxmemory-clients: the largest clients are closed while all of them together take too much.
#pragma once

#include "engine/run/environment.hpp"

namespace respawn::engine {

/// To be called ten times a second. Closes the largest clients, CLIENT NO-EVICT left out, until
/// what is left is within the limit; counts and logs each. O(clients), and O(n log n) when it
/// closes some.
void evict_clients(Environment& environment);

}  // namespace respawn::engine
