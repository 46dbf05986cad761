#include "engine/run/publish.hpp"

namespace respawn::engine {

std::optional<config::Refusal> publish(Store& store, ConfigurationService& world,
                                       const config::PreparedChange& change) {
  if (change.changes.empty()) return std::nullopt;
  if (auto refusal = world.apply(*store.config, change)) return refusal;
  store.config = std::make_shared<const config::Config>(change.config);
  world.announce(store.config, change.changes);
  return std::nullopt;
}

}  // namespace respawn::engine
