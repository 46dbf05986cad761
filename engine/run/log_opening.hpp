// The append log at the start of the process.
#pragma once

#include "base/file_system.hpp"
#include "engine/run/environment.hpp"
#include "persistence/append_log/log_disk.hpp"

namespace respawn::engine {

/// Loads what the files in `dir` hold into the store, which is empty, and goes on with them; where
/// the configuration wants no log, only looks which files there are. An error is for the user, and
/// nothing has been written then.
Status open_append_log(Environment& environment, FileSystem& files, persistence::LogDisk& disk);

}  // namespace respawn::engine
