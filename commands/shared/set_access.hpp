// What the set commands share: limits, and what removal entails.
#pragma once

#include <string_view>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"
#include "keyspace/types/set.hpp"

namespace respawn::commands {

/// The class of keyspace notifications to which the events of sets belong.
inline constexpr int set_event = config::keyspace_event::set;

[[nodiscard]] keyspace::SetLimits set_limits(const Execution& x);

/// The set to be read, null when there is none or x.failed().
[[nodiscard]] const keyspace::Set* read_set(Execution& x, const keyspace::Key& key);

/// A reply of all members, as a set.
void reply_members(Execution& x, const keyspace::Set& set);

}  // namespace respawn::commands
