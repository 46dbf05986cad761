// Which command a session means by a name.
#pragma once

#include "engine/clients/session.hpp"
#include "engine/table/registry.hpp"

namespace respawn::engine {

/// Clients use the names that rename-command gave. What is replayed was recorded under the rows'
/// own names, so that it can be run wherever other names are in use. Null when there is none.
inline Command* look_up(const Registry& registry, const Session& session, std::string_view name) {
  if (session.applying) [[unlikely]]
    return registry.find_original(name);
  return registry.find(name);
}

}  // namespace respawn::engine
