#include "commands/shared/set_access.hpp"

namespace respawn::commands {

using keyspace::Set;

keyspace::SetLimits set_limits(const Execution& x) {
  const config::Config& config = x.config();
  return {
      .max_intset_entries = static_cast<std::size_t>(config.set_max_intset_entries),
      .max_listpack_entries = static_cast<std::size_t>(config.set_max_listpack_entries),
      .max_listpack_value_bytes = static_cast<std::size_t>(config.set_max_listpack_value_bytes)};
}

const Set* read_set(Execution& x, const keyspace::Key& key) {
  const keyspace::Entry* entry = x.find_read(key, Set::object_type);
  return entry ? &entry->object<Set>() : nullptr;
}

void reply_members(Execution& x, const Set& set) {
  x.reply.set(set.size());
  set.for_each([&](std::string_view member) { x.reply.bulk(member); });
}

}  // namespace respawn::commands
