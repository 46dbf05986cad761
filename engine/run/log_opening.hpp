// The append log at the start of the process.
#pragma once

#include "base/file_system.hpp"
#include "engine/run/environment.hpp"
#include "persistence/append_log/log_disk.hpp"

namespace respawn::engine {

/// Where the configuration has the log.
[[nodiscard]] persistence::LogDirectory log_directory(const config::Config& config,
                                                      FileSystem& files);

/// Tells the disk's side which files there are; a log of the old kind, of one file, becomes one of
/// the present kind where a log is wanted. An error is for the user.
Status find_log(const config::Config& config, FileSystem& files, persistence::LogDisk& disk);

/// When all that the manifest names has been applied: the log goes on, or begins with the data as
/// it is. An error is for the user.
Status begin_log(Environment& environment, persistence::LogDisk& disk);

/// All of it at once, for who has nothing else to do meanwhile. The store is empty.
Status open_append_log(Environment& environment, persistence::LogDisk& disk);

}  // namespace respawn::engine
