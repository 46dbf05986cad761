// CLIENT PAUSE: whose commands are held at present, and until when.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "engine/clients/session.hpp"
#include "engine/table/spec.hpp"

namespace respawn::engine {

/// Owner: the store, so a pause outlives the keyspace actor. While it lasts nothing expires and
/// nothing is evicted either: the data stands still but for what a unit that had begun still does.
class Pause {
 public:
  enum class Mode : std::uint8_t {
    none,
    write,  // commands that may change something, here or at replicas
    all,
  };

  /// A longer one (140,000 years) is cut to this, so that its end is a number.
  static constexpr std::int64_t longest_ms = std::numeric_limits<std::int64_t>::max() / 2000;

  [[nodiscard]] Mode mode() const { return mode_; }

  [[nodiscard]] bool active() const { return mode_ != Mode::none; }

  /// Monotonic; while active.
  [[nodiscard]] std::int64_t until_us() const { return until_us_; }

  /// Of two pauses the stricter one counts, until the later of their ends.
  void begin(Mode mode, std::int64_t until_us) {
    mode_ = std::max(mode_, mode);
    until_us_ = std::max(until_us_, until_us);
  }

  void end() { *this = {}; }

  /// Whether a command with these flags (flags_of_call) that could run now is held. A monitor is
  /// shown what others do, and does nothing itself that a pause would be for.
  [[nodiscard]] bool holds(const Session& session, Flags flags) const {
    if (mode_ == Mode::none || session.monitor) return false;
    return mode_ == Mode::all || flags.has(Flag::write) || flags.has(Flag::may_replicate);
  }

 private:
  Mode mode_ = Mode::none;
  std::int64_t until_us_ = 0;
};

}  // namespace respawn::engine
