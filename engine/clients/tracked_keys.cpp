#include "engine/clients/tracked_keys.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace respawn::engine {

TrackedKeys::~TrackedKeys() {
  while (const Tracked* tracked = keys_.drain()) delete tracked;
}

TrackedKeys::Tracked& TrackedKeys::enter(std::string_view key) {
  const std::uint64_t hash = keyspace::hash_bytes(key);
  if (Tracked* known = keys_.find(key, hash)) return *known;
  auto fresh = std::make_unique<Tracked>(Tracked{std::string(key), {}});
  keys_.insert(fresh.get(), hash);
  return *fresh.release();
}

void TrackedKeys::add(std::string_view key, std::uint64_t client) {
  Clients& clients = enter(key).clients;
  const auto place = std::lower_bound(clients.begin(), clients.end(), client);
  if (place != clients.end() && *place == client) return;
  clients.insert(place, client);
  ++items_;
}

TrackedKeys::Clients TrackedKeys::take(std::string_view key) {
  const std::uint64_t hash = keyspace::hash_bytes(key);
  const std::unique_ptr<Tracked> tracked(keys_.find(key, hash));
  if (!tracked) return {};
  keys_.erase(tracked.get(), hash);
  items_ -= tracked->clients.size();
  return std::move(tracked->clients);
}

std::size_t TrackedKeys::free_slice(std::size_t budget) noexcept {
  std::size_t freed = 0;
  for (; freed < budget; ++freed) {
    const Tracked* tracked = keys_.drain();
    if (tracked == nullptr) break;
    delete tracked;
  }
  return freed;
}

}  // namespace respawn::engine
