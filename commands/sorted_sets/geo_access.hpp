// What the geo commands share: reading places and units, replying places and distances.
#pragma once

#include <string_view>

#include "commands/families.hpp"
#include "commands/sorted_sets/geohash.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

/// A pair of arguments, within the grid.
[[nodiscard]] Result<Place> to_place(std::string_view longitude, std::string_view latitude);

/// Metres of one M, KM, FT or MI.
[[nodiscard]] Result<double> to_unit_m(std::string_view unit);

/// An array of longitude and latitude.
void reply_place(Execution& x, const Place& place);

/// Four digits behind the point.
void reply_distance(Execution& x, double distance);

}  // namespace respawn::commands
