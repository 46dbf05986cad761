// The option table: everything that is known about an option, once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "config/config.hpp"
#include "config/value.hpp"

namespace respawn::config {

/// How an option is written, checked and printed.
enum class Kind {
  boolean,            // yes | no
  integer,            // decimal
  octal,              // mode bits
  memory,             // bytes with an optional unit
  memory_or_percent,  // the same, or "5%" (kept as -5)
  choice,             // one of `names`
  flags,              // several of `names`
  text,               // one string
  words,              // list of strings
  keyspace_events,    // letters
  save_points,        // <seconds> <changes> ...
  output_limits,      // <class> <hard> <soft> <soft seconds> ...
  integers,           // as many integers as the default has
  percentiles,        // doubles from 0 to 100
  replica_of,         // <host> <port>, or "no one"
};

enum class Unit { none, seconds, milliseconds, microseconds, minutes, bytes, percent, hertz };

enum class Mutability {
  runtime,    // CONFIG SET and reload
  immutable,  // only at start
  guarded,    // CONFIG SET only where enable-protected-configs allows it
};

/// What takes over a new value while the server runs.
enum class Applies {
  when_read,  // nothing: whoever uses it reads it from the configuration in force
  directory,
  listening_addresses,
  listening_port,
  log,
  descriptors,
  coalescing,
  connections,  // each that is open
};

enum class State {
  accepted,     // kept for compatibility, without an effect; see Lack
  implemented,  // has its effect
};

/// Headings of the reference.
enum class Group {
  network,
  server,
  security,
  memory,
  data_types,
  monitoring,
  persistence,
  replication,
  cluster,
  tls,
};

/// A word of a choice or of flags. The first name of a value is the one printed.
struct Name {
  std::string_view text;
  int value = 0;
};

/// Reads and writes the Config member that holds an option. Not bound: the value is in
/// Config::unbound.
struct Slot {
  bool bound = false;
  Value (*read)(const Config&) = nullptr;
  void (*write)(Config&, const Value&) = nullptr;
  std::size_t alternative = 0;  // of Value; checked against the kind at compile time
};

/// Refuses a value with Redis's text, or adjusts it; null means fine.
using Check = const char* (*)(Value&);

/// What is missing behind an option that is accepted only. What is not there is warned about at
/// start and may be set; the marks below say where that would be a lie.
struct Lack {
  /// Whether a value promises something that does not happen: CONFIG SET refuses it, and a start
  /// warns of it. Null: no value does.
  bool (*promises)(const Value&) = nullptr;
  /// Whether a start with this configuration is refused, because going on would open the server or
  /// drop what somebody relies on. Null: never.
  bool (*stops)(const Config&) = nullptr;
  std::string_view why;  // "there are no replicas yet"; a clause for people
};

/// Whether a client that was kept out before may come in after: such a value has to be stated, a
/// line that is missing is not enough.
using Opens = bool (*)(const Value& before, const Value& after);

/// One row. Made by the functions below and the modifiers, each of which returns a changed copy:
/// `integer("port", "6379", 0, 65535).bind<&Config::port>().about("...")`.
/// Invariants (checked by well_formed() when the table is compiled): there is a one-sentence
/// `summary`; an implemented option is bound and lacks nothing; a bound member has the type of the
/// kind; what is settled at start is applied by nothing; a mark of what is lacking says why.
struct Option {
  std::string_view name;
  std::string_view alias;  // the other name that Redis knows it by, or empty
  Kind kind = Kind::text;
  std::string_view initial;  // the default, as CONFIG GET prints it
  std::int64_t min = 0;
  std::uint64_t max = 0;
  Unit unit = Unit::none;
  std::span<const Name> names;
  Mutability mutability = Mutability::runtime;
  Applies applies = Applies::when_read;
  bool hidden = false;       // CONFIG GET shows it to its exact name only
  bool secret = false;       // its value is kept out of logs
  bool not_loading = false;  // CONFIG SET is refused while data is loaded
  State state = State::accepted;
  Group group = Group::server;
  Check check = nullptr;
  Lack lack;
  Opens opens = nullptr;
  Slot slot;
  std::string_view summary;

  /// Takes several words in redis.conf and on the command line.
  [[nodiscard]] constexpr bool takes_words() const {
    switch (kind) {
      case Kind::flags:
      case Kind::words:
      case Kind::save_points:
      case Kind::output_limits:
      case Kind::integers:
      case Kind::percentiles:
      case Kind::replica_of:
        return true;
      default:
        return false;
    }
  }

  template <auto Member>
  [[nodiscard]] constexpr Option bind() const;

  [[nodiscard]] constexpr Option also(std::string_view other_name) const {
    Option copy = *this;
    copy.alias = other_name;
    return copy;
  }

  [[nodiscard]] constexpr Option in(Unit of) const {
    Option copy = *this;
    copy.unit = of;
    return copy;
  }

  [[nodiscard]] constexpr Option immutable() const {
    Option copy = *this;
    copy.mutability = Mutability::immutable;
    return copy;
  }

  [[nodiscard]] constexpr Option guarded() const {
    Option copy = *this;
    copy.mutability = Mutability::guarded;
    return copy;
  }

  [[nodiscard]] constexpr Option applied_by(Applies what) const {
    Option copy = *this;
    copy.applies = what;
    return copy;
  }

  [[nodiscard]] constexpr Option hide() const {
    Option copy = *this;
    copy.hidden = true;
    return copy;
  }

  [[nodiscard]] constexpr Option keep_secret() const {
    Option copy = *this;
    copy.secret = true;
    return copy;
  }

  [[nodiscard]] constexpr Option not_while_loading() const {
    Option copy = *this;
    copy.not_loading = true;
    return copy;
  }

