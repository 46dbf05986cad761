// What the hash commands share: limits, finding hashes and their fields, what removal entails.
#pragma once

#include <optional>
#include <string_view>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"
#include "keyspace/types/hash.hpp"

namespace respawn::commands {

[[nodiscard]] keyspace::HashLimits hash_limits(const Execution& x);

/// Finding a hash removes the fields whose time is over, with their event, up to this many; what
/// is left of a hash with more of them is hidden by live_field() and removed by time. Nothing is
/// removed while DEBUG SET-ACTIVE-EXPIRE has stopped it.
inline constexpr std::size_t expired_fields_at_once = 128;

/// The hash to be read, or changed; null when there is none or x.failed(). The key is gone when
/// its last field has expired.
[[nodiscard]] keyspace::Hash* read_hash(Execution& x, const keyspace::Key& key);
[[nodiscard]] keyspace::Hash* write_hash(Execution& x, const keyspace::Key& key);

/// The same for a hash that was found another way; false when the key is gone.
bool erase_expired_fields(Execution& x, const keyspace::Key& key, keyspace::Hash& hash,
                          std::size_t fields_max);

/// The field, unless its time is over.
[[nodiscard]] std::optional<keyspace::HashField> live_field(const Execution& x,
                                                            const keyspace::Hash& hash,
                                                            const keyspace::MemberKey& field,
                                                            keyspace::FieldScratch& scratch);

/// The end of a hash that became empty.
void erase_if_empty(Execution& x, const keyspace::Key& key, const keyspace::Hash& hash);

}  // namespace respawn::commands
