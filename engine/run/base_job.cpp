#include "engine/run/base_job.hpp"

#include <unistd.h>

#include <utility>

#include "engine/run/environment.hpp"
#include "engine/run/saving.hpp"
#include "persistence/append_log/command_snapshot.hpp"
#include "persistence/append_log/unit_encoder.hpp"
#include "persistence/snapshot/rdb_snapshot.hpp"

namespace respawn::engine {

namespace {

constexpr std::uint64_t base_sync_every_bytes = std::uint64_t{32} << 20;

}  // namespace

BaseJob::BaseJob(Environment& environment, bool awaited) {
  const config::Config& config = environment.config();
  const std::string number = std::to_string(::getpid());
  // In `dir`: the log's own directory may not be there yet.
  path_ = config.dir + "/temp-rewriteaof-bg-" + number + ".aof";
  const std::uint64_t sync_every = config.aof_rewrite_incremental_fsync ? base_sync_every_bytes : 0;
  persistence::BackgroundFilePlan plan{
      .files = environment.services.files,
      .temporary = config.dir + "/temp-rewriteaof-" + number + ".aof",
      .path = path_,
      .sink = {.checksum = config.rdbchecksum, .sync_every_bytes = sync_every},
      .compress = config.rdbcompression,
      .awaited = awaited};
  const auto functions = [&](const std::function<void(std::string_view)>& write) {
    if (environment.store.scripts) environment.store.scripts->for_each_library(write);
  };
  const auto walk =
      awaited ? persistence::WalkKind::at_rest : persistence::WalkKind::beside_changes;
  keyspace::Databases& data = environment.store.databases;
  if (config.aof_use_rdb_preamble) {
    format_ = persistence::BaseFormat::rdb;
    persistence::RdbSnapshotOptions options = snapshot_options(environment);
    options.facts.base_of_log = true;
    options.walk = walk;
    snapshot_ = std::make_unique<persistence::RdbSnapshot>(data, std::move(plan),
                                                           std::move(options), functions);
    return;
  }
  format_ = persistence::BaseFormat::commands;
  plan.sink.checksum = false;
  plan.has_footer = false;
  const std::string head =
      config.aof_timestamp_enabled
          ? persistence::time_annotation(environment.clock.wall_us() / 1'000'000)
          : "";
  snapshot_ = std::make_unique<persistence::CommandSnapshot>(
      data, std::move(plan), functions,
      persistence::CommandSnapshot::Options{
          .head = head, .delay_us = config.rdb_key_save_delay_us, .walk = walk});
}

}  // namespace respawn::engine
