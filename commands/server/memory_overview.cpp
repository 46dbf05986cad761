#include "commands/server/memory_overview.hpp"

#include <algorithm>

#include "engine/clients/client_memory.hpp"

namespace respawn::commands {

namespace {

std::uint64_t client_bytes(const ClientTable& clients) {
  std::uint64_t bytes = 0;
  for (const auto& [id, session] : clients.all()) bytes += client_memory_bytes(*session);
  return bytes;
}

}  // namespace

MemoryOverview memory_overview(Environment& environment) {
  Store& store = environment.store;
  MemoryOverview overview;
  overview.facts = environment.services.memory.facts();
  store.statistics.peak_memory = std::max(store.statistics.peak_memory, overview.facts.used);
  overview.peak = store.statistics.peak_memory;
  overview.clients = client_bytes(store.clients);
  overview.startup =
      std::min(environment.services.process.facts().startup_memory_bytes, overview.facts.used);
  std::uint64_t overhead = overview.startup + overview.clients;
  for (std::size_t i = 0; i < store.databases.count(); ++i)
    overhead += store.databases.at(i).overhead_bytes();
  overview.overhead = std::min(overhead, overview.facts.used);
  return overview;
}

}  // namespace respawn::commands
