// Which arguments of a command are channels that it listens or publishes to.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/table/spec.hpp"

namespace respawn::engine {

struct FoundChannel {
  std::size_t position = 0;  // among the arguments, the command's name included
  bool is_pattern = false;
};

/// None for a command that has nothing to do with channels, or that leaves them. O(arguments).
[[nodiscard]] std::vector<FoundChannel> find_channels(const CommandSpec& spec, Args args);

}  // namespace respawn::engine
