// SIGHUP: reads the configuration again and says what differs from the running one.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "config/change.hpp"
#include "config/load.hpp"

namespace respawn::config {

struct Reload {
  PreparedChange now;                 // what can change while the server runs
  std::vector<Change> needs_restart;  // what differs in the file but is settled at start
};

/// All or nothing: any error in the file rejects all of it and leaves `running` in force. Options
/// of the command line win over the file, as at start. Needs a
/// file, and that standard input was no part of the configuration.
Result<Reload> reload(const Config& running, const Source& source, const Files& files);

}  // namespace respawn::config
