// Units as bytes of the append log: commands as clients send them, each unit whole or not at all.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/buffer.hpp"

namespace respawn::persistence {

/// The annotation of a moment (aof-timestamp-enabled): "#TS:<seconds>", a line. `redis-check-aof
/// --truncate-to-timestamp` looks for them.
[[nodiscard]] inline std::string time_annotation(std::int64_t wall_s) {
  return "#TS:" + std::to_string(wall_s) + "\r\n";
}

/// Owner: who feeds one log. Selects a database where the one before is another, wraps a unit of
/// several effects in MULTI and EXEC, and notes the time (aof-timestamp-enabled) before the first
/// unit of each second. O(bytes).
class UnitEncoder {
 public:
  explicit UnitEncoder(Buffer& to) : to_(&to) {}

  /// A unit of so many effects follows.
  void begin_unit(std::size_t effects) {
    if (effects > 1) begin_transaction();
  }

  /// As a command, or as an annotation what redis-server 7.0 does not know.
  void effect(int db, std::span<const std::string> words);

  void end_unit(std::size_t effects) {
    if (effects > 1) end_transaction();
  }

  /// The annotation, once for each second.
  void note_time(std::int64_t wall_s);

  /// What follows goes into another file, of which nothing is known.
  void begin_file() {
    db_ = -1;
    noted_s_ = 0;
  }

 private:
  void begin_transaction();
  void end_transaction();
  void select(int db);

  Buffer* to_;
  int db_ = -1;  // -1: none is selected
  std::int64_t noted_s_ = 0;
};

}  // namespace respawn::persistence
