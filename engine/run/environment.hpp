// The state that outlives the keyspace actor, and what a command can reach of it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "access/denial_log.hpp"
#include "access/users.hpp"
#include "base/clock.hpp"
#include "base/collation.hpp"
#include "base/random.hpp"
#include "config/config.hpp"
#include "engine/clients/blocking.hpp"
#include "engine/clients/client_table.hpp"
#include "engine/clients/pause.hpp"
#include "engine/clients/subscriptions.hpp"
#include "engine/run/append_log.hpp"
#include "engine/run/command_runner.hpp"
#include "engine/run/latency_monitor.hpp"
#include "engine/run/loading.hpp"
#include "engine/run/long_unit.hpp"
#include "engine/run/request_times.hpp"
#include "engine/run/saving.hpp"
#include "engine/run/script_slot.hpp"
#include "engine/run/services.hpp"
#include "engine/run/slow_log.hpp"
#include "engine/run/statistics.hpp"
#include "engine/run/steps.hpp"
#include "engine/run/tracking.hpp"
#include "engine/run/unit_record.hpp"
#include "engine/run/watches.hpp"
#include "engine/table/errors.hpp"
#include "engine/table/registry_catalog.hpp"
#include "keyspace/databases.hpp"

namespace respawn::engine {

/// Everything that must survive a crash of the keyspace actor. Owner: the keeper (server/), which
/// lends it to one keyspace actor at a time.
struct Store {
  Store(std::shared_ptr<const config::Config> initial,
        std::span<const std::span<const CommandSpec>> families)
      : databases(static_cast<std::size_t>(initial->databases)),
        registry(families),
        config(std::move(initial)),
        limits_commands(has_limits(*config)) {
    if (!config->requirepass.empty()) users.set_default_password(config->requirepass, {catalog});
    tracking.limit_keys(config->tracking_table_max_keys);
  }

  keyspace::Databases databases;
  UnitRecord unit{databases};
  Watches watches{unit, databases};
  ClientTable clients;
  Statistics statistics;
  SlowLog slow_log;
  LatencyMonitor latency;
  RequestTimes request_times;
  Pause pause;
  Registry registry;
  RegistryCatalog catalog{registry};
  access::Users users{catalog};
  access::DenialLog denials;
  std::shared_ptr<const config::Config> config;
  Random random{system_entropy()};
  Tracking tracking{unit, clients, databases.garbage(), random};
  Collation collation;                // as locale-collate was when texts were last sorted
  LookupObserver* lookups = nullptr;  // null: nobody is told
  AppendLog log{unit, clients, lookups, databases.count()};
  bool active_expire = true;
  bool cron_paused = false;      // DEBUG PAUSE-CRON
  bool skips_checksums = false;  // DEBUG SET-SKIP-CHECKSUM-VALIDATION
  std::size_t list_packed_threshold_bytes = keyspace::ListLimits{}.packed_threshold_bytes;
  std::string replication_id = random_hex(40);
  std::uint64_t generation = 0;         // of keyspace actors
  StepProbe* probe = nullptr;           // of a test
  std::unique_ptr<ScriptSlot> scripts;  // null until the first script or function comes
  /// A unit runs longer than busy-reply-threshold: others are refused. The executor's.
  bool busy = false;
  Loading loading;
  Saving saving;
  std::optional<ShutdownRequest> shutdown_wanted;  // by a signal; waits for the end of a unit

  /// The configuration is this one from now on. Who changes it for the world, too, calls publish().
  void put_in_force(std::shared_ptr<const config::Config> now) {
    config = std::move(now);
    limits_commands = has_limits(*config);
    registry.look_again();
    tracking.limit_keys(config->tracking_table_max_keys);
    log.follow(*config);
    judge_writes();
  }

  /// Whether writes are refused because what is written cannot be saved, or not be logged. To be
  /// called when that may have changed.
  void judge_writes() { refuses_writes_ = cannot_save() || !log.failure().empty(); }

  [[nodiscard]] bool refuses_writes() const { return refuses_writes_; }

  /// What they are answered. Requires refuses_writes().
  [[nodiscard]] std::string write_refusal() const {
    return cannot_save() ? std::string(errors::cannot_save) : errors::cannot_log(log.failure());
  }

  /// Whether commands have to be looked at before they run, whoever sends them.
  [[nodiscard]] bool restrains() const {
    return limits_commands || pause.active() || busy || loading.active || refuses_writes_;
  }

 private:
  [[nodiscard]] bool cannot_save() const {
    return config->stop_writes_on_bgsave_error && !config->save.empty() && !saving.last_ok;
  }

  static bool has_limits(const config::Config& config) {
    return config.maxmemory_bytes != 0 || config.min_replicas_to_write != 0;
  }

  bool limits_commands;
  bool refuses_writes_ = false;
};

/// Owner: the executor. References into the store and to the executor's derived tables.
struct Environment {
  Store& store;
  Subscriptions& subscriptions;
  Blocking& blocking;
  Services& services;
  const Clock& clock;
  CommandRunner& runner;
  LongUnit& long_unit;
  /// Wall clock of the running unit (UnitRecord::now_us).
  std::int64_t& unit_now_us;

  [[nodiscard]] const config::Config& config() const { return *store.config; }

  [[gnu::always_inline]] void step(Step at) const {
    if (store.probe) [[unlikely]]
      store.probe->at(at);
  }
};

}  // namespace respawn::engine
