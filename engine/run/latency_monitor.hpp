// What took long, by kind of event: the samples that LATENCY shows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respawn::engine {

/// The kinds of event that there are.
namespace latency_event {
inline constexpr std::string_view command = "command";
inline constexpr std::string_view fast_command = "fast-command";
inline constexpr std::string_view expire_cycle = "expire-cycle";
inline constexpr std::string_view expire_deletion = "expire-del";
inline constexpr std::string_view eviction_cycle = "eviction-cycle";
inline constexpr std::string_view eviction_deletion = "eviction-del";
inline constexpr std::string_view log_write = "aof-write";
inline constexpr std::string_view log_sync_always = "aof-fsync-always";
}  // namespace latency_event

struct LatencySample {
  std::int64_t time_s = 0;  // wall clock
  std::int64_t latency_ms = 0;

  bool operator==(const LatencySample&) const = default;
};

/// The last 160 seconds in which something took long, each with its longest.
class LatencySeries {
 public:
  void add(const LatencySample& sample);

  /// The oldest first.
  [[nodiscard]] std::vector<LatencySample> samples() const;

  /// Requires a sample, which every series has.
  [[nodiscard]] const LatencySample& latest() const;

  /// Also of what is among the samples no more.
  [[nodiscard]] std::int64_t longest_ms() const { return longest_ms_; }

 private:
  static constexpr std::size_t samples_max = 160;

  std::array<LatencySample, samples_max> ring_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::int64_t longest_ms_ = 0;
};

/// Owner: the store, so it outlives the keyspace actor. What is shorter than the threshold is the
/// caller's to leave out.
class LatencyMonitor {
 public:
  using Events = std::map<std::string, LatencySeries, std::less<>>;

  void add(std::string_view event, const LatencySample& sample);

  /// By name.
  [[nodiscard]] const Events& events() const { return events_; }

  [[nodiscard]] const LatencySeries* find(std::string_view event) const;

  /// Forgets the events with that name in any case; says how many.
  std::size_t reset(std::string_view event);
  std::size_t reset_all();

 private:
  Events events_;
};

/// Figures about a series, for people.
struct LatencyFigures {
  std::int64_t samples = 0;
  std::int64_t lowest_ms = 0;
  std::int64_t highest_ms = 0;
  std::int64_t mean_ms = 0;
  std::int64_t deviation_ms = 0;  // mean, absolute
  std::int64_t period_s = 0;      // since the oldest sample; at least 1
};

[[nodiscard]] LatencyFigures figures_of(const LatencySeries& series, std::int64_t now_s);

}  // namespace respawn::engine
