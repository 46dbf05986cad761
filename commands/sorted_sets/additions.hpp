// What ZADD, ZINCRBY and GEOADD do once their arguments are understood.
#pragma once

#include <string_view>
#include <vector>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

struct AddOptions {
  bool only_new = false;       // NX
  bool only_existing = false;  // XX
  bool only_greater = false;   // GT
  bool only_less = false;      // LT
  bool count_updates = false;  // CH
  bool increment = false;      // INCR
};

struct Addition {
  std::string_view member;
  double score = 0;
};

/// Adds the members, or changes their scores, as far as the options permit, and replies. With
/// INCR, `additions` is a single one.
void add_members(Execution& x, std::string_view key, const std::vector<Addition>& additions,
                 const AddOptions& options);

}  // namespace respawn::commands
