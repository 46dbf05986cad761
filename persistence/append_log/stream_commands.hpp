// A stream as the commands that make it anew.
#pragma once

#include "keyspace/entry.hpp"
#include "persistence/append_log/value_commands.hpp"

namespace respawn::persistence {

/// Entries, IDs and counters, groups with their consumers and what is pending. As in Redis, what is
/// pending though its entry was deleted is gone when this is replayed. What nobody has (XNACK) is
/// that of a consumer without a name. Of what is remembered of producers it is not told how many
/// entries and duplicates there were before. O(value).
void stream_commands(const keyspace::Entry& entry, const CommandTaker& take);

}  // namespace respawn::persistence
