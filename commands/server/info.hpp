// INFO: what the server says about itself, by sections.
#pragma once

#include <cstdint>
#include <string>

#include "commands/families.hpp"
#include "engine/run/environment.hpp"

namespace respawn::commands {

/// The sections named (in any case), in INFO's own order; "default", "all" and "everything" name
/// several, no name means default. Unknown names yield nothing. Lines end in CR LF, and an empty
/// line stands between sections. O(commands + databases), with the clients section O(clients).
[[nodiscard]] std::string info_text(Environment& environment, Args sections, std::int64_t now_us);

}  // namespace respawn::commands