  [[nodiscard]] constexpr Option implemented() const {
    Option copy = *this;
    copy.state = State::implemented;
    return copy;
  }

  [[nodiscard]] constexpr Option checked(Check by) const {
    Option copy = *this;
    copy.check = by;
    return copy;
  }

  /// CONFIG SET refuses values that promise what does not happen.
  [[nodiscard]] constexpr Option promises(bool (*what)(const Value&), std::string_view why) const {
    if (why.empty()) throw "an option without effect has to say why";  // at compile time
    Option copy = *this;
    copy.lack.promises = what;
    copy.lack.why = why;
    return copy;
  }

  /// The same, and a start with it is refused where `when` says so.
  [[nodiscard]] constexpr Option stops(bool (*when)(const Config&)) const {
    Option copy = *this;
    copy.lack.stops = when;
    return copy;
  }

  [[nodiscard]] constexpr Option guards_access(Opens when) const {
    Option copy = *this;
    copy.opens = when;
    return copy;
  }

  /// Whether a value promises something that does not happen.
  [[nodiscard]] bool overpromises(const Value& value) const {
    return lack.promises != nullptr && lack.promises(value);
  }

  [[nodiscard]] constexpr Option about(std::string_view sentence) const {
    Option copy = *this;
    copy.summary = sentence;
    return copy;
  }
};

/// All rows, in the order of the reference. Never changes; thread-safe.
std::span<const Option> options();

/// The row of a name or alias in any case, or null. O(1).
const Option* find_option(std::string_view name);

/// The name or alias nearest to what was typed, or "" when none is near.
std::string_view nearest_option(std::string_view typed);

/// Values by row. A write does not check; parse_value() (option_value.hpp) does.
Value read(const Config& config, const Option& option);
void write(Config& config, const Option& option, Value value);

/// "seconds", "bytes"... or "" for Unit::none.
std::string_view unit_name(Unit unit);
std::string_view group_title(Group group);

// ---- Making rows ----

constexpr Option make_option(std::string_view name, Kind kind, std::string_view initial) {
  Option option;
  option.name = name;
  option.kind = kind;
  option.initial = initial;
  return option;
}

constexpr Option boolean(std::string_view name, std::string_view initial) {
  return make_option(name, Kind::boolean, initial);
}

inline constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t int_min = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

constexpr Option ranged(Option option, std::int64_t min, std::uint64_t max) {
  option.min = min;
  option.max = max;
  return option;
}

constexpr Option integer(std::string_view name, std::string_view initial, std::int64_t min = 0,
                         std::int64_t max = int_max) {
  return ranged(make_option(name, Kind::integer, initial), min, static_cast<std::uint64_t>(max));
}

constexpr Option memory(std::string_view name, std::string_view initial, std::int64_t min = 0,
                        std::uint64_t max = long_max) {
  return ranged(make_option(name, Kind::memory, initial), min, max).in(Unit::bytes);
}

constexpr Option choice(std::string_view name, std::string_view initial,
                        std::span<const Name> names) {
  Option option = make_option(name, Kind::choice, initial);
  option.names = names;
  return option;
}

constexpr Option text(std::string_view name, std::string_view initial = "") {
  return make_option(name, Kind::text, initial);
}

// ---- Binding a row to a member ----

/// Which alternative of Value a kind uses.
constexpr std::size_t alternative_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return 0;
    case Kind::memory:
      return 2;
    case Kind::text:
      return 3;
    case Kind::words:
    case Kind::replica_of:
      return 4;
    case Kind::save_points:
      return 5;
    case Kind::output_limits:
      return 6;
    case Kind::integers:
      return 7;
    case Kind::percentiles:
      return 8;
    default:
      return 1;
  }
}

/// The type that carries a member's value inside Value.
template <class T>
using Carrier =
    std::conditional_t<std::is_enum_v<T> || (std::is_integral_v<T> && !std::is_same_v<T, bool> &&
                                             !std::is_same_v<T, std::uint64_t>),
                       std::int64_t, T>;

/// The index in Value of the alternative T.
template <class T, std::size_t At = 0>
constexpr std::size_t alternative_index() {
  if constexpr (std::is_same_v<T, std::variant_alternative_t<At, Value>>) {
    return At;
  } else {
    return alternative_index<T, At + 1>();
  }
}

template <auto Member>
constexpr Option Option::bind() const {
  using T = std::remove_cvref_t<decltype(std::declval<Config&>().*Member)>;
  Option copy = *this;
  copy.slot.bound = true;
  copy.slot.read = [](const Config& config) {
    return Value(static_cast<Carrier<T>>(config.*Member));
  };
  copy.slot.write = [](Config& config, const Value& value) {
    config.*Member = static_cast<T>(std::get<Carrier<T>>(value));
  };
  copy.slot.alternative = alternative_index<Carrier<T>>();
  return copy;
}

constexpr bool well_formed(std::span<const Option> rows) {
  for (const Option& row : rows) {
    if (row.name.empty() || row.summary.empty() || row.summary.back() != '.') return false;
    if (row.state == State::implemented && !row.slot.bound) return false;
    if (row.slot.bound && row.slot.alternative != alternative_of(row.kind)) return false;
    if ((row.kind == Kind::choice || row.kind == Kind::flags) && row.names.empty()) return false;
    if (row.kind == Kind::integer && row.max < 1) return false;
    if (row.mutability == Mutability::immutable && row.applies != Applies::when_read) return false;
    // Not of the functions themselves: UndefinedBehaviorSanitizer lets no constant say where they
    // are.
    if (!row.lack.why.empty() && row.state == State::implemented) return false;
  }
  return true;
}

}  // namespace respawn::config
