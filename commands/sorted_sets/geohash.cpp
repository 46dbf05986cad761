#include "commands/sorted_sets/geohash.hpp"

#include <algorithm>
#include <cmath>

namespace respawn::commands {

namespace {

constexpr double earth_radius_m = 6372797.560856;
constexpr double mercator_max_m = 20037726.37;  // half the circumference, in the projection

double radians(double degrees) {
  constexpr double per_degree = M_PI / 180.0;
  return degrees * per_degree;
}

double degrees(double radians) {
  constexpr double per_degree = M_PI / 180.0;
  return radians / per_degree;
}

/// Bit i goes to bit 2 * i.
std::uint64_t spread(std::uint32_t bits) {
  std::uint64_t wide = bits;
  wide = (wide | wide << 16) & 0x0000ffff0000ffff;
  wide = (wide | wide << 8) & 0x00ff00ff00ff00ff;
  wide = (wide | wide << 4) & 0x0f0f0f0f0f0f0f0f;
  wide = (wide | wide << 2) & 0x3333333333333333;
  return (wide | wide << 1) & 0x5555555555555555;
}

/// Bit 2 * i goes to bit i.
std::uint32_t gather(std::uint64_t wide) {
  wide &= 0x5555555555555555;
  wide = (wide | wide >> 1) & 0x3333333333333333;
  wide = (wide | wide >> 2) & 0x0f0f0f0f0f0f0f0f;
  wide = (wide | wide >> 4) & 0x00ff00ff00ff00ff;
  wide = (wide | wide >> 8) & 0x0000ffff0000ffff;
  return static_cast<std::uint32_t>(wide | wide >> 16);
}

std::uint64_t bits_of(const Cell& cell) {
  return spread(cell.row) | spread(cell.column) << 1;
}

/// What x86-64 makes of any double.
std::uint64_t to_bits(double score) {
  constexpr double top = 9223372036854775808.0;  // 2^63
  constexpr std::uint64_t top_bit = std::uint64_t{1} << 63;
  if (score >= 2 * top) return 0;
  if (score >= top) return static_cast<std::uint64_t>(score);
  return score > -top ? static_cast<std::uint64_t>(static_cast<std::int64_t>(score)) : top_bit;
}

std::uint32_t index_of(double value, double min, double max, unsigned step) {
  return static_cast<std::uint32_t>((value - min) / (max - min) *
                                    static_cast<double>(std::uint64_t{1} << step));
}

/// The cell of a place in a grid between two corners.
Cell cell_of(const Place& place, unsigned step, const Place& min = place_min,
             const Place& max = place_max) {
  return {index_of(place.longitude, min.longitude, max.longitude, step),
          index_of(place.latitude, min.latitude, max.latitude, step), step};
}

double edge(std::uint32_t index, double min, double max, unsigned step) {
  return min + index * 1.0 / static_cast<double>(std::uint64_t{1} << step) * (max - min);
}

struct Area {
  Place min;
  Place max;
};

Area area_of(const Cell& cell) {
  const auto corner = [&](std::uint32_t column, std::uint32_t row) {
    return Place{edge(column, place_min.longitude, place_max.longitude, cell.step),
                 edge(row, place_min.latitude, place_max.latitude, cell.step)};
  };
  return {corner(cell.column, cell.row), corner(cell.column + 1, cell.row + 1)};
}

/// The cell some columns and rows away, round the globe.
Cell neighbor(Cell cell, int columns, int rows) {
  const std::uint32_t mask = (std::uint32_t{1} << cell.step) - 1;
  if (columns != 0) cell.column = (cell.column + static_cast<std::uint32_t>(columns)) & mask;
  if (rows != 0) cell.row = (cell.row + static_cast<std::uint32_t>(rows)) & mask;
  return cell;
}

/// How fine the grid may be so that a cell and its neighbours cover the circle in most cases.
unsigned step_for(double radius_m, double latitude) {
  if (radius_m == 0) return finest_step;
  int step = 1;
  for (; radius_m < mercator_max_m; radius_m *= 2) ++step;
  step -= 2;
  // Cells are narrow towards the poles.
  if (std::abs(latitude) > 66) --step;
  if (std::abs(latitude) > 80) --step;
  return static_cast<unsigned>(std::clamp(step, 1, static_cast<int>(finest_step)));
}

Area bounds_of(const GeoShape& shape) {
  const Place& center = shape.center;
  const double height_m = shape.box ? shape.height_m / 2 : shape.radius_m;
  const double width_m = shape.box ? shape.width_m / 2 : shape.radius_m;
  const double rise = degrees(height_m / earth_radius_m);
  // Degrees of longitude are shortest on the side of the pole.
  const double widest = center.latitude < 0 ? center.latitude - rise : center.latitude + rise;
  const double reach = degrees(width_m / earth_radius_m / std::cos(radians(widest)));
  return {{center.longitude - reach, center.latitude - rise},
          {center.longitude + reach, center.latitude + rise}};
}

/// Whether a cell with its four nearest neighbours reaches as far as the bounds.
bool covers(const Cell& cell, const Area& bounds) {
  return !(area_of(neighbor(cell, 0, 1)).max.latitude < bounds.max.latitude ||
           area_of(neighbor(cell, 0, -1)).min.latitude > bounds.min.latitude ||
           area_of(neighbor(cell, 1, 0)).max.longitude < bounds.max.longitude ||
           area_of(neighbor(cell, -1, 0)).min.longitude > bounds.min.longitude);
}

ScoreSpan span_of(const Cell& cell) {
  const unsigned shift = 2 * (finest_step - cell.step);
  const std::uint64_t bits = bits_of(cell);
  return {static_cast<double>(bits << shift), static_cast<double>((bits + 1) << shift)};
}

double radius_around(const GeoShape& shape) {
  if (!shape.box) return shape.radius_m;
  const double half_width = shape.width_m / 2;
  const double half_height = shape.height_m / 2;
  return std::sqrt(half_width * half_width + half_height * half_height);
}

double distance_of_latitudes_m(double a, double b) {
  return earth_radius_m * std::abs(radians(b) - radians(a));
}

}  // namespace

bool on_the_grid(const Place& place) {
  return place.longitude >= place_min.longitude && place.longitude <= place_max.longitude &&
         place.latitude >= place_min.latitude && place.latitude <= place_max.latitude;
}

double score_of(const Place& place) {
  return static_cast<double>(bits_of(cell_of(place, finest_step)));
}

Place place_of(double score) {
  const std::uint64_t bits = to_bits(score);
  const Area area = area_of({gather(bits >> 1), gather(bits), finest_step});
  return {std::clamp((area.min.longitude + area.max.longitude) / 2, place_min.longitude,
                     place_max.longitude),
          std::clamp((area.min.latitude + area.max.latitude) / 2, place_min.latitude,
                     place_max.latitude)};
}

std::string geohash_text(const Place& place) {
  constexpr std::string_view alphabet = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr std::size_t characters = 11;
  const std::uint64_t bits = bits_of(cell_of(place, finest_step, {-180, -90}, {180, 90}));
  std::string text(characters, alphabet[0]);
  for (unsigned i = 0; i + 1 < characters; ++i)
    text[i] = alphabet[bits >> (2 * finest_step - (i + 1) * 5) & 0x1f];
  return text;
}

/// By haversines.
double distance_m(const Place& a, const Place& b) {
  const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (v == 0) return distance_of_latitudes_m(a.latitude, b.latitude);
  const double from = radians(a.latitude);
  const double to = radians(b.latitude);
  const double u = std::sin((to - from) / 2);
  const double h = u * u + std::cos(from) * std::cos(to) * v * v;
  return 2.0 * earth_radius_m * std::asin(std::sqrt(h));
}

std::optional<double> GeoShape::distance_within(const Place& place) const {
  if (box) {
    if (distance_of_latitudes_m(place.latitude, center.latitude) > height_m / 2)
      return std::nullopt;
    const Place same_latitude{center.longitude, place.latitude};
    if (distance_m(place, same_latitude) > width_m / 2) return std::nullopt;
    return distance_m(center, place);
  }
  const double distance = distance_m(center, place);
  return distance > radius_m ? std::nullopt : std::optional(distance);
}

std::vector<ScoreSpan> spans_covering(const GeoShape& shape) {
  const Area bounds = bounds_of(shape);
  unsigned step = step_for(radius_around(shape), shape.center.latitude);
  Cell home = cell_of(shape.center, step);
  if (step > 1 && !covers(home, bounds)) home = cell_of(shape.center, --step);
  const Area area = area_of(home);
  const bool prune = step >= 2;
  const bool no_south = prune && area.min.latitude < bounds.min.latitude;
  const bool no_north = prune && area.max.latitude > bounds.max.latitude;
  const bool no_west = prune && area.min.longitude < bounds.min.longitude;
  const bool no_east = prune && area.max.longitude > bounds.max.longitude;
  constexpr int moves[][2] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
  std::vector<ScoreSpan> spans{span_of(home)};
  std::optional<Cell> last;
  for (const auto& [columns, rows] : moves) {
    if ((rows < 0 && no_south) || (rows > 0 && no_north) || (columns < 0 && no_west) ||
        (columns > 0 && no_east))
      continue;
    const Cell cell = neighbor(home, columns, rows);
    if (last == cell) continue;
    spans.push_back(span_of(cell));
    last = cell;
  }
  return spans;
}

}  // namespace respawn::commands
