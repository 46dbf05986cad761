// Where the keyspace actor is to be found, whoever it is at the moment.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace respawn::actors {

/// Thread-safe. Connections enter themselves instead of monitoring the keyspace actor: with 100,000
/// of them CAF would search a list at every disconnect. Nobody touches it per command.
class KeyspaceDirectory {
 public:
  /// Makes `keyspace` the present one and tells every connection (KeyspaceStarted).
  void announce(const caf::actor& keyspace, std::uint64_t generation);

  /// Enters a connection and returns the present keyspace actor (which may be dead or, before the
  /// first announcement, empty): it will hear of every later one.
  caf::actor enter(std::uint64_t client_id, caf::actor_addr connection);
  void leave(std::uint64_t client_id);

  /// Tells every connection that something it applies has changed (ConfigChanged).
  void tell_of_change() const;

  [[nodiscard]] caf::actor present() const;

  /// Drops the handle, so that the last actor can be destroyed (at the end of the process).
  void close();

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  caf::actor keyspace_;
  std::unordered_map<std::uint64_t, caf::actor_addr> connections_;
};

}  // namespace respawn::actors
