// Makes a failing sequence small.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "tests/generator/duel.hpp"

namespace respawn::generator {

/// `Item`: what is left out as a whole; a failure's index is one of an item.
template <class Item>
struct Shrunk {
  std::vector<Item> items;
  Failure failure;

  /// What comes behind the difference does not matter.
  void cut_behind() {
    if (failure.index < items.size()) items.resize(failure.index + 1);
  }

  [[nodiscard]] std::vector<Item> without(std::size_t from, std::size_t count) const {
    const auto at = [&](std::size_t index) {
      return items.begin() + static_cast<std::ptrdiff_t>(std::min(index, items.size()));
    };
    std::vector<Item> rest(items.begin(), at(from));
    rest.insert(rest.end(), at(from + count), items.end());
    return rest;
  }
};

template <class Item>
using Play = std::function<std::optional<Failure>(const std::vector<Item>&)>;

/// Leaves out ever smaller parts as long as the rest fails, too. `play` says whether, and where, a
/// sequence fails; `failure` is what it said of `items`. Plays at most `plays_max` times.
template <class Item>
[[nodiscard]] Shrunk<Item> shrink(std::vector<Item> items, Failure failure, const Play<Item>& play,
                                  int plays_max) {
  Shrunk<Item> shrunk{std::move(items), std::move(failure)};
  shrunk.cut_behind();
  std::size_t part = std::max<std::size_t>(shrunk.items.size() / 2, 1);
  for (;;) {
    bool smaller = false;
    for (std::size_t from = 0; from < shrunk.items.size() && plays_max > 0; --plays_max) {
      std::vector<Item> rest = shrunk.without(from, part);
      if (auto still = play(rest)) {
        shrunk = {std::move(rest), std::move(*still)};
        shrunk.cut_behind();
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
