// Places on the globe as numbers: cells of a grid, scores of sorted sets, distances.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace respawn::commands {

/// In degrees.
struct Place {
  double longitude = 0;
  double latitude = 0;
};

/// Beyond these there is no grid.
inline constexpr Place place_min{-180, -85.05112878};
inline constexpr Place place_max{180, 85.05112878};

[[nodiscard]] bool on_the_grid(const Place& place);

/// A cell of the grid that has 2^step columns (of longitude) and rows (of latitude). A place at the
/// very end of the grid is in a column or row of its own behind the last.
struct Cell {
  std::uint32_t column = 0;
  std::uint32_t row = 0;
  unsigned step = 0;

  bool operator==(const Cell&) const = default;
};

/// The finest grid; the bits of its columns and rows in turn are a score, which a double holds
/// exactly.
inline constexpr unsigned finest_step = 26;

/// A place that is on the grid.
[[nodiscard]] double score_of(const Place& place);

/// The middle of the cell that a score means. Any score means some cell, also one that is none of
/// score_of().
[[nodiscard]] Place place_of(double score);

/// Eleven characters in the usual geohash alphabet, of which the last is always the first of it.
[[nodiscard]] std::string geohash_text(const Place& place);

/// Along a great circle, in metres.
[[nodiscard]] double distance_m(const Place& a, const Place& b);

/// What is searched: a circle, or a box along the meridians. Metres.
struct GeoShape {
  Place center;
  bool box = false;
  double radius_m = 0;
  double width_m = 0;
  double height_m = 0;

  /// The distance from the centre if the place is within the shape.
  [[nodiscard]] std::optional<double> distance_within(const Place& place) const;
};

/// min <= score < max
struct ScoreSpan {
  double min = 0;
  double max = 0;
};

/// Cells that cover the shape, as spans of scores, in the order in which Redis looks at them (which
/// decides what a search for any few places finds). Huge shapes are covered only as far as Redis
/// does. No two spans overlap, but for what a tiny grid makes the same.
[[nodiscard]] std::vector<ScoreSpan> spans_covering(const GeoShape& shape);

}  // namespace respawn::commands
