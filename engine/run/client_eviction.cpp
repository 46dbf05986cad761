#include "engine/run/client_eviction.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/clients/client_info.hpp"
#include "engine/clients/client_memory.hpp"

namespace respawn::engine {

namespace {

/// What it takes will soon be free.
bool is_leaving(const Session& session) {
  return session.close_now || session.facts.gone.load(std::memory_order_acquire);
}

}  // namespace

/// 0: none.
std::size_t ClientEviction::limit_bytes() const {
  const config::Config& config = environment_.config();
  const std::int64_t limit = config.maxmemory_clients;
  if (limit >= 0) return static_cast<std::size_t>(limit);
  return static_cast<std::size_t>(static_cast<double>(config.maxmemory_bytes) / 100.0 *
                                  static_cast<double>(-limit));
}

void ClientEviction::grew(Session& session) {
  if (!on()) return;
  if (seen_ != environment_.store.config) return look_at_all();
  if (is_leaving(session)) return;
  const std::size_t bytes = client_memory_bytes(session);
  sum_bytes_ += bytes - std::exchange(session.counted_bytes, bytes);  // unsigned: may be negative
  if (sum_bytes_ > limit_bytes()) look_at_all();
}

void ClientEviction::look_at_all() {
  const std::size_t limit = limit_bytes();
  if (limit == 0) return;
  seen_ = environment_.store.config;
  count_all();
  if (sum_bytes_ > limit) evict();
}

void ClientEviction::count_all() {
  sum_bytes_ = 0;
  for (const auto& [id, session] : environment_.store.clients.all()) {
    if (is_leaving(*session)) continue;
    session->counted_bytes = client_memory_bytes(*session);
    sum_bytes_ += session->counted_bytes;
  }
}

void ClientEviction::evict() {
  Store& store = environment_.store;
  const std::size_t limit = limit_bytes();
  std::vector<std::pair<std::size_t, Session*>> clients;
  for (const auto& [id, session] : store.clients.all())
    if (!is_leaving(*session) && !session->no_evict)
      clients.emplace_back(session->counted_bytes, session.get());
  std::ranges::sort(clients, std::greater<>());
  for (const auto& [bytes, session] : clients) {
    if (sum_bytes_ <= limit) break;
    sum_bytes_ -= bytes;
    ++store.statistics.clients_evicted;
    environment_.services.log.write(
        LogLevel::notice,
        "Evicting client: " + client_info(*session, environment_.clock.wall_us() / 1000));
    environment_.blocking.forget(*session);
    environment_.subscriptions.remove(*session);
    store.clients.kill(*session);
  }
}

}  // namespace respawn::engine
