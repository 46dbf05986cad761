// How entries come to consumers: what XREADGROUP, XCLAIM and XAUTOCLAIM have in common.
#pragma once

#include <string_view>

#include "commands/shared/stream_access.hpp"

namespace respawn::commands {

/// A group that is changed, in its stream. Owner: a handler, on its stack.
struct GroupAtWork {
  std::string_view key;
  keyspace::Stream& stream;
  keyspace::StreamGroup& group;
};

/// The consumer, which is made if there is none; it has been seen.
keyspace::StreamConsumer& seen_consumer(Execution& x, const GroupAtWork& at, std::string_view name);

/// Makes a consumer that is not there yet.
keyspace::StreamConsumer& make_consumer(Execution& x, const GroupAtWork& at, std::string_view name);

/// Pending entries like this one are made on equal data, or go where the stream lacks the entry.
/// One that was given back is told as that of a consumer without a name, without LASTID: who
/// replays it here takes it for what it is, and elsewhere anybody may claim it.
void propagate_pending(Execution& x, const GroupAtWork& at, const keyspace::PendingEntry& entry);

/// What was deleted is pending no more.
void drop_deleted(Execution& x, const GroupAtWork& at, const keyspace::PendingEntry& entry);

/// How far the group has read.
void propagate_progress(Execution& x, const GroupAtWork& at);

}  // namespace respawn::commands
