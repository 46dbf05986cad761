// How often which duration was measured, in a fixed amount of memory.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace respawn {

/// Counts values from 0 to `value_max` in buckets: each power of two is cut into 32 equal parts, so
/// a value is told from one that is 1/32 (3.2 %) larger. 7.5 KiB, no allocation; record() is a few
/// instructions. Values above the largest count as the largest.
///
/// Owner: whoever holds it. Histogram is for one thread; SharedHistogram may be recorded to and
/// read by any, and what is read while others record may lack what they have just added.
template <class Counter>
class BasicHistogram {
 public:
  /// In nanoseconds a second.
  static constexpr std::uint64_t value_max = 1'000'000'000;

  /// Requires that the value is at most value_max.
  void record(std::uint64_t value) { ++counts_[place_of(value)]; }

  void record_clamped(std::uint64_t value) { record(std::min(value, value_max)); }

  /// Values that were recorded. O(buckets), as all that follows.
  [[nodiscard]] std::uint64_t total() const { return count_up_to(value_max); }

  /// Values in the buckets that begin at `value` or below it.
  [[nodiscard]] std::uint64_t count_up_to(std::uint64_t value) const {
    const std::size_t last = place_of(std::min(value, value_max));
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at <= last; ++at) sum += counts_[at];
    return sum;
  }

  /// The largest value of the bucket that the percentile (0 to 100) falls into; 0 when there is
  /// nothing. The 0th is the smallest value of the first one.
  [[nodiscard]] std::uint64_t at_percentile(double percentile) const {
    const double share = std::min(percentile, 100.0) / 100 * static_cast<double>(total());
    const std::uint64_t wanted = std::max<std::uint64_t>(std::llround(share), 1);
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < places; ++at) {
      sum += counts_[at];
      if (sum >= wanted) return percentile == 0 ? first_of(at) : first_of(at + 1) - 1;
    }
    return 0;
  }

  void clear() {
    for (Counter& count : counts_) count = 0;
  }

 private:
  static constexpr int part_bits = 5;
  static constexpr std::size_t places = std::size_t{30} << part_bits;  // up to 2^30
  static constexpr int mantissa_bits = 23;
  /// What of a float's bits is left when only `part_bits` of its mantissa are kept.
  static constexpr int shift = mantissa_bits - part_bits;
  static constexpr std::size_t place_of_one = std::bit_cast<std::uint32_t>(1.0F) >> shift;

  /// A float's exponent and the first bits of its mantissa are the number of the bucket: the
  /// conversion finds both in one instruction. 0 counts as 1, which costs nobody anything.
  static std::size_t place_of(std::uint64_t value) {
    const auto rounded = static_cast<float>(static_cast<std::int64_t>(value | 1));
    return (std::bit_cast<std::uint32_t>(rounded) >> shift) - place_of_one;
  }

  /// The smallest value of a bucket.
  static std::uint64_t first_of(std::size_t place) {
    const auto bits = static_cast<std::uint32_t>((place + place_of_one) << shift);
    return static_cast<std::uint64_t>(std::ceil(std::bit_cast<float>(bits)));
  }

  std::array<Counter, places> counts_{};
};

using Histogram = BasicHistogram<std::uint64_t>;
using SharedHistogram = BasicHistogram<std::atomic<std::uint64_t>>;

}  // namespace respawn
