// Places as members of sorted sets: adding them, reading them, distances. Searching is in
// geo_search.cpp.
#include <array>
#include <cmath>
#include <cstdio>

#include "commands/families.hpp"
#include "commands/shared/key_specs.hpp"
#include "commands/sorted_sets/additions.hpp"
#include "commands/sorted_sets/geo_access.hpp"
#include "keyspace/types/sorted_set.hpp"

namespace respawn::commands {

using keyspace::Entry;
using keyspace::SortedSet;
using keyspace::Type;

Result<Place> to_place(std::string_view longitude, std::string_view latitude) {
  const auto x = parse_double(longitude);
  const auto y = parse_double(latitude);
  if (!x || !y) return failure(std::string(errors::not_a_float));
  const Place place{*x, *y};
  if (on_the_grid(place)) return place;
  std::array<char, 700> text;
  std::snprintf(text.data(), text.size(), "ERR invalid longitude,latitude pair %f,%f", *x, *y);
  return failure(text.data());
}

Result<double> to_unit_m(std::string_view unit) {
  if (iequals(unit, "M")) return 1;
  if (iequals(unit, "KM")) return 1000;
  if (iequals(unit, "FT")) return 0.3048;
  if (iequals(unit, "MI")) return 1609.34;
  return failure("ERR unsupported unit provided. please use M, KM, FT, MI");
}

namespace {

void reply_degrees(Execution& x, double value) {
  const std::string text = format_long_double(value);
  if (!x.reply.resp3()) return x.reply.bulk(text);
  x.reply.raw("," + text + "\r\n");
}

}  // namespace

void reply_place(Execution& x, const Place& place) {
  x.reply.array(2);
  reply_degrees(x, place.longitude);
  reply_degrees(x, place.latitude);
}

void reply_distance(Execution& x, double distance) {
  constexpr long long parts = 10'000;
  const long long scaled = std::llrint(distance * static_cast<double>(parts));
  std::array<char, 40> text;
  const int length = std::snprintf(text.data(), text.size(), "%s%lld.%04lld",
                                   scaled < 0 && scaled > -parts ? "-" : "", scaled / parts,
                                   std::llabs(scaled % parts));
  x.reply.bulk({text.data(), static_cast<std::size_t>(length)});
}

namespace {

/// As what is stored: to others it is a sorted set.
void propagate_as_zadd(Execution& x, std::string_view key, const std::vector<Addition>& additions,
                       const AddOptions& options) {
  if (!x.changed_anything()) return;
  std::vector<std::string> words{"ZADD", std::string(key)};
  if (options.only_new) words.emplace_back("NX");
  if (options.only_existing) words.emplace_back("XX");
  if (options.count_updates) words.emplace_back("CH");
  for (const Addition& addition : additions) {
    words.push_back(std::to_string(static_cast<std::int64_t>(addition.score)));
    words.emplace_back(addition.member);
  }
  x.propagate_words(std::move(words));
}

void geoadd(Execution& x, Args args) {
  AddOptions options;
  ArgCursor at(args, 2);
  for (;;) {
    if (at.take("NX"))
      options.only_new = true;
    else if (at.take("XX"))
      options.only_existing = true;
    else if (at.take("CH"))
      options.count_updates = true;
    else
      break;
  }
  if (at.done() || at.left() % 3 != 0 || (options.only_new && options.only_existing))
    return x.fail(errors::syntax);
  std::vector<Addition> additions;
  additions.reserve(at.left() / 3);
  while (!at.done()) {
    const std::string_view longitude = at.next();
    auto place = to_place(longitude, at.next());
    if (!place) return x.fail(place.error());
    additions.push_back({at.next(), score_of(*place)});
  }
  add_members(x, args[1], additions, options);
  if (x.recorded() && !x.failed()) propagate_as_zadd(x, args[1], additions, options);
}

/// Calls reply(score) for each member asked for; `missing()` for those that are not there.
template <class Reply, class Missing>
void reply_each(Execution& x, Args args, Reply&& reply, Missing&& missing) {
  const Entry* entry = x.find_read(x.key(args[1]), Type::sorted_set);
  if (x.failed()) return;
  x.reply.array(args.size() - 2);
  for (std::string_view member : args.subspan(2)) {
    const auto score = entry ? entry->object<SortedSet>().score(member) : std::nullopt;
    score ? reply(*score) : missing();
  }
}

void geopos(Execution& x, Args args) {
  reply_each(
      x, args, [&](double score) { reply_place(x, place_of(score)); },
      [&] { x.reply.null_array(); });
}

void geohash(Execution& x, Args args) {
  reply_each(
      x, args, [&](double score) { x.reply.bulk(geohash_text(place_of(score))); },
      [&] { x.reply.null(); });
}

void geodist(Execution& x, Args args) {
  double unit_m = 1;
  if (args.size() == 5) {
    auto unit = to_unit_m(args[4]);
    if (!unit) return x.fail(unit.error());
    unit_m = *unit;
  } else if (args.size() > 5) {
    return x.fail(errors::syntax);
  }
  const Entry* entry = x.find_read(x.key(args[1]), Type::sorted_set);
  if (x.failed()) return;
  if (!entry) return x.reply.null();
  const SortedSet& set = entry->object<SortedSet>();
  const auto from = set.score(args[2]);
  const auto to = set.score(args[3]);
  if (!from || !to) return x.reply.null();
  reply_distance(x, distance_m(place_of(*from), place_of(*to)) / unit_m);
}

constexpr CommandSpec geo_rows[] = {
    command({.name = "geoadd",
             .syntax = "key [NX | XX] [CH] longitude latitude member [longitude latitude member "
                       "...]",
             .group = Group::geo,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "3.2.0",
             .complexity = "O(log(N)) for each place, with N being the size of the sorted set.",
             .summary = "Adds places to a sorted set.",
             .run = geoadd}),
    command({.name = "geopos",
             .syntax = "key [member [member ...]]",
             .group = Group::geo,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "3.2.0",
             .complexity = "O(N) with N being the number of members asked for.",
             .summary = "Reads longitudes and latitudes of places.",
             .run = geopos}),
    command({.name = "geodist",
             .syntax = "key member1 member2 [M | KM | FT | MI]",
             .group = Group::geo,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "3.2.0",
             .complexity = "O(1)",
             .summary = "Says how far two places are from each other.",
             .run = geodist}),
    command({.name = "geohash",
             .syntax = "key [member [member ...]]",
             .group = Group::geo,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "3.2.0",
             .complexity = "O(N) with N being the number of members asked for.",
             .summary = "Reads places as geohash texts.",
             .run = geohash}),
};

}  // namespace

constinit const std::span<const CommandSpec> geo_commands = geo_rows;

}  // namespace respawn::commands
