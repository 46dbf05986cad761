// How long requests took, from the side of those who sent them.
#pragma once

#include "base/histogram.hpp"

namespace respawn::engine {

/// A request is what one read of a socket delivered: often one command, pipelined several. Owner:
/// the store, so it outlives the keyspace actor. Only requests are counted of which it is known
/// when they arrived.
struct RequestTimes {
  Histogram wait_ns;  // from the arrival of the bytes until the first command began
  Histogram run_ns;   // its commands, without waits in between (BLPOP, CLIENT PAUSE, others' turns)

  void reset() {
    wait_ns.clear();
    run_ns.clear();
  }
};

}  // namespace respawn::engine
