#include "server/append_log_files.hpp"

#include "engine/run/executor.hpp"
#include "engine/run/log_base.hpp"
#include "engine/run/log_replay.hpp"

namespace respawn::server {

namespace {

using persistence::LogDirectory;
using persistence::LogManifest;

Status replay(engine::Store& store, engine::Services& services, const Clock& clock,
              const LogDirectory& directory, const LogManifest& manifest) {
  engine::Executor executor(store, services, clock);
  engine::LogReplay receiver(executor.environment());
  const std::int64_t begun_us = clock.monotonic_us();
  auto loaded = persistence::load_log(directory, manifest, store.config->aof_load_truncated,
                                      receiver);
  if (!loaded) return failure(loaded.error());
  const std::int64_t took_ms = (clock.monotonic_us() - begun_us) / 1000;
  services.log.write(engine::LogLevel::notice,
                     "DB loaded from append only file: " + std::to_string(took_ms / 1000) + "." +
                         std::to_string(1000 + took_ms % 1000).substr(1) + " seconds");
  return success();
}

}  // namespace

Status open_append_log(engine::Store& store, engine::Services& services, const Clock& clock,
                       persistence::LogDisk& disk) {
  const config::Config& config = *store.config;
  const LogDirectory directory(system_files(), config.appenddirname, config.appendfilename);
  auto manifest = directory.load();
  if (!manifest) return failure(manifest.error());
  if (!config.appendonly) {
    disk.use(directory, std::move(*manifest));
    return success();
  }
  if (Status adopted = directory.adopt_old_file(*manifest); !adopted) return adopted;
  const bool is_new = manifest->empty();
  if (!is_new)
    if (Status loaded = replay(store, services, clock, directory, *manifest); !loaded)
      return loaded;
  disk.use(directory, std::move(*manifest));
  std::optional<persistence::LogWork> base;
  if (is_new) base = engine::base_of(store);
  if (Status opened = disk.open(std::move(base)); !opened) return opened;
  store.log.open(config);
  return success();
}

}  // namespace respawn::server
