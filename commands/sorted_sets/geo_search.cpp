// Finding the places within a circle or box: GEOSEARCH, and the older GEORADIUS family.
#include <algorithm>
#include <vector>

#include "commands/families.hpp"
#include "commands/shared/key_specs.hpp"
#include "commands/shared/sorted_set_access.hpp"
#include "commands/sorted_sets/geo_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Entry;
using keyspace::Key;
using keyspace::SortedSet;
using keyspace::Type;

/// How the arguments of a command go.
struct SearchForm {
  enum class Kind : std::uint8_t { around_place, around_member, search };

  Kind kind = Kind::search;
  std::size_t key_at = 1;
  bool may_store = false;      // GEORADIUS, GEORADIUSBYMEMBER
  bool always_stores = false;  // GEOSEARCHSTORE
};

enum class Order : std::uint8_t { any, nearest, farthest };

struct Search {
  GeoShape shape;
  double unit_m = 1;
  bool with_distance = false;
  bool with_hash = false;
  bool with_place = false;
  bool first_found = false;  // ANY
  std::int64_t count = 0;    // 0: all
  Order order = Order::any;
  std::optional<std::string_view> destination;
  bool store_distances = false;
  bool from_member = false;
  bool from_place = false;
  bool by_radius = false;
  bool by_box = false;
};

struct Found {
  std::string member;
  double score = 0;
  double distance_m = 0;
};

Status set_member(const SortedSet& set, std::string_view member, Search& search) {
  const auto score = set.score(member);
  if (!score) return failure("ERR could not decode requested zset member");
  search.shape.center = place_of(*score);
  return success();
}

/// A number of at least 0.
Result<double> to_length(std::string_view text, std::string_view not_a_number,
                         std::string_view negative) {
  const auto length = parse_double(text);
  if (!length) return failure(std::string(not_a_number));
  if (*length < 0) return failure(std::string(negative));
  return *length;
}

Status set_unit(std::string_view text, Search& search) {
  auto unit_m = to_unit_m(text);
  if (!unit_m) return failure(unit_m.error());
  search.unit_m = *unit_m;
  return success();
}

Status set_radius(std::string_view radius, std::string_view unit, Search& search) {
  auto length = to_length(radius, "ERR need numeric radius", "ERR radius cannot be negative");
  if (!length) return failure(length.error());
  if (Status status = set_unit(unit, search); !status) return status;
  search.shape.box = false;
  search.shape.radius_m = *length * search.unit_m;
  return success();
}

Status set_box(std::string_view width, std::string_view height, std::string_view unit,
               Search& search) {
  const auto w = parse_double(width);
  if (!w) return failure("ERR need numeric width");
  const auto h = parse_double(height);
  if (!h) return failure("ERR need numeric height");
  if (*w < 0 || *h < 0) return failure("ERR height or width cannot be negative");
  if (Status status = set_unit(unit, search); !status) return status;
  search.shape.box = true;
  search.shape.width_m = *w * search.unit_m;
  search.shape.height_m = *h * search.unit_m;
  return success();
}

Status set_place(std::string_view longitude, std::string_view latitude, Search& search) {
  auto place = to_place(longitude, latitude);
  if (!place) return failure(place.error());
  search.shape.center = *place;
  return success();
}

/// What replies look like and how many there are. Not an option of this kind: none.
std::optional<Status> take_reply_option(ArgCursor& at, Search& search) {
  if (at.take("WITHDIST")) {
    search.with_distance = true;
  } else if (at.take("WITHHASH")) {
    search.with_hash = true;
  } else if (at.take("WITHCOORD")) {
    search.with_place = true;
  } else if (at.take("ANY")) {
    search.first_found = true;
  } else if (at.take("ASC")) {
    search.order = Order::nearest;
  } else if (at.take("DESC")) {
    search.order = Order::farthest;
  } else if (at.take("COUNT", 1)) {
    auto count = to_integer(at.next());
    if (!count) return failure(count.error());
    if (*count <= 0) return failure("ERR COUNT must be > 0");
    search.count = *count;
  } else {
    return std::nullopt;
  }
  return success();
}

/// What GEOSEARCH says in words and the older commands by position. `set` may be null: then its
/// members are not looked at.
std::optional<Status> take_shape_option(ArgCursor& at, const SortedSet* set, Search& search) {
  if (!search.from_place && at.take("FROMMEMBER", 1)) {
    search.from_member = true;
    const std::string_view member = at.next();
    return set ? set_member(*set, member, search) : success();
  }
  if (!search.from_member && at.take("FROMLONLAT", 2)) {
    search.from_place = true;
    const std::string_view longitude = at.next();
    return set_place(longitude, at.next(), search);
  }
  if (!search.by_box && at.take("BYRADIUS", 2)) {
    search.by_radius = true;
    const std::string_view radius = at.next();
    return set_radius(radius, at.next(), search);
  }
  if (!search.by_radius && at.take("BYBOX", 3)) {
    search.by_box = true;
    const std::string_view width = at.next();
    const std::string_view height = at.next();
    return set_box(width, height, at.next(), search);
  }
  return std::nullopt;
}

