#include "engine/run/keyspace_events.hpp"

namespace respawn::engine {

void tell_events(Environment& environment, std::span<const KeyEvent> events) {
  const int wanted = environment.config().notify_keyspace_events;
  if (wanted == 0) [[likely]]
    return;
  for (const KeyEvent& event : events) {
    if ((event.event_class & wanted) == 0) continue;
    const std::string db = std::to_string(event.db);
    if (wanted & config::keyspace_event::keyspace)
      environment.subscriptions.publish("__keyspace@" + db + "__:" + std::string(event.key),
                                        event.event);
    if (wanted & config::keyspace_event::keyevent)
      environment.subscriptions.publish("__keyevent@" + db + "__:" + std::string(event.event),
                                        event.key);
  }
}

}  // namespace respawn::engine
