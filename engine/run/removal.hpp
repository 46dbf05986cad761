// Keys and fields that go without anybody having asked for it: their time is over, or room is
// needed.
#pragma once

#include "engine/run/environment.hpp"
#include "keyspace/change.hpp"
#include "keyspace/types/hash.hpp"

namespace respawn::engine {

/// Within a command: removes a key whose time is over. What is propagated is its deletion; the
/// event is the caller's.
void erase_expired(Store& store, int db, const keyspace::Key& key, const keyspace::Entry* entry);

/// Within a command or a unit: removes up to `fields_max` fields whose time is over from the hash
/// of `change`; says how many. What is propagated is HDEL; the events, and the end of a hash that
/// became empty, are the caller's.
std::size_t erase_expired_fields(Store& store, int db, keyspace::Change& change,
                                 std::int64_t now_ms, std::size_t fields_max);

/// Within a command: removes one field, whose time is over, likewise.
void erase_expired_field(Store& store, int db, keyspace::Change& change,
                         const keyspace::MemberKey& field);

enum class Removal : std::uint8_t { expired, evicted };

/// As a unit of its own: removes the key, with its event.
void remove_unasked(Environment& environment, int db, const keyspace::Entry& entry, Removal why);

/// As a unit of its own: removes up to `fields_max` fields whose time is over from a hash that
/// Database::next_expired_fields() named, with the events; says how many. The key goes with its
/// last field.
std::size_t remove_expired_fields(Environment& environment, int db, const keyspace::Entry& entry,
                                  std::size_t fields_max);

}  // namespace respawn::engine
