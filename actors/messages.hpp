// Every message between Respawn's actors, with who sends it to whom. None leaves the process.
#pragma once

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>

#include "base/buffer.hpp"
#include "engine/clients/session.hpp"
#include "engine/run/services.hpp"

namespace respawn::actors {

/// connection -> keyspace: a client is there. Sent again to each new keyspace actor that does not
/// know it.
struct ClientConnected {
  engine::SessionPtr session;
};

/// connection -> keyspace: the client's socket is closed.
struct ClientLeft {
  engine::SessionPtr session;
};

/// connection -> keyspace: the client sends nothing more (session->facts.finished). What it sent
/// still runs; a batch that waits is given back, unanswered.
struct ClientFinished {
  engine::SessionPtr session;
};

/// connection -> keyspace: there is a limit on what clients take, and what the connection holds for
/// this one (session->facts) has grown.
struct ClientGrew {
  engine::SessionPtr session;
};

/// connection -> keyspace: session->batch holds commands to run (state: queued).
struct BatchSubmitted {
  engine::SessionPtr session;
};

/// keyspace -> connection: the batch is back, with its replies in its output.
struct BatchReturned {
  bool close = false;  // behind these replies
};

/// keyspace -> connection: bytes to send while a batch may be away: pub/sub messages, and the
/// replies of a batch that blocks or yields.
struct ClientPushed {
  std::shared_ptr<Buffer> bytes;
};

/// keyspace -> connection: the client was killed; close at once.
struct ClientKilled {};

/// keyspace directory -> connection: a new keyspace actor runs. What was queued with the old one is
/// submitted again, what ran in it is answered with an error.
struct KeyspaceStarted {
  caf::actor keyspace;
  std::uint64_t generation = 0;
};

/// keyspace directory -> connection: the configuration has changed in what a connection applies by
/// itself, and not only when it next reads it.
struct ConfigChanged {};

/// keyspace -> itself: a long batch goes on after others had their turn.
struct BatchYielded {
  engine::SessionPtr session;
};

/// keyspace -> disk actor: there is something to take out of the log's tail.
struct LogHandedOver {};

/// disk actor -> keyspace: the log is durable further than before, a rewrite has ended, or the disk
/// has failed: the tail says which.
struct LogAdvanced {};

/// signals -> keyspace: read the configuration file again.
struct ReloadRequested {};

/// signals -> keyspace: save what is to be saved, and end the server.
struct ShutdownRequested {
  engine::ShutdownRequest request;
};

/// a loading thread -> keyspace: there is a step in the load queue.
struct LoadAdvanced {};

}  // namespace respawn::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::ClientConnected)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::ClientLeft)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::ClientFinished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::ClientGrew)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::BatchSubmitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::BatchReturned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::ClientPushed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::ClientKilled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::KeyspaceStarted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::ConfigChanged)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::BatchYielded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::ReloadRequested)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::LogHandedOver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::LogAdvanced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::ShutdownRequested)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::LoadAdvanced)
