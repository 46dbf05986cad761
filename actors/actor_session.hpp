// A session that knows its connection actor.
#pragma once

#include <caf/actor_addr.hpp>

#include "engine/clients/session.hpp"

namespace respawn::actors {

/// `connection` is constant once the session is known to the keyspace; weak, because the connection
/// holds the session.
struct ActorSession : engine::Session {
  caf::actor_addr connection;
};

}  // namespace respawn::actors
