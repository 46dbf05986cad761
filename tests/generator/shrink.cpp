#include "tests/generator/shrink.hpp"

#include <algorithm>
#include <utility>

namespace respawn::generator {

namespace {

/// What comes behind the difference does not matter.
void cut_behind(Shrunk& shrunk) {
  if (shrunk.failure.index < shrunk.commands.size())
    shrunk.commands.resize(shrunk.failure.index + 1);
}

std::vector<Command> without(const std::vector<Command>& commands, std::size_t from,
                             std::size_t count) {
  const auto at = [&](std::size_t index) {
    return commands.begin() + static_cast<std::ptrdiff_t>(std::min(index, commands.size()));
  };
  std::vector<Command> rest(commands.begin(), at(from));
  rest.insert(rest.end(), at(from + count), commands.end());
  return rest;
}

}  // namespace

Shrunk shrink(std::vector<Command> commands, Failure failure, const Play& play, int plays_max) {
  Shrunk shrunk{std::move(commands), std::move(failure)};
  cut_behind(shrunk);
  std::size_t part = std::max<std::size_t>(shrunk.commands.size() / 2, 1);
  for (;;) {
    bool smaller = false;
    for (std::size_t from = 0; from < shrunk.commands.size() && plays_max > 0; --plays_max) {
      std::vector<Command> rest = without(shrunk.commands, from, part);
      if (auto still = play(rest)) {
        shrunk = {std::move(rest), std::move(*still)};
        cut_behind(shrunk);
        smaller = true;
      } else {
        from += part;
      }
    }
    if (plays_max <= 0 || (part == 1 && !smaller)) return shrunk;
    if (!smaller || part > 1) part = std::max<std::size_t>(part / 2, 1);
  }
}

}  // namespace respawn::generator
