// Where a command that may wait takes from: the first of its keys that holds the right type.
#pragma once

#include <string_view>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

/// The entry of a key if it holds a T, else null, with WRONGTYPE if it holds something else. For a
/// client that waited, a key that became something else is not there.
template <class T>
const keyspace::Entry* find_source(Execution& x, const keyspace::Key& key) {
  const keyspace::Entry* entry = x.find_write(key);
  if (!entry || entry->type() == T::object_type) return entry;
  if (!x.resuming()) x.fail(errors::wrong_type);
  return nullptr;
}

/// Calls serve(Change&) for the first of the keys that holds a T. False when there is none, or
/// after an error.
template <class T, class Serve>
bool serve_first(Execution& x, Args keys, Serve&& serve) {
  for (std::string_view text : keys) {
    const keyspace::Key key = x.key(text);
    const keyspace::Entry* entry = find_source<T>(x, key);
    if (x.failed()) return false;
    if (!entry) continue;
    keyspace::Change change = x.change(key, entry);
    serve(change);
    return true;
  }
  return false;
}

}  // namespace respawn::commands
