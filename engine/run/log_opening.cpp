#include "engine/run/log_opening.hpp"

#include "engine/run/base_job.hpp"
#include "engine/run/log_replay.hpp"

namespace respawn::engine {

using persistence::LogDirectory;
using persistence::LogWork;

LogDirectory log_directory(const config::Config& config, FileSystem& files) {
  return {files, config.appenddirname, config.appendfilename};
}

Status find_log(const config::Config& config, FileSystem& files, persistence::LogDisk& disk) {
  LogDirectory directory = log_directory(config, files);
  auto manifest = directory.load();
  if (!manifest) return failure(manifest.error());
  if (config.appendonly)
    if (Status adopted = directory.adopt_old_file(*manifest); !adopted) return adopted;
  disk.use(std::move(directory), std::move(*manifest));
  return success();
}

Status begin_log(Environment& environment, persistence::LogDisk& disk) {
  std::optional<LogWork> base;
  if (disk.manifest().empty()) {
    BaseJob job(environment, true);
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
  if (Status found = find_log(config, files, disk); !found) return found;
  if (!config.appendonly) return success();
  LogReplay replay(environment, make_applying_session(environment.store));
  auto loaded = persistence::load_log(log_directory(config, files), disk.manifest(),
                                      config.aof_load_truncated, replay);
  if (!loaded) return failure(loaded.error());
  return begin_log(environment, disk);
}

}  // namespace respawn::engine
