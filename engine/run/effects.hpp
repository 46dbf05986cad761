// What a command did, beyond its reply: recorded while it runs, carried out behind it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/clients/block_request.hpp"
#include "engine/run/unit_record.hpp"

namespace respawn::engine {

/// A key was changed, or something happened to it that listeners may want to know.
struct KeyEvent {
  int event_class = 0;     // config::keyspace_event bit
  std::string_view event;  // "set", "del", "expired"...
  std::string_view key;    // into the arguments, or into `storage` of the effects
  int db = 0;
};

/// How a command is replayed.
enum class Replay : std::uint8_t {
  as_sent,  // word by word, if it changed something
  always,   // word by word, also if it changed nothing (FLUSHALL, PUBLISH)
  as_told,  // as `rewritten` says
  not_at_all,
};

/// Owner: the runner, one for each level of nesting; reused, empty in between.
struct Effects {
  std::vector<KeyEvent> events;  // those of the classes that somebody asked for
  std::deque<std::string> storage;
  std::uint64_t changes = 0;
  bool block = false;
  BlockRequest block_request;

  // Only while the unit is recorded.
  Replay replay = Replay::as_sent;
  Targets targets = Targets::everybody;
  std::vector<Propagated> rewritten;

  void clear() {
    events.clear();
    storage.clear();
    changes = 0;
    block = false;
    block_request.keys.clear();
    replay = Replay::as_sent;
    targets = Targets::everybody;
    rewritten.clear();
  }
};

}  // namespace respawn::engine
