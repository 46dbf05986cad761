#include "engine/run/log_opening.hpp"

#include "engine/run/log_base.hpp"
#include "engine/run/log_replay.hpp"

namespace respawn::engine {

namespace {

using persistence::LogDirectory;
using persistence::LogManifest;

Status replay(Environment& environment, const LogDirectory& directory,
              const LogManifest& manifest) {
  LogReplay receiver(environment);
  const std::int64_t begun_us = environment.clock.monotonic_us();
  auto loaded = persistence::load_log(directory, manifest,
                                      environment.config().aof_load_truncated, receiver);
  if (!loaded) return failure(loaded.error());
  const std::int64_t took_ms = (environment.clock.monotonic_us() - begun_us) / 1000;
  environment.services.log.write(LogLevel::notice,
                     "DB loaded from append only file: " + std::to_string(took_ms / 1000) + "." +
                         std::to_string(1000 + took_ms % 1000).substr(1) + " seconds");
  return success();
}

}  // namespace

Status open_append_log(Environment& environment, FileSystem& files, persistence::LogDisk& disk) {
  Store& store = environment.store;
  const config::Config& config = *store.config;
  const LogDirectory directory(files, config.appenddirname, config.appendfilename);
  auto manifest = directory.load();
  if (!manifest) return failure(manifest.error());
  if (!config.appendonly) {
    disk.use(directory, std::move(*manifest));
    return success();
  }
  if (Status adopted = directory.adopt_old_file(*manifest); !adopted) return adopted;
  const bool is_new = manifest->empty();
  if (!is_new)
    if (Status loaded = replay(environment, directory, *manifest); !loaded)
      return loaded;
  disk.use(directory, std::move(*manifest));
  std::optional<persistence::LogWork> base;
  if (is_new) base = base_of(store);
  if (Status opened = disk.open(std::move(base)); !opened) return opened;
  store.log.open(config);
  return success();
}

}  // namespace respawn::engine
