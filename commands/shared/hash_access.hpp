// What the hash commands share: limits, finding hashes and their fields, what removal entails.
#pragma once

#include <optional>
#include <string_view>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"
#include "keyspace/types/hash.hpp"

namespace respawn::commands {

/// The class of keyspace notifications to which the events of hashes belong.
inline constexpr int hash_event = config::keyspace_event::hash;

[[nodiscard]] keyspace::HashLimits hash_limits(const Execution& x);

/// Finding a hash removes the fields whose time is over, with their event, up to this many; what
/// is left of a hash with more of them is hidden by live_field() and removed by time. Nothing is
/// removed while DEBUG SET-ACTIVE-EXPIRE has stopped it.
inline constexpr std::size_t expired_fields_at_once = 128;

/// The hash to be read; null when there is none or x.failed(). The key is gone when its last field
/// has expired.
[[nodiscard]] const keyspace::Hash* read_hash(Execution& x, const keyspace::Key& key);

/// The same without any field whose time is over, however many there are: who draws one at random
/// must not meet them.
[[nodiscard]] const keyspace::Hash* read_live_hash(Execution& x, const keyspace::Key& key);

/// The entry of the hash to be changed, likewise.
[[nodiscard]] const keyspace::Entry* write_hash(Execution& x, const keyspace::Key& key);

/// The field, unless its time is over.
[[nodiscard]] std::optional<keyspace::HashField> live_field(const Execution& x,
                                                            const keyspace::Hash& hash,
                                                            const keyspace::MemberKey& field,
                                                            keyspace::FieldScratch& scratch);

/// The same for a command that changes the hash: a field whose time is over is removed, so that
/// what follows finds it as absent as those who replay it do.
[[nodiscard]] std::optional<keyspace::HashField> live_field(Execution& x, keyspace::Change& change,
                                                            const keyspace::MemberKey& field,
                                                            keyspace::FieldScratch& scratch);

}  // namespace respawn::commands
