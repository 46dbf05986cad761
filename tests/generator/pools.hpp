// Where random arguments come from: few keys of each type, small alphabets, edge values, garbage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"

namespace respawn::generator {

/// What a key is meant to hold. Keys of the last three are kept apart from the others.
enum class Family : std::uint8_t {
  string,
  bits,
  list,
  hash,
  set,
  sorted_set,
  stream,
  hyperloglog,  // never damaged: PFADD of several elements would go as far as it gets in Redis
  lexical,      // sorted sets in which all scores are 0: else ranges by text are not determined
  places,       // sorted sets filled by GEOADD: else there are places at the same distance
};

[[nodiscard]] constexpr bool is_protected(Family family) {
  return family >= Family::hyperloglog;
}

/// How many different elements there are.
enum class Variety : std::uint8_t {
  narrow,  // a few, so that commands meet
  wide,    // hundreds, so that collections grow large
};

/// Owner: one source of commands. Everything follows from the random numbers passed in.
class Pools {
 public:
  /// `payloads`: what DUMP answered for some values.
  Pools(Random& random, Variety variety, const std::vector<std::string>& payloads)
      : random_(&random), wide_(variety == Variety::wide), payloads_(&payloads) {}

  /// Whether "[member ...]" comes once more.
  bool repeats(int times) { return times < (wide_ ? 40 : 4) && chance(wide_ ? 90 : 60); }

  /// One of a few keys.
  std::string key(Family family);
  /// Any family but the protected ones.
  Family any_family();

  /// A value for an argument of this name in a syntax line ("score", "count", "pattern"...).
  std::string value(std::string_view argument);

  /// The same for commands on streams: IDs are near each other.
  std::string stream_value(std::string_view argument);

  /// An ID above most that were drawn before.
  std::string next_stream_id();

  /// An ID above all that were drawn before, but for odd ones.
  std::string later_stream_id() { return std::to_string(++stream_ms_); }

  /// Not likely to fit anywhere.
  std::string garbage();

  /// A time to live, or a point in time, that no test lives to see; never the same twice, so that
  /// no two of them tie. Sometimes a value that is refused or long over.
  std::string time(bool seconds, bool absolute);

  bool chance(unsigned percent) { return random_->below(100) < percent; }

  std::size_t below(std::size_t bound) { return random_->below(bound); }

  std::string_view one_of(std::span<const std::string_view> texts) {
    return texts[below(texts.size())];
  }

 private:
  std::string text();
  std::string element();
  std::string score();
  std::string integer();
  std::string place(int limit);
  std::string stream_id();

  Random* random_;
  bool wide_;
  const std::vector<std::string>* payloads_;
  std::uint64_t times_ = 0;
  std::uint64_t stream_ms_ = 1;
};

}  // namespace respawn::generator
