#include "engine/run/base_job.hpp"

#include <unistd.h>

#include <utility>

#include "engine/run/environment.hpp"
#include "engine/run/saving.hpp"
#include "persistence/append_log/unit_encoder.hpp"

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
  if (config.aof_use_rdb_preamble) {
    persistence::RdbSnapshotOptions options = snapshot_options(environment);
    options.facts.base_of_log = true;
    rdb_ = std::make_unique<persistence::RdbSnapshot>(environment.store.databases, std::move(plan),
                                                      std::move(options), functions);
    return;
  }
  plan.sink.checksum = false;
  plan.has_footer = false;
  const std::string head =
      config.aof_timestamp_enabled
          ? persistence::time_annotation(environment.clock.wall_us() / 1'000'000)
          : "";
  commands_ = std::make_unique<persistence::CommandSnapshot>(environment.store.databases,
                                                             std::move(plan), functions, head);
}

void BaseJob::run_to_end() {
  // Whether it went well is in the file's state.
  if (rdb_)
    (void)rdb_->run_to_end().ok();
  else
    commands_->run_to_end();
}

}  // namespace respawn::engine
