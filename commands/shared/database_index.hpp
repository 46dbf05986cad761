// The number of a database among a command's arguments.
#pragma once

#include <cstdint>
#include <string_view>

#include "commands/families.hpp"

namespace respawn::commands {

[[nodiscard]] inline bool has_database(const Execution& x, std::int64_t index) {
  return index >= 0 && index < x.config().databases;
}

/// Of one that there is, or Redis's error.
[[nodiscard]] Result<int> to_database_index(const Execution& x, std::string_view text);

}  // namespace respawn::commands
