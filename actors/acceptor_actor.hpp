// Accepts on one listening socket and has a connection actor started for each client.
#pragma once

#include <memory>

#include "actors/server_context.hpp"
#include "net/loop_actor.hpp"

namespace respawn::actors {

/// A listening descriptor that the wiring lends to an acceptor, and to its successor when that one
/// fails. Owner: both; used on the thread of the acceptors' loop only.
struct ListeningPost {
  int fd = -1;  // below 0: taken back
  bool unix_socket = false;
  net::Listener* listener = nullptr;  // of the acceptor at work

  /// Nobody accepts here any more, and the descriptor can be closed. Whom the kernel has accepted
  /// by then the acceptor still hears of in the loop's next turn.
  void take_back();
};

/// Has a connection actor started for a client that was accepted, or sent away.
void welcome(ServerContext& context, const std::shared_ptr<Admission>& admission, bool unix_socket,
             std::int64_t now_ms);

/// Child of the network supervisor (permanent). Borrows the listening descriptor from the wiring,
/// so that clients in the kernel's backlog survive its restart. Without one it does nothing until
/// it is told to end.
class AcceptorActor final : public net::LoopActor, private net::AcceptHandler {
 public:
  static constexpr std::int64_t retry_us = 100'000;  // after accept failed (EMFILE...)

  AcceptorActor(caf::actor_config& config, net::EventLoop& loop, ServerContext& context,
                std::shared_ptr<ListeningPost> post);

  const char* name() const override { return "acceptor"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  void on_accepted(net::AcceptedSocket socket) override;
  void on_accept_error(int error) override;

  ServerContext& context_;
  const std::shared_ptr<ListeningPost> post_;
  std::unique_ptr<net::Listener> listener_;
  bool complained_ = false;
};

}  // namespace respawn::actors
