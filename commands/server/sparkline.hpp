// A series of numbers as a drawing of a few lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace respawn::commands {

struct LabelledValue {
  std::int64_t value = 0;
  std::string label;  // written downwards below the value
};

/// Four lines of bars from the lowest value to the highest, an empty one, and the labels; in blocks
/// of 80 columns with an empty line in between. Each line ends with a line feed. "" for no values.
[[nodiscard]] std::string sparkline(const std::vector<LabelledValue>& values);

}  // namespace respawn::commands
