// Which arguments of a command are keys, from its key specifications.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/table/spec.hpp"

namespace respawn::engine {

struct FoundKey {
  std::size_t position = 0;  // among the arguments, the command's name included
  KeyFlags flags;
};

/// In the order of the specifications. None when the arguments cannot be understood; empty when
/// there are no keys among them. The arity must have been checked. O(arguments).
[[nodiscard]] std::optional<std::vector<FoundKey>> find_keys(const CommandSpec& spec, Args args);

/// Whether the command may have keys at all.
[[nodiscard]] bool has_keys(const CommandSpec& spec);

/// The one range of keys that clients without key specifications go by: first and last argument
/// (negative: from the end) and step; zeros when there is none. `complete` says whether it names
/// all keys: if not, the command has movable keys.
struct KeyRange {
  int first = 0;
  int last = 0;
  int step = 0;
  bool complete = true;
};

[[nodiscard]] KeyRange key_range_of(const CommandSpec& spec);

}  // namespace respawn::engine
