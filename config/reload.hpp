// SIGHUP: reads the configuration again and says what has changed in the file since the last time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/change.hpp"
#include "config/load.hpp"

namespace respawn::config {

struct Reload {
  PreparedChange now;                      // what can change while the server runs
  std::vector<Change> needs_restart;       // what differs in the file but is settled at start
  std::vector<std::string> warnings;       // what has no effect, and what stays as it is
  std::vector<Directive> directives;       // as of now; those of the start are in force
  std::shared_ptr<const Reading> reading;  // becomes the last one when `now` is in force
};

/// All or nothing: any error in the file rejects all of it and leaves `running` in force. Options
/// of the command line win over the file, as at start. Needs a file, and that standard input was no
/// part of the configuration.
///
/// Only what changed in the file since `source.reading` is taken over: what CONFIG SET has set
/// since then stays. A line that is gone never lets in who was kept out (Option::opens): such an
/// option stays as it is until the file states another value.
Result<Reload> reload(const Config& running, const Source& source, const Files& files);

/// Reads the file again behind a CONFIG REWRITE, so that the next reload compares with what was
/// written. Null when it cannot be read: then the last reading stays the one to compare with.
std::shared_ptr<const Reading> read_again(const Source& source, const Files& files);

}  // namespace respawn::config
