// Randomness is passed in: a seeded generator makes every run repeatable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace respawn {

/// xoshiro256** (Blackman and Vigna, 2018). Not for secrets. Owner: one thread.
class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next();

  /// Uniform in [0, bound), without modulo bias (Lemire, 2019). bound > 0.
  std::uint64_t below(std::uint64_t bound);

  /// Uniform in [0, 1).
  double unit();

 private:
  std::array<std::uint64_t, 4> state_{};
};

/// 64 bits from the operating system.
std::uint64_t system_entropy();

/// `digits` lower-case hex digits from the operating system, as for run ids.
std::string random_hex(std::size_t digits);

}  // namespace respawn
