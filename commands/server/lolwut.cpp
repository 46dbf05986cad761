// LOLWUT: a picture, if one is asked for, and the version.
#include "commands/families.hpp"
#include "engine/run/version.hpp"

namespace respawn::commands {

namespace {

/// Of a picture.
struct Extent {
  std::int64_t columns;
  std::int64_t rows;
};

constexpr std::int64_t side_max = 1000;

/// Pascal's triangle with a mark for each odd number: n over k is odd where k has no bit that n
/// lacks.
std::string sierpinski_triangle(Extent extent) {
  std::string picture;
  for (std::int64_t n = 0; n < extent.rows; ++n) {
    for (std::int64_t k = 0; k <= n && k < extent.columns; ++k)
      picture += (k & ~n) == 0 ? '*' : ' ';
    picture.erase(picture.find_last_not_of(' ') + 1);
    picture += '\n';
  }
  return picture + "\nPascal's triangle, its odd numbers. ";
}

/// A line of cells that each see their neighbours, one generation a row (rule 30).
std::string rule_30(Extent extent) {
  const auto width = static_cast<std::size_t>(extent.columns);
  std::string cells(width, ' ');
  cells[width / 2] = '#';
  std::string picture;
  for (std::int64_t row = 0; row < extent.rows; ++row) {
    picture.append(cells, 0, cells.find_last_not_of(' ') + 1) += '\n';
    std::string next(width, ' ');
    const auto alive = [&](std::size_t at) { return at < width && cells[at] == '#'; };
    for (std::size_t at = 0; at < width; ++at)
      if (alive(at - 1) != (alive(at) || alive(at + 1))) next[at] = '#';
    cells = std::move(next);
  }
  return picture + "\nRule 30, from a single cell. ";
}

/// The numbers from argument `at` on, as far as there are some, each between 1 and side_max.
/// Redis's pictures take up to `numbers_max`; further arguments are not looked at.
Result<Extent> parse_extent(Args args, std::size_t at, std::size_t numbers_max, Extent extent) {
  std::int64_t* const sides[] = {&extent.columns, &extent.rows};
  for (std::size_t i = 0; i < numbers_max && at + i < args.size(); ++i) {
    auto number = to_integer(args[at + i]);
    if (!number) return failure(number.error());
    if (i < std::size(sides)) *sides[i] = std::clamp<std::int64_t>(*number, 1, side_max);
  }
  return extent;
}

/// As in Redis 7 there is a picture for versions 5 and 6 only.
Result<std::string> picture(Args args) {
  if (args.size() < 3 || !iequals(args[1], "version")) return std::string();
  const auto version = to_integer(args[2]);
  if (!version) return failure(version.error());
  if (*version != 5 && *version != 6) return std::string();
  constexpr Extent usual{.columns = 64, .rows = 32};
  const auto extent = parse_extent(args, 3, *version == 5 ? 3 : 2, usual);
  if (!extent) return failure(extent.error());
  return *version == 5 ? sierpinski_triangle(*extent) : rule_30(*extent);
}

void lolwut(Execution& x, Args args) {
  const auto drawn = picture(args);
  if (!drawn) return x.fail(drawn.error());
  x.reply.verbatim("txt", *drawn + "Redis ver. " + std::string(redis_version) + "\n");
}

constexpr CommandSpec lolwut_rows[] = {
    command({.name = "lolwut",
             .syntax = "[VERSION version]",
             .group = Group::server,
             .flags = {Flag::readonly, Flag::fast},
             .since = "5.0.0",
             .summary = "Prints the version, and draws a picture for VERSION 5 and 6.",
             .run = lolwut}),
};

}  // namespace

constinit const std::span<const CommandSpec> lolwut_commands = lolwut_rows;

}  // namespace respawn::commands
