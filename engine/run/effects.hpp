// What a command did, beyond its reply: recorded while it runs, carried out by the executor behind
// it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/clients/block_request.hpp"

namespace respawn::engine {

/// A key was changed, or something happened to it that listeners may want to know.
struct KeyEvent {
  int event_class = 0;     // config::keyspace_event bit
  std::string_view event;  // "set", "del", "expired"...
  std::string_view key;    // into the arguments, or into `storage` of the effects
  int db = 0;
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

}  // namespace respawn::engine
