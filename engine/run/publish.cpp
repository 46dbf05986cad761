#include "engine/run/publish.hpp"

#include <utility>

#include "engine/run/rights.hpp"

namespace respawn::engine {

std::optional<config::Refusal> publish(Store& store, ConfigurationService& world,
                                       config::PreparedChange change) {
  if (change.changes.empty()) return std::nullopt;
  if (auto refusal = world.apply(*store.config, change)) return refusal;
  if (change.config.requirepass != store.config->requirepass)
    follow_requirepass(store, change.config);
  store.put_in_force(std::make_shared<const config::Config>(std::move(change.config)));
  world.announce(store.config, change.changes);
  return std::nullopt;
}

}  // namespace respawn::engine
