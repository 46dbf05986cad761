// How keyspace, disk and connections reach each other about the append log.
#pragma once

#include <caf/actor.hpp>
#include <map>
#include <memory>
#include <mutex>

#include "actors/durable_gate.hpp"
#include "actors/messages.hpp"
#include "net/event_loop.hpp"
#include "net/loop_message.hpp"

namespace respawn::actors {

/// Owner: the server's context. Thread-safe, but for connect(), which comes before all else.
class AppendLogLink {
 public:
  AppendLogLink();

  /// Whose progress the gates look at. Without it everything goes out at once.
  void connect(const persistence::LogTail& tail) { tail_ = &tail; }

  /// The gate of the connections on this loop; made when it is asked for first.
  DurableGate& gate_of(const net::EventLoop& loop);

  /// The disk actor, whoever it is at the moment.
  void enter(caf::actor disk);
  void leave(const caf::actor_addr& disk);

  /// There is something to take out of the tail. The keyspace's thread.
  void tell_disk();

  /// Drops the handle, so that the last actor can be destroyed (at the end of the process).
  void close();

 private:
  struct Mail {
    net::LoopMessage<LogHandedOver> handed_over;
  };

  const persistence::LogTail* tail_ = nullptr;
  std::shared_ptr<Mail> mail_;
  std::mutex mutex_;
  // Guarded by mutex_:
  caf::actor disk_;
  std::map<const net::EventLoop*, std::unique_ptr<DurableGate>> gates_;
};

}  // namespace respawn::actors
