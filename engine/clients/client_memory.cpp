#include "engine/clients/client_memory.hpp"

namespace respawn::engine {

namespace {

constexpr std::size_t node_bytes = 64;  // of a tree or a list, about

template <class Names>
std::size_t bytes_of_names(const Names& names) {
  std::size_t bytes = 0;
  for (const auto& [name, place] : names) bytes += 2 * node_bytes + name.size();
  return bytes;
}

/// What is kept for it in the session and in tables.
std::size_t bytes_of_wishes(const Session& session) {
  std::size_t bytes = bytes_of_names(session.channels) + bytes_of_names(session.patterns) +
                      bytes_of_names(session.shard_channels);
  for (const WatchedKey& watched : session.transaction.watched)
    bytes += sizeof(WatchedKey) + 2 * node_bytes + 2 * watched.key.size();
  for (const std::string& prefix : session.tracking.prefixes)
    bytes += 2 * node_bytes + prefix.size();
  return bytes;
}

}  // namespace

std::size_t argument_bytes(const Session& session) {
  const Batch& batch = session.batch;
  if (!session.keyspace_holds_batch() || batch.next >= batch.commands.slices.size()) return 0;
  std::size_t bytes = 0;
  for (const std::string_view argument : batch.next_command()) bytes += argument.size();
  return bytes;
}

std::size_t client_memory_bytes(const Session& session) {
  const SocketFacts& facts = session.facts;
  return sizeof(Session) + facts.query_bytes.load(std::memory_order_relaxed) +
         facts.query_free_bytes.load(std::memory_order_relaxed) +
         facts.output_bytes.load(std::memory_order_relaxed) + session.pushes.total_bytes() +
         argument_bytes(session) + session.transaction.memory_bytes() + bytes_of_wishes(session);
}

}  // namespace respawn::engine
