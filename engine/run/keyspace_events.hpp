// Keyspace notifications: subscribers hear what happened to keys.
#pragma once

#include <span>

#include "engine/run/effects.hpp"
#include "engine/run/environment.hpp"

namespace respawn::engine {

/// Publishes those that `notify-keyspace-events` asks for, in their order.
void tell_events(Environment& environment, std::span<const KeyEvent> events);

}  // namespace respawn::engine
