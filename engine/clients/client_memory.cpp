#include "engine/clients/client_memory.hpp"

namespace respawn::engine {

std::size_t argument_bytes(const Session& session) {
  const Batch& batch = session.batch;
  if (!session.keyspace_holds_batch() || batch.next >= batch.commands.slices.size()) return 0;
  std::size_t bytes = 0;
  for (const std::string_view argument : batch.next_command()) bytes += argument.size();
  return bytes;
}

std::size_t client_memory_bytes(const Session& session) {
  return sizeof(Session) + session.facts.held_bytes() + session.pushes.total_bytes() +
         argument_bytes(session) + session.transaction.memory_bytes() + session.names_bytes;
}

}  // namespace respawn::engine
