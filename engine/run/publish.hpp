// The one way in which a configuration comes into force: CONFIG SET and the reload of the file.
#pragma once

#include <optional>

#include "engine/run/environment.hpp"

namespace respawn::engine {

/// First the world around takes the change over, which it may refuse: then nothing has changed.
/// Then the keyspace has it, and last it is announced to everybody who keeps a copy. A change of
/// nothing bothers nobody.
[[nodiscard]] std::optional<config::Refusal> publish(Store& store, ConfigurationService& world,
                                                     config::PreparedChange change);

}  // namespace respawn::engine
