#include "actors/acceptor_actor.hpp"

#include <caf/send.hpp>
#include <cstring>

#include "actors/connection_actor.hpp"
#include "base/loopback.hpp"
#include "net/socket.hpp"
#include "supervision/messages.hpp"

namespace respawn::actors {

namespace {

constexpr const char* connections_path = "root/network/connections";

constexpr std::string_view too_many_clients = "-ERR max number of clients reached\r\n";

constexpr std::string_view protected_mode_refusal =
    "-DENIED Redis is running in protected mode: no password is set, so only clients of this "
    "machine are served. To serve others, set a password (requirepass), or protected-mode no where "
    "the network itself is safe.\r\n";

}  // namespace

AcceptorActor::AcceptorActor(caf::actor_config& config, net::EventLoop& loop,
                             ServerContext& context, int listening_fd, bool unix_socket)
    : net::LoopActor(config, loop),
      context_(context),
      listening_fd_(listening_fd),
      unix_socket_(unix_socket) {}

caf::behavior AcceptorActor::make_behavior() {
  listener_ = loop().listen(listening_fd_, *this);
  return {[](supervision::StopSupervisor) {}};
}

void AcceptorActor::on_exit() {
  listener_.reset();
}

void AcceptorActor::on_accepted(net::AcceptedSocket socket) {
  auto admission = std::make_shared<Admission>(context_, socket);
  in_context([&] { welcome(std::move(admission)); });
}

void AcceptorActor::welcome(std::shared_ptr<Admission> admission) {
  complained_ = false;
  const auto config = context_.config.get();
  std::string farewell;
  if (admission->exceeds(config->maxclients)) {
    farewell = too_many_clients;
  } else if (!unix_socket_ && config->protected_mode && config->requirepass.empty() &&
             !is_loopback(net::peer_address_text(admission->fd()))) {
    farewell = protected_mode_refusal;
  }
  auto& counted = farewell.empty() ? context_.counters.received : context_.counters.rejected;
  counted.fetch_add(1, std::memory_order_relaxed);

  auto session = std::make_shared<ActorSession>();
  session->id = context_.counters.next_client_id.fetch_add(1, std::memory_order_relaxed);
  session->created_ms = loop().clock().wall_us() / 1000;
  session->unix_socket = unix_socket_;
  session->authenticated = config->requirepass.empty();

  net::EventLoop& home =
      *context_.connection_loops[next_loop_++ % context_.connection_loops.size()];
  supervision::ChildSpec child;
  child.id = "connection:" + std::to_string(session->id);
  child.start = [&context = context_, &home, session = std::move(session),
                 admission = std::move(admission),
                 farewell = std::move(farewell)]() -> Result<caf::actor> {
    return net::spawn_on<ConnectionActor>(home, context, session, admission, farewell);
  };
  if (caf::actor supervisor = context_.board->find(connections_path))
    caf::anon_send(supervisor, supervision::StartChild{std::move(child)});
}

void AcceptorActor::on_accept_error(int error) {
  in_context([&] {
    if (!complained_)
      context_.log(engine::LogLevel::warning,
                   std::string("Accepting a client failed: ") + std::strerror(error));
    complained_ = true;
    call_after(retry_us, [this] { listener_->resume(); });
  });
}

}  // namespace respawn::actors
