// Accepts on one listening socket and has a connection actor started for each client.
#pragma once

#include <memory>

#include "actors/server_context.hpp"
#include "net/loop_actor.hpp"

namespace respawn::actors {

/// Child of the network supervisor (permanent). Borrows the listening descriptor from the wiring,
/// so that clients in the kernel's backlog survive its restart.
class AcceptorActor final : public net::LoopActor, private net::AcceptHandler {
 public:
  static constexpr std::int64_t retry_us = 100'000;  // after accept failed (EMFILE...)

  AcceptorActor(caf::actor_config& config, net::EventLoop& loop, ServerContext& context,
                int listening_fd, bool unix_socket);

  const char* name() const override { return "acceptor"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  void on_accepted(net::AcceptedSocket socket) override;
  void on_accept_error(int error) override;
  void welcome(std::shared_ptr<Admission> admission);

  ServerContext& context_;
  const int listening_fd_;
  const bool unix_socket_;
  std::unique_ptr<net::Listener> listener_;
  std::size_t next_loop_ = 0;
  bool complained_ = false;
};

}  // namespace respawn::actors
