// Whose commands are held at present, and until when: CLIENT PAUSE, and a disk that is behind.
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

  /// Of CLIENT PAUSE.
  [[nodiscard]] Mode mode() const { return asked_; }

  [[nodiscard]] bool active() const { return mode_ != Mode::none; }

  /// Whether it ends by itself, at until_us().
  [[nodiscard]] bool is_timed() const { return asked_ != Mode::none; }

  /// Monotonic; while is_timed().
  [[nodiscard]] std::int64_t until_us() const { return until_us_; }

  /// Of two pauses the stricter one counts, until the later of their ends.
  void begin(Mode mode, std::int64_t until_us) {
    asked_ = std::max(asked_, mode);
    until_us_ = std::max(until_us_, until_us);
    combine();
  }

  void end() {
    asked_ = Mode::none;
    until_us_ = 0;
    combine();
  }

  /// The disk cannot take more at present: what writes is held until it can.
  void wait_for_disk(bool waits) {
    waits_for_disk_ = waits;
    combine();
  }

  [[nodiscard]] bool waits_for_disk() const { return waits_for_disk_; }

  /// Whether a command with these flags (flags_of_call) that could run now is held. A monitor is
  /// shown what others do, and does nothing itself that a pause would be for.
  [[nodiscard]] bool holds(const Session& session, Flags flags) const {
    if (mode_ == Mode::none || session.monitor) return false;
    return mode_ == Mode::all || flags.has(Flag::write) || flags.has(Flag::may_replicate);
  }

 private:
  void combine() { mode_ = std::max(asked_, waits_for_disk_ ? Mode::write : Mode::none); }

  Mode mode_ = Mode::none;   // what is in force
  Mode asked_ = Mode::none;  // by CLIENT PAUSE
  bool waits_for_disk_ = false;
  std::int64_t until_us_ = 0;
};

}  // namespace respawn::engine
