#include "commands/streams/delivery.hpp"

namespace respawn::commands {

using keyspace::StreamConsumer;

StreamConsumer& make_consumer(Execution& x, const GroupAtWork& at, std::string_view name) {
  StreamConsumer& made = at.group.add_consumer(name, x.now_ms());
  x.changed_unseen();
  x.happened(at.key, stream_event, "xgroup-createconsumer");
  x.propagate_as("XGROUP", "CREATECONSUMER", at.key, at.group.name(), name);
  return made;
}

StreamConsumer& seen_consumer(Execution& x, const GroupAtWork& at, std::string_view name) {
  StreamConsumer* const found = at.group.find_consumer(name);
  StreamConsumer& consumer = found != nullptr ? *found : make_consumer(x, at, name);
  consumer.seen_ms = x.now_ms();
  return consumer;
}

void propagate_pending(Execution& x, const GroupAtWork& at, const keyspace::PendingEntry& entry) {
  const StreamConsumer* const owner = at.group.consumer(entry.consumer);
  if (!x.recorded()) return;
  if (owner == nullptr)
    return x.propagate_as("XCLAIM", at.key, at.group.name(), "", 0, StreamIdText(entry.id).view(),
                          "TIME", 0, "RETRYCOUNT", entry.deliveries, "FORCE", "JUSTID");
  x.propagate_as("XCLAIM", at.key, at.group.name(), owner->name(), 0, StreamIdText(entry.id).view(),
                 "TIME", entry.delivered_ms, "RETRYCOUNT", entry.deliveries, "FORCE", "JUSTID",
                 "LASTID", StreamIdText(at.group.last_id).view());
}

void drop_deleted(Execution& x, const GroupAtWork& at, const keyspace::PendingEntry& entry) {
  propagate_pending(x, at, entry);
  at.group.remove(entry.id);
  x.changed_unseen();
}

void propagate_progress(Execution& x, const GroupAtWork& at) {
  if (!x.recorded()) return;
  x.propagate_as("XGROUP", "SETID", at.key, at.group.name(), StreamIdText(at.group.last_id).view(),
                 "ENTRIESREAD", at.group.entries_read);
}

}  // namespace respawn::commands
