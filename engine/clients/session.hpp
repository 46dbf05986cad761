// One client: where it comes from, what it has become, and the batch of commands it has in flight.
#pragma once

#include <memory>

#include "engine/clients/batch.hpp"
#include "engine/clients/client_origin.hpp"
#include "engine/clients/client_state.hpp"
#include "engine/clients/socket_facts.hpp"

namespace respawn::engine {

/// Shared by one connection actor and the keyspace actor; each part says who may read and write it
/// when: the origin is constant, the state belongs to the keyspace, the facts are atomic, the batch
/// is handed to and fro. Nothing plain is ever written by one of them while the other may read it.
struct Session : ClientOrigin, ClientState {
  SocketFacts facts;
  Batch batch;

  /// Whether the keyspace actor may touch the batch beside `state` and `generation`; for that
  /// actor. A batch that its predecessor was executing is the connection's.
  [[nodiscard]] bool keyspace_holds_batch() const {
    switch (batch.state.load(std::memory_order_acquire)) {
      case Batch::State::executing:
        return batch.generation.load(std::memory_order_relaxed) == keyspace_generation;
      case Batch::State::parked:
      case Batch::State::answered:
        return true;
      case Batch::State::idle:
      case Batch::State::queued:
      case Batch::State::done:
        return false;
    }
    return false;
  }
};

using SessionPtr = std::shared_ptr<Session>;

/// Whether `timeout` closes the client when it is idle: not who waits, who is told of things
/// (subscribers, monitors), and who replays.
[[nodiscard]] inline bool may_time_out(const Session& session) {
  return !session.blocked.active && session.held == 0 && session.subscription_count() == 0 &&
         !session.monitor && !session.applying;
}

}  // namespace respawn::engine
