#include "commands/shared/hash_access.hpp"

namespace respawn::commands {

using keyspace::Hash;
using keyspace::Key;

keyspace::HashLimits hash_limits(const Execution& x) {
  const config::Config& config = x.config();
  return {
      .max_listpack_entries = static_cast<std::size_t>(config.hash_max_listpack_entries),
      .max_listpack_value_bytes = static_cast<std::size_t>(config.hash_max_listpack_value_bytes)};
}

void erase_if_empty(Execution& x, const Key& key, const Hash& hash) {
  if (!hash.empty()) return;
  x.db().erase(key);
  x.happened(key.bytes, config::keyspace_event::generic, "del");
}

bool erase_expired_fields(Execution& x, const Key& key, Hash& hash, std::size_t fields_max) {
  const std::size_t erased = hash.erase_expired(x.now_ms(), fields_max);
  if (erased == 0) return true;
  x.happened(key.bytes, config::keyspace_event::hash, "hexpired");
  x.count_changes(erased);
  const bool left = !hash.empty();
  erase_if_empty(x, key, hash);
  return left;
}

namespace {

Hash* without_expired(Execution& x, const Key& key, keyspace::Entry* entry) {
  if (!entry) return nullptr;
  Hash& hash = entry->object<Hash>();
  if (!x.store().active_expire) return &hash;
  return erase_expired_fields(x, key, hash, expired_fields_at_once) ? &hash : nullptr;
}

}  // namespace

Hash* read_hash(Execution& x, const Key& key) {
  return without_expired(x, key, x.find_read(key, Hash::object_type));
}

Hash* write_hash(Execution& x, const Key& key) {
  return without_expired(x, key, x.find_write(key, Hash::object_type));
}

std::optional<keyspace::HashField> live_field(const Execution& x, const Hash& hash,
                                              const keyspace::MemberKey& field,
                                              keyspace::FieldScratch& scratch) {
  auto found = hash.find(field, scratch);
  if (found && found->expired(x.now_ms())) found.reset();
  return found;
}

}  // namespace respawn::commands
