// A stream as the commands that make it anew.
#pragma once

#include <string_view>

#include "base/slices.hpp"
#include "keyspace/types/stream.hpp"
#include "persistence/append_log/value_commands.hpp"

namespace respawn::persistence {

/// Entries, IDs and counters, groups with their consumers and what is pending. As in Redis, what is
/// pending though its entry was deleted is gone when this is replayed. What nobody has (XNACK) is
/// that of a consumer without a name. Of what is remembered of producers it is not told how many
/// entries and duplicates there were before. In slices, during which the arguments stay as they
/// are. O(value).
Slices stream_commands(std::string_view key, const keyspace::Stream& stream,
                       const CommandTaker& take);

}  // namespace respawn::persistence
