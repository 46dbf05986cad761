// The state that outlives the keyspace actor, and what a command can reach of it.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "config/config.hpp"
#include "engine/clients/blocking.hpp"
#include "engine/clients/client_table.hpp"
#include "engine/clients/subscriptions.hpp"
#include "engine/run/services.hpp"
#include "engine/run/statistics.hpp"
#include "engine/table/registry.hpp"
#include "keyspace/databases.hpp"

namespace respawn::engine {

/// Everything that must survive a crash of the keyspace actor. Owner: the keeper (server/), which
/// lends it to one keyspace actor at a time.
struct Store {
  Store(std::shared_ptr<const config::Config> initial,
        std::span<const std::span<const CommandSpec>> families)
      : databases(static_cast<std::size_t>(initial->databases)),
        registry(families),
        config(std::move(initial)) {}

  keyspace::Databases databases;
  ClientTable clients;
  Statistics statistics;
  Registry registry;
  std::shared_ptr<const config::Config> config;
  Random random{system_entropy()};
  bool active_expire = true;
  std::size_t list_packed_threshold_bytes = keyspace::ListLimits{}.packed_threshold_bytes;
  std::string replication_id = random_hex(40);
  std::uint64_t generation = 0;  // of keyspace actors
};

/// Owner: the executor. References into the store and to the executor's derived tables.
struct Environment {
  Store& store;
  Subscriptions& subscriptions;
  Blocking& blocking;
  Services& services;
  const Clock& clock;

  [[nodiscard]] const config::Config& config() const { return *store.config; }
};

}  // namespace respawn::engine
