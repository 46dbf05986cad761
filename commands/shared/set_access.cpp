#include "commands/shared/set_access.hpp"

#include "engine/run/value_limits.hpp"

namespace respawn::commands {

using keyspace::Set;

keyspace::SetLimits set_limits(const Execution& x) {
  return engine::set_limits(x.config());
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
