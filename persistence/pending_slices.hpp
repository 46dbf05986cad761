// What is pending in a stream's group, or at a consumer, in slices.
#pragma once

#include <cstddef>
#include <functional>

#include "base/slices.hpp"
#include "keyspace/types/stream_group.hpp"

namespace respawn::persistence {

namespace pending {

inline const keyspace::StreamId& id_of(const keyspace::StreamId& id) {
  return id;
}

inline const keyspace::StreamId& id_of(const keyspace::PendingEntry& entry) {
  return entry.id;
}

}  // namespace pending

/// Calls visit(record) for each, in the order of IDs, `per_slice` in one slice. `of` stays as it is
/// meanwhile. Record: PendingEntry of a StreamGroup, StreamId of a StreamConsumer.
template <class Record, class Pending>
Slices visit_pending(const Pending& of, std::size_t per_slice,
                     std::function<void(const Record&)> visit) {
  keyspace::StreamId from = keyspace::first_stream_id;
  bool more = true;
  while (more) {
    more = false;
    std::size_t visited = 0;
    of.for_each_pending(from, [&](const Record& record) {
      more = visited++ == per_slice;
      if (more)
        from = pending::id_of(record);
      else
        visit(record);
      return !more;
    });
    if (more) co_await end_of_slice;
  }
}

}  // namespace respawn::persistence
