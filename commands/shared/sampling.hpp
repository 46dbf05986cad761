// Choosing some of many at random: SRANDMEMBER, SPOP, HRANDFIELD.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.hpp"
#include "commands/families.hpp"
#include "engine/table/arguments.hpp"

namespace respawn::commands {

/// Chooses `wanted` of `population` things that pass by one after the other: every subset is
/// equally likely.
class Selection {
 public:
  Selection(Random& random, std::size_t population, std::size_t wanted)
      : random_(&random), left_(population), wanted_(wanted) {}

  /// Whether the next one is chosen.
  bool take() {
    if (random_->below(left_--) >= wanted_) return false;
    --wanted_;
    return true;
  }

 private:
  Random* random_;
  std::size_t left_;
  std::size_t wanted_;
};

/// Below this part of the whole, distinct elements are drawn one by one rather than selected on a
/// walk over all of them.
inline constexpr std::size_t draw_part = 3;

/// So many elements a client may ask for when they may repeat; Redis has no limit and would fill
/// the memory.
inline constexpr std::int64_t repeated_max = std::int64_t{1} << 24;

/// SRANDMEMBER's and HRANDFIELD's count: negative when elements may repeat.
inline Result<std::int64_t> to_sample_count(std::string_view text) {
  auto count = to_integer(text);
  if (!count) return count;
  if (*count == std::numeric_limits<std::int64_t>::min())
    return failure(
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
  return count;
}

}  // namespace respawn::commands
