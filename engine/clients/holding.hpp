// Clients whose next command is held by a pause.
#pragma once

#include <cstdint>
#include <map>

#include "engine/clients/client_table.hpp"

namespace respawn::engine {

/// Owner: Blocking. Derived from the sessions: a successor calls rebuild(), which keeps the order
/// of arrival. Invariant: a session is here if and only if its `held` is not 0; its batch is parked
/// then, or is about to be.
class Holding {
 public:
  explicit Holding(ClientTable& clients) : clients_(&clients) {}

  /// The command `batch.next` of a session that is neither held nor blocked is to run later, as if
  /// it had come then.
  void hold(Session& session);

  /// The session leaves, or goes on. O(log held).
  void forget(Session& session);

  /// Who came first, or null.
  [[nodiscard]] Session* first() const { return held_.empty() ? nullptr : held_.begin()->second; }

  /// Counts them as blocked clients, too: that count begins anew before.
  void rebuild();

 private:
  ClientTable* clients_;
  std::map<std::uint64_t, Session*> held_;  // by Session::held
};

}  // namespace respawn::engine