bool take_store_option(ArgCursor& at, const SearchForm& form, Search& search) {
  if (form.always_stores && at.take("STOREDIST")) return search.store_distances = true;
  if (!form.may_store) return false;
  if (at.take("STORE", 1))
    search.store_distances = false;
  else if (at.take("STOREDIST", 1))
    search.store_distances = true;
  else
    return false;
  search.destination = at.next();
  return true;
}

/// What the options must not say together.
Status check_options(const SearchForm& form, const Search& search, std::string_view name) {
  const bool with = search.with_distance || search.with_hash || search.with_place;
  if (search.destination && with)
    return failure(std::string("ERR ") +
                   (form.always_stores ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") +
                   " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
  const bool searches = form.kind == SearchForm::Kind::search;
  if (searches && !search.from_member && !search.from_place)
    return failure("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " +
                   std::string(errors::up_to_nul(name)));
  if (searches && !search.by_radius && !search.by_box)
    return failure("ERR exactly one of BYRADIUS and BYBOX can be specified for " +
                   std::string(errors::up_to_nul(name)));
  if (search.first_found && search.count == 0)
    return failure("ERR the ANY argument requires COUNT argument");
  return success();
}

/// The arguments between the key and the options, of the older commands; says where options start.
Result<std::size_t> parse_position(Args args, const SearchForm& form, const SortedSet* set,
                                   Search& search) {
  using Kind = SearchForm::Kind;
  if (form.kind == Kind::search) return form.key_at + 1;
  const std::size_t options_at = form.kind == Kind::around_place ? 6 : 5;
  if (form.kind == Kind::around_member && !set) return options_at;
  Status status = form.kind == Kind::around_place ? set_place(args[2], args[3], search)
                                                  : set_member(*set, args[2], search);
  if (status) status = set_radius(args[options_at - 2], args[options_at - 1], search);
  if (!status) return failure(status.error());
  return options_at;
}

Result<Search> parse_search(Args args, const SearchForm& form, const SortedSet* set) {
  Search search;
  if (form.always_stores) search.destination = args[1];
  auto options_at = parse_position(args, form, set, search);
  if (!options_at) return failure(options_at.error());
  for (ArgCursor at(args, *options_at); !at.done();) {
    std::optional<Status> taken = take_reply_option(at, search);
    if (!taken && take_store_option(at, form, search)) continue;
    if (!taken && form.kind == SearchForm::Kind::search) taken = take_shape_option(at, set, search);
    if (!taken) return failure(std::string(errors::syntax));
    if (!*taken) return failure(taken->error());
  }
  if (Status status = check_options(form, search, args[0]); !status) return failure(status.error());
  // The nearest few, not any few, unless ANY says so.
  if (search.count > 0 && search.order == Order::any && !search.first_found)
    search.order = Order::nearest;
  return search;
}

std::vector<Found> find_places(const SortedSet& set, const Search& search) {
  std::vector<Found> found;
  const std::size_t most = search.first_found ? static_cast<std::size_t>(search.count)
                                              : std::numeric_limits<std::size_t>::max();
  for (const ScoreSpan& span : spans_covering(search.shape)) {
    const keyspace::RankRange range = set.in_scores({span.min, span.max, false, true});
    auto walk = set.walk(range.first);
    for (std::size_t left = range.count; left > 0 && found.size() < most; --left, walk.next()) {
      const double score = walk.score();
      if (const auto distance = search.shape.distance_within(place_of(score)))
        found.push_back({std::string(walk.member()), score, *distance});
    }
  }
  if (search.order == Order::nearest)
    std::stable_sort(found.begin(), found.end(),
                     [](const Found& a, const Found& b) { return a.distance_m < b.distance_m; });
  if (search.order == Order::farthest)
    std::stable_sort(found.begin(), found.end(),
                     [](const Found& a, const Found& b) { return a.distance_m > b.distance_m; });
  if (search.count > 0 && static_cast<std::size_t>(search.count) < found.size())
    found.resize(static_cast<std::size_t>(search.count));
  return found;
}

void reply_found(Execution& x, const Search& search, const std::vector<Found>& found) {
  const std::size_t extras = static_cast<std::size_t>(search.with_distance) +
                             static_cast<std::size_t>(search.with_hash) +
                             static_cast<std::size_t>(search.with_place);
  x.reply.array(found.size());
  for (const Found& one : found) {
    if (extras > 0) x.reply.array(extras + 1);
    x.reply.bulk(one.member);
    if (search.with_distance) reply_distance(x, one.distance_m / search.unit_m);
    if (search.with_hash) x.reply.integer(static_cast<std::int64_t>(one.score));
    if (search.with_place) reply_place(x, place_of(one.score));
  }
}

void store_found(Execution& x, const SearchForm& form, const Search& search,
                 const std::vector<Found>& found) {
  const keyspace::SortedSetLimits limits = sorted_set_limits(x);
  auto result = std::make_unique<SortedSet>();
  for (const Found& one : found)
    result->set(one.member, search.store_distances ? one.distance_m / search.unit_m : one.score,
                limits);
  store_result(x, Key(*search.destination), std::move(result),
               form.always_stores ? "geosearchstore" : "georadiusstore", found.size());
}

void search_places(Execution& x, Args args, const SearchForm& form) {
  const Entry* entry = x.find_read(Key(args[form.key_at]), Type::sorted_set);
  if (x.failed()) return;
  const SortedSet* set = entry ? &entry->object<SortedSet>() : nullptr;
  auto search = parse_search(args, form, set);
  if (!search) return x.fail(search.error());
  std::vector<Found> found;
  if (set) found = find_places(*set, *search);
  search->destination ? store_found(x, form, *search, found) : reply_found(x, *search, found);
}

void georadius(Execution& x, Args args) {
  search_places(x, args, {.kind = SearchForm::Kind::around_place, .may_store = true});
}

void georadius_ro(Execution& x, Args args) {
  search_places(x, args, {.kind = SearchForm::Kind::around_place});
}

void georadiusbymember(Execution& x, Args args) {
  search_places(x, args, {.kind = SearchForm::Kind::around_member, .may_store = true});
}

void georadiusbymember_ro(Execution& x, Args args) {
  search_places(x, args, {.kind = SearchForm::Kind::around_member});
}

void geosearch(Execution& x, Args args) {
  search_places(x, args, {.kind = SearchForm::Kind::search});
}

void geosearchstore(Execution& x, Args args) {
  search_places(x, args, {.kind = SearchForm::Kind::search, .key_at = 2, .always_stores = true});
}

/// The key behind a word, searched from argument `from` on.
constexpr KeySpec key_behind(std::string_view word, int from) {
  KeySpec spec = keys({KeyFlag::OW, KeyFlag::update}, from);
  spec.begin = KeySpec::Begin::keyword;
  spec.keyword = word;
  return spec;
}

constexpr std::string_view search_complexity =
    "O(N+log(M)) with N being the number of members in the cells around the shape and M the size "
    "of the sorted set.";

constexpr CommandSpec geo_search_rows[] = {
    command({.name = "geosearch",
             .syntax = "key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius "
                       "<M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] "
                       "[COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]",
             .group = Group::geo,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "6.2.0",
             .complexity = search_complexity,
             .summary = "Lists the places within a circle or box.",
             .run = geosearch}),
    command(
        {.name = "geosearchstore",
         .syntax = "destination source <FROMMEMBER member | FROMLONLAT longitude latitude> "
                   "<BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | "
                   "MI>> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]",
         .group = Group::geo,
         .flags = {Flag::write, Flag::denyoom},
         .keys = {keys({KeyFlag::OW, KeyFlag::update}, 1), keys({KeyFlag::RO, KeyFlag::access}, 2)},
         .since = "6.2.0",
         .complexity = search_complexity,
         .summary = "Stores the places within a circle or box.",
         .run = geosearchstore}),
    command({.name = "georadius",
             .syntax = "key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] "
                       "[WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key] [STOREDIST key]",
             .group = Group::geo,
             .flags = {Flag::write, Flag::denyoom, Flag::movablekeys},
             .keys = {read_key, key_behind("STORE", 6), key_behind("STOREDIST", 6)},
             .since = "3.2.0",
             .complexity = search_complexity,
             .summary = "Lists or stores the places within a circle around a point.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
             .run = georadius}),
    command({.name = "georadius_ro",
             .syntax = "key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] "
                       "[WITHHASH] [COUNT count [ANY]] [ASC | DESC]",
             .group = Group::geo,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "3.2.10",
             .complexity = search_complexity,
             .summary = "Lists the places within a circle around a point.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument",
             .run = georadius_ro}),
    command({.name = "georadiusbymember",
             .syntax = "key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] "
                       "[COUNT count [ANY]] [ASC | DESC] [STORE key] [STOREDIST key]",
             .group = Group::geo,
             .flags = {Flag::write, Flag::denyoom, Flag::movablekeys},
             .keys = {read_key, key_behind("STORE", 5), key_behind("STOREDIST", 5)},
             .since = "3.2.0",
             .complexity = search_complexity,
             .summary = "Lists or stores the places within a circle around a member.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` "
                            "arguments",
             .run = georadiusbymember}),
    command({.name = "georadiusbymember_ro",
             .syntax = "key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] "
                       "[COUNT count [ANY]] [ASC | DESC]",
             .group = Group::geo,
             .flags = {Flag::readonly},
             .keys = {read_key},
             .since = "3.2.10",
             .complexity = search_complexity,
             .summary = "Lists the places within a circle around a member.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
             .run = georadiusbymember_ro}),
};

}  // namespace

constinit const std::span<const CommandSpec> geo_search_commands = geo_search_rows;

}  // namespace respawn::commands
