// When one flush does not wait for the end of another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace respawn::persistence {

/// Knows the flushes that are under way, and decides whether one more begins beside them. Owner:
/// LogDisk, under its lock. Times are nanoseconds of one stopwatch.
///
/// While one flush at a time is made, who was answered by it comes back when the next has begun,
/// and waits for two: clients fall into two halves, and each flush serves one. Where a flush takes
/// much longer than the work between, flushes that overlap serve all of them in the time of one.
/// That holds for disks that serve several at once, or take their time by being far away. One that
/// serves them one by one is found out by it: overlapping flushes take longer there, and for a
/// while there are none; twice as long each time. A busy processor looks the same for a moment, for
/// threads are late to see that their flush has ended: so many are measured before.
class SyncLanes {
 public:
  /// Flushes at once, evenly apart.
  static constexpr std::size_t lanes_max = 8;
  /// Faster flushes are made one at a time: threads would cost more than they save.
  static constexpr std::uint64_t slow_ns = 800'000;
  /// So many are measured before something is concluded, of those that overlap more.
  static constexpr std::uint32_t samples_min = 16;
  static constexpr std::uint32_t shared_samples_min = 128;
  /// Overlapping flushes that take longer than so many of one alone are no use.
  static constexpr std::uint64_t longer_times = 2;
  static constexpr std::uint64_t pause_min_ns = 4'000'000'000;
  static constexpr std::uint64_t pause_max_ns = 16'000'000'000;
  /// Where so many in a row were of use, the next pause is a short one again.
  static constexpr std::uint32_t proof_samples = 256;

  struct Flight {
    std::uint64_t number = 0;
    std::uint64_t begun_ns = 0;
    bool alone = false;
  };

  /// A flush begins.
  [[nodiscard]] Flight take_off(std::uint64_t now_ns);

  /// It has ended.
  void land(const Flight& flight, std::uint64_t now_ns);

  /// Whether flushes may overlap.
  [[nodiscard]] bool overlap(std::uint64_t now_ns) const {
    return alone_samples_ >= samples_min && alone_ns_ >= slow_ns && now_ns >= paused_until_ns_;
  }

  /// In how many nanoseconds one more may begin, if something waits for it by then; none while it
  /// may not as things are, which only take_off() changes.
  [[nodiscard]] std::optional<std::uint64_t> due_in_ns(std::uint64_t now_ns) const;

  /// Between the beginnings of two.
  [[nodiscard]] std::uint64_t distance_ns() const { return alone_ns_ / lanes_max; }

  [[nodiscard]] std::size_t flying() const { return flying_; }

 private:
  void judge(std::uint64_t now_ns);

  std::size_t flying_ = 0;
  std::uint64_t numbers_ = 0;
  std::uint64_t last_begun_ns_ = 0;
  std::uint64_t alone_ns_ = 0;  // moving averages
  std::uint64_t shared_ns_ = 0;
  std::uint32_t alone_samples_ = 0;
  std::uint32_t shared_samples_ = 0;
  std::uint64_t paused_until_ns_ = 0;
  std::uint64_t pause_ns_ = pause_min_ns;
  std::uint32_t useful_samples_ = 0;  // in a row
};

}  // namespace respawn::persistence
