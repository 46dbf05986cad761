// A session that knows its connection actor.
#pragma once

#include <caf/actor_addr.hpp>
#include <memory>

#include "actors/messages.hpp"
#include "engine/clients/session.hpp"
#include "net/loop_message.hpp"

namespace respawn::actors {

/// `connection` is constant once the session is known to the keyspace; weak, because the connection
/// holds the session.
struct ActorSession : engine::Session, std::enable_shared_from_this<ActorSession> {
  caf::actor_addr connection;

  // The two messages that a batch makes necessary, and that of what is published.
  net::LoopMessage<BatchSubmitted> batch_submitted;  // sent by the connection
  net::LoopMessage<BatchReturned> batch_returned;    // sent by the keyspace
  net::LoopMessage<ClientPushed> client_pushed;      // likewise
};

}  // namespace respawn::actors
