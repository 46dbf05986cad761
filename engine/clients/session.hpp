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

  /// The client for whom its commands run: itself, or whose script they are of.
  [[nodiscard]] const Session& caller() const { return script_of ? *script_of : *this; }
};

/// What a command of this client may do: EXEC also what the commands of its queue may.
[[nodiscard]] inline Flags effective_flags(const Session& session, const CommandSpec& spec) {
  return spec.flags.has(Flag::runs_queue) ? spec.flags | session.transaction.queue.flags()
                                          : spec.flags;
}

/// Whether the client is one of the many whose commands run as they come.
[[nodiscard]] inline bool is_unhindered(const Session& session) {
  // Without branches: they are all false, or the exception.
  const unsigned hindrances = unsigned{!session.authenticated} | unsigned{session.restricted} |
                              unsigned{session.monitor} |
                              unsigned{session.facts.subscriber.load(std::memory_order_relaxed)} |
                              unsigned{session.transaction.queues()};
  return hindrances == 0;
}

using SessionPtr = std::shared_ptr<Session>;

/// Whether `timeout` closes the client when it is idle: not who waits, who is told of things
/// (subscribers, monitors), and who replays.
[[nodiscard]] inline bool may_time_out(const Session& session) {
  return !session.blocked.active && session.held == 0 && session.subscription_count() == 0 &&
         !session.monitor && !session.applying;
}

}  // namespace respawn::engine
