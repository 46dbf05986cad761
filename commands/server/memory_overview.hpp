// Where the memory is, for INFO and MEMORY.
#pragma once

#include <cstdint>

#include "commands/families.hpp"
#include "engine/run/environment.hpp"

namespace respawn::commands {

/// In bytes.
struct MemoryOverview {
  MemoryFacts facts;
  std::uint64_t peak = 0;      // of facts.used, as far as anybody looked
  std::uint64_t startup = 0;   // of facts.used: what an empty server has
  std::uint64_t clients = 0;   // sessions and their buffers
  std::uint64_t overhead = 0;  // start, tables and clients: what is no data, at most facts.used

  [[nodiscard]] std::uint64_t dataset() const { return facts.used - overhead; }

  /// What came since the start.
  [[nodiscard]] std::uint64_t net() const { return facts.used - startup; }
};

/// Also raises the peak. O(clients + databases).
[[nodiscard]] MemoryOverview memory_overview(Environment& environment);

/// 0 of nothing.
[[nodiscard]] inline double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

[[nodiscard]] inline std::int64_t difference(std::uint64_t more, std::uint64_t less) {
  return static_cast<std::int64_t>(more) - static_cast<std::int64_t>(less);
}

}  // namespace respawn::commands
