// One random command, and how two servers' replies to it are held against each other.
#pragma once

#include <string>
#include <vector>

#include "tests/differential/script.hpp"

namespace respawn::generator {

using Words = std::vector<std::string>;

struct Command {
  /// Sent first: what makes the reply depend on the data alone.
  std::vector<Words> before{};
  Words words{};
  /// Sent behind: removes what chance has left.
  std::vector<Words> after{};
  differential::Comparison how{};
  /// The reply is OBJECT ENCODING's: listed pairs of names count as equal.
  bool encoding = false;
};

}  // namespace respawn::generator
