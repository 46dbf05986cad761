// What a command did, beyond its reply: recorded while it runs, carried out by the executor behind
// it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "commands/spec.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::commands {

/// A key was changed, or something happened to it that listeners may want to know.
struct KeyEvent {
  int event_class = 0;     // config::keyspace_event bit
  std::string_view event;  // "set", "del", "expired"...
  std::string_view key;    // into the arguments, or into `storage` of the effects
  int db = 0;
};

/// What a blocked client is answered when its time is over.
enum class TimeoutReply : std::uint8_t { null_array, null, zero };

/// Wish to wait until one of the keys is there.
struct BlockRequest {
  std::vector<std::string_view> keys;
  std::int64_t timeout_ms = 0;  // 0 = for ever
  TimeoutReply on_timeout = TimeoutReply::null_array;
  keyspace::Type wanted = keyspace::Type::list;
};

/// Reused for each command; empty in between. Attach points of later issues: `events` also feed
/// WATCH, client tracking and the append log (a command's own arguments, or `rewritten`, are
/// propagated when `dirty` grew).
struct Effects {
  std::vector<KeyEvent> events;
  std::deque<std::string> storage;
  std::uint64_t dirty = 0;
  bool block = false;
  BlockRequest block_request;

  void clear() {
    events.clear();
    storage.clear();
    dirty = 0;
    block = false;
    block_request.keys.clear();
  }
};

}  // namespace respawn::commands
