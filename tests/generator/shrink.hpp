// Makes a failing sequence small.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "tests/generator/duel.hpp"

namespace respawn::generator {

struct Shrunk {
  std::vector<Command> commands;
  Failure failure;
};

using Play = std::function<std::optional<Failure>(const std::vector<Command>&)>;

/// Leaves out ever smaller parts as long as the rest fails, too. `play` says whether, and where, a
/// sequence fails; `failure` is what it said of `commands`. Plays at most `plays_max` times.
[[nodiscard]] Shrunk shrink(std::vector<Command> commands, Failure failure, const Play& play,
                            int plays_max);

}  // namespace respawn::generator
