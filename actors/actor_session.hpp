// A session that knows its connection actor.
#pragma once

#include <caf/actor_addr.hpp>

#include "commands/session.hpp"

namespace respawn::actors {

/// `connection` is constant once the session is known to the keyspace; weak, because the connection
/// holds the session.
struct ActorSession : commands::Session {
  caf::actor_addr connection;
};

}  // namespace respawn::actors
