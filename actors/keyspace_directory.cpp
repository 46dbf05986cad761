#include "actors/keyspace_directory.hpp"

#include <caf/send.hpp>

#include "actors/messages.hpp"

namespace respawn::actors {

void KeyspaceDirectory::announce(const caf::actor& keyspace, std::uint64_t generation) {
  std::lock_guard guard(mutex_);
  keyspace_ = keyspace;
  for (auto& [id, address] : connections_)
    if (auto connection = caf::actor_cast<caf::actor>(address))
      caf::anon_send(connection, KeyspaceStarted{keyspace, generation});
}

caf::actor KeyspaceDirectory::enter(std::uint64_t client_id, caf::actor_addr connection) {
  std::lock_guard guard(mutex_);
  connections_.insert_or_assign(client_id, std::move(connection));
  return keyspace_;
}

void KeyspaceDirectory::leave(std::uint64_t client_id) {
  std::lock_guard guard(mutex_);
  connections_.erase(client_id);
}

void KeyspaceDirectory::tell_of_change() const {
  std::lock_guard guard(mutex_);
  for (const auto& [id, address] : connections_)
    if (auto connection = caf::actor_cast<caf::actor>(address))
      caf::anon_send(connection, ConfigChanged{});
}

caf::actor KeyspaceDirectory::present() const {
  std::lock_guard guard(mutex_);
  return keyspace_;
}

void KeyspaceDirectory::close() {
  std::lock_guard guard(mutex_);
  keyspace_ = nullptr;
}

}  // namespace respawn::actors
