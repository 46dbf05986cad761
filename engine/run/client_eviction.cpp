#include "engine/run/client_eviction.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/clients/client_info.hpp"
#include "engine/clients/client_memory.hpp"

namespace respawn::engine {

namespace {

/// 0: none.
std::size_t limit_bytes(const config::Config& config) {
  const std::int64_t limit = config.maxmemory_clients;
  if (limit >= 0) return static_cast<std::size_t>(limit);
  return static_cast<std::size_t>(static_cast<double>(config.maxmemory_bytes) / 100.0 *
                                  static_cast<double>(-limit));
}

}  // namespace

void evict_clients(Environment& environment) {
  Store& store = environment.store;
  const std::size_t limit = limit_bytes(*store.config);
  if (limit == 0) return;
  std::size_t sum = 0;
  std::vector<std::pair<std::size_t, Session*>> clients;
  for (const auto& [id, session] : store.clients.all()) {
    if (session->close_now) continue;
    const std::size_t bytes = client_memory_bytes(*session);
    sum += bytes;
    if (!session->no_evict) clients.emplace_back(bytes, session.get());
  }
  if (sum <= limit) return;
  std::ranges::sort(clients, std::greater<>());
  for (const auto& [bytes, session] : clients) {
    if (sum <= limit) break;
    sum -= bytes;
    ++store.statistics.clients_evicted;
    environment.services.log.write(
        LogLevel::notice,
        "Evicting client: " + client_info(*session, environment.clock.wall_us() / 1000));
    environment.blocking.forget(*session);
    environment.subscriptions.remove(*session);
    store.clients.kill(*session);
  }
}

}  // namespace respawn::engine
