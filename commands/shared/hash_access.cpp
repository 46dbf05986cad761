#include "commands/shared/hash_access.hpp"

#include <limits>

#include "engine/run/removal.hpp"
#include "engine/run/value_limits.hpp"

namespace respawn::commands {

using keyspace::Hash;
using keyspace::Key;

keyspace::HashLimits hash_limits(const Execution& x) {
  return engine::hash_limits(x.config());
}

namespace {

/// The entry without up to `fields_max` fields that are over, or null when all were.
const keyspace::Entry* without_expired(Execution& x, const Key& key, const keyspace::Entry* entry,
                                       std::size_t fields_max) {
  if (!entry || entry->object<Hash>().earliest_expiry_ms() >= x.expiry_now_ms()) [[likely]]
    return entry;
  if (!x.may_expire()) return entry;
  keyspace::Change change = x.change(key, entry);
  const std::size_t erased =
      erase_expired_fields(x.store(), x.session().db, change, x.now_ms(), fields_max);
  if (erased > 0) x.happened(key.bytes, hash_event, "hexpired");
  x.erase_if_empty(change);
  return change.entry();
}

/// How many are removed in passing.
std::size_t at_once(Execution& x) {
  return x.store().active_expire ? expired_fields_at_once : 0;
}

}  // namespace

const Hash* read_hash(Execution& x, const Key& key) {
  const keyspace::Entry* entry =
      without_expired(x, key, x.find_read(key, Hash::object_type), at_once(x));
  return entry ? &entry->object<Hash>() : nullptr;
}

const Hash* read_live_hash(Execution& x, const Key& key) {
  const keyspace::Entry* entry = x.find_read(key, Hash::object_type);
  entry = without_expired(x, key, entry, std::numeric_limits<std::size_t>::max());
  return entry ? &entry->object<Hash>() : nullptr;
}

const keyspace::Entry* write_hash(Execution& x, const Key& key) {
  return without_expired(x, key, x.find_write(key, Hash::object_type), at_once(x));
}

std::optional<keyspace::HashField> live_field(const Execution& x, const Hash& hash,
                                              const keyspace::MemberKey& field,
                                              keyspace::FieldScratch& scratch) {
  auto found = hash.find(field, scratch);
  if (found && found->expired(x.expiry_now_ms())) found.reset();
  return found;
}

std::optional<keyspace::HashField> live_field(Execution& x, keyspace::Change& change,
                                              const keyspace::MemberKey& field,
                                              keyspace::FieldScratch& scratch) {
  auto found = change.object<Hash>().find(field, scratch);
  if (found && found->expired(x.expiry_now_ms())) {
    erase_expired_field(x.store(), x.session().db, change, field);
    found.reset();
  }
  return found;
}

}  // namespace respawn::commands
