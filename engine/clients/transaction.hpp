// What MULTI and WATCH have made of a client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/clients/queued_commands.hpp"

namespace respawn::engine {

struct WatchedKey {
  int db = 0;
  std::string key;
  /// It was there when it was watched, but its time was over: that it goes away is no change.
  bool was_over = false;
};

/// Owner: the keyspace actor; outlives it as a part of the session. Ended by Watches::discard().
struct TransactionState {
  enum class Phase : std::uint8_t {
    none,
    queueing,  // since MULTI
    running,   // within EXEC
  };

  Phase phase = Phase::none;
  bool broken = false;   // a command was refused: EXEC will be
  bool touched = false;  // a watched key was changed: EXEC does nothing
  QueuedCommands queue;
  std::vector<WatchedKey> watched;  // entered and left by Watches

  [[nodiscard]] bool queues() const { return phase == Phase::queueing; }

  /// Of the arguments that wait.
  [[nodiscard]] std::size_t argument_bytes() const {
    return phase == Phase::none ? 0 : queue.argument_bytes();
  }

  /// Of the arguments that wait, and of what keeps them.
  [[nodiscard]] std::size_t memory_bytes() const {
    return phase == Phase::none ? 0 : queue.argument_bytes() + queue.overhead_bytes();
  }
};

}  // namespace respawn::engine
