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
#include "engine/run/command_runner.hpp"
#include "engine/run/services.hpp"
#include "engine/run/statistics.hpp"
#include "engine/run/steps.hpp"
#include "engine/run/unit_record.hpp"
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
  UnitRecord unit{databases};
  ClientTable clients;
  Statistics statistics;
  Registry registry;
  std::shared_ptr<const config::Config> config;
  Random random{system_entropy()};
  bool active_expire = true;
  std::size_t list_packed_threshold_bytes = keyspace::ListLimits{}.packed_threshold_bytes;
  std::string replication_id = random_hex(40);
  std::uint64_t generation = 0;  // of keyspace actors
  StepProbe* probe = nullptr;    // of a test
};

/// Owner: the executor. References into the store and to the executor's derived tables.
struct Environment {
  Store& store;
  Subscriptions& subscriptions;
  Blocking& blocking;
  Services& services;
  const Clock& clock;
  CommandRunner& runner;
  /// Wall clock of the running unit; stands still within it.
  std::int64_t unit_now_us = 0;

  [[nodiscard]] const config::Config& config() const { return *store.config; }

  void step(Step at) const {
    if (store.probe) [[unlikely]]
      store.probe->at(at);
  }
};

}  // namespace respawn::engine
