#include "engine/run/log_opening.hpp"

#include "engine/run/base_job.hpp"
#include "engine/run/log_replay.hpp"

namespace respawn::engine {

using persistence::LogDirectory;
using persistence::LogManifest;
using persistence::LogWork;

LogDirectory log_directory(const config::Config& config, FileSystem& files) {
  return {files, config.appenddirname, config.appendfilename};
}

Result<LogManifest> find_log(const config::Config& config, FileSystem& files) {
  const LogDirectory directory = log_directory(config, files);
  auto manifest = directory.load();
  if (!manifest || !config.appendonly) return manifest;
  if (Status adopted = directory.adopt_old_file(*manifest); !adopted)
    return failure(adopted.error());
  return manifest;
}

Status begin_log(Environment& environment, persistence::LogDisk& disk) {
  std::optional<LogWork> base;
  if (disk.manifest().empty()) {
    BaseJob job(environment);
    job.run_to_end();
    if (job.file().state() != BaseJob::State::done) return failure(job.file().error());
    base = LogWork{.kind = LogWork::Kind::base, .format = job.format(), .path = job.path()};
  }
  if (Status opened = disk.open(std::move(base)); !opened) return opened;
  environment.store.log.open(environment.config());
  return success();
}

Status open_append_log(Environment& environment, persistence::LogDisk& disk) {
  const config::Config& config = environment.config();
  FileSystem& files = environment.services.files;
  auto manifest = find_log(config, files);
  if (!manifest) return failure(manifest.error());
  const LogDirectory directory = log_directory(config, files);
  disk.use(directory, *manifest);
  if (!config.appendonly) return success();
  LogReplay replay(environment, make_applying_session(environment.store));
  if (auto loaded = persistence::load_log(directory, *manifest, config.aof_load_truncated, replay);
      !loaded)
    return failure(loaded.error());
  return begin_log(environment, disk);
}

}  // namespace respawn::engine
