// What the list commands share: limits, ranges, replies of elements, and what removal entails.
#pragma once

#include <cstdint>
#include <optional>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

/// The class of keyspace notifications to which the events of lists belong.
inline constexpr int list_event = config::keyspace_event::list;

[[nodiscard]] keyspace::ListLimits list_limits(Execution& x);

/// A part of a list; `count` may be 0.
struct ListRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// Redis's start and stop: both inclusive, from the end when negative, cut to what is there.
[[nodiscard]] ListRange clamp_range(std::int64_t start, std::int64_t stop, std::size_t size);

/// Redis's index (from the end when negative), or none outside the list.
[[nodiscard]] std::optional<std::size_t> clamp_index(std::int64_t index, std::size_t size);

/// An array of `count` elements from `index` on, which are there.
void reply_elements(Execution& x, const keyspace::List& list, std::size_t index, std::size_t count,
                    keyspace::End towards);

/// Whether a list can have such elements; else fails.
[[nodiscard]] bool fit_a_list(Execution& x, Args elements);

/// Adds elements at an end, making the list when there is none, and lets waiters know. Says how
/// many there are now. The event and the count of changes are the caller's.
std::size_t push_elements(Execution& x, keyspace::Change& change, keyspace::End end, Args elements);

}  // namespace respawn::commands
