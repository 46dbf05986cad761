// Clients that wait for keys: who, for what, until when.
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "engine/clients/block_request.hpp"
#include "engine/clients/client_table.hpp"
#include "engine/clients/holding.hpp"

namespace respawn::engine {

/// Owner: the keyspace actor. Derived from the sessions' blocked states: a successor calls
/// rebuild(), which keeps the order of arrival. A waiter is served in the order of its arrival; a
/// client that leaves is removed at once, so the table never holds a dangling one.
class Blocking {
 public:
  Blocking(ClientTable& clients, keyspace::WaiterTable& waiters)
      : clients_(&clients), waiters_(&waiters), holding_(clients) {}

  /// Blocks a session that is not blocked. The keys are copied.
  void block(Session& session, const BlockRequest& request, std::int64_t now_us);

  /// The session, which waits, is due but its time is not over: its command is to run again.
  void look_again(Session& session);

  /// It ran again and goes on waiting, as the request says.
  void go_on_waiting(Session& session, const BlockRequest& request, std::int64_t now_us);

  /// Ends the wait, whatever the reason; the reply is in the batch's output, complete. The session
  /// goes on the list of take_resumed(), in this table or in that of a successor.
  void release(Session& session);

  /// Forgets a session that leaves, also when a pause holds it; it is not resumed.
  void forget(Session& session);

  /// When the next one is due (monotonic), or 0.
  [[nodiscard]] std::int64_t next_deadline_us() const;

  /// The session that is due at `now_us`, earliest first, or null. The caller answers and releases
  /// it, or has it look again.
  [[nodiscard]] Session* first_expired(std::int64_t now_us) const;

  /// Sessions whose batches go on, in the order in which they were released.
  std::vector<SessionPtr> take_resumed();

  [[nodiscard]] keyspace::WaiterTable& waiters() { return *waiters_; }

  [[nodiscard]] Holding& holding() { return holding_; }

  /// Registers every blocked session anew, with its keys as ready ones; and those that were
  /// answered but have not gone on.
  void rebuild();

 private:
  void enlist(keyspace::Waiter& waiter);
  void set_look_again(Session& session, std::int64_t at_us);
  void leave(Session& session);
  void readmit(const SessionPtr& session);

  ClientTable* clients_;
  keyspace::WaiterTable* waiters_;
  Holding holding_;
  std::set<std::pair<std::int64_t, Session*>> deadlines_;
  std::vector<SessionPtr> resumed_;
};

/// Writes what a command that waits is answered when its time is over.
void answer_timeout(Buffer& output, protocol::RespVersion version, TimeoutReply on_timeout);

/// The same for one that asked to wait and may not.
void answer_at_once(Buffer& output, protocol::RespVersion version, TimeoutReply on_timeout);

}  // namespace respawn::engine
