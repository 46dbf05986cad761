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

void ListeningPost::take_back() {
  if (listener != nullptr) listener->pause();
  listener = nullptr;
  fd = -1;
}

void welcome(ServerContext& context, const std::shared_ptr<Admission>& admission, bool unix_socket,
             std::int64_t now_ms) {
  const auto config = context.config.get();
  std::string farewell;
  if (admission->exceeds(config->maxclients)) {
    farewell = too_many_clients;
  } else if (!unix_socket && config->protected_mode && config->needs_no_password() &&
             !is_loopback(net::peer_address_text(admission->fd()))) {
    farewell = protected_mode_refusal;
  }
  auto& counted = farewell.empty() ? context.counters.received : context.counters.rejected;
  counted.fetch_add(1, std::memory_order_relaxed);

  auto session = std::make_shared<ActorSession>();
  session->id = context.counters.next_client_id.fetch_add(1, std::memory_order_relaxed);
  session->created_ms = now_ms;
  session->unix_socket = unix_socket;
  session->authenticated = !config->needs_login();

  net::EventLoop& home = *context.connection_loops[session->id % context.connection_loops.size()];
  supervision::ChildSpec child;
  child.id = "connection:" + std::to_string(session->id);
  child.start = [&context, &home, session = std::move(session), admission,
                 farewell = std::move(farewell)]() -> Result<caf::actor> {
    return net::spawn_on<ConnectionActor>(home, context, session, admission, farewell);
  };
  if (caf::actor supervisor = context.board->find(connections_path))
    caf::anon_send(supervisor, supervision::StartChild{std::move(child)});
}

AcceptorActor::AcceptorActor(caf::actor_config& config, net::EventLoop& loop,
                             ServerContext& context, std::shared_ptr<ListeningPost> post)
    : net::LoopActor(config, loop), context_(context), post_(std::move(post)) {}

caf::behavior AcceptorActor::make_behavior() {
  if (post_->fd >= 0) {
    listener_ = loop().listen(post_->fd, *this);
    post_->listener = listener_.get();
  }
  return {[](supervision::StopSupervisor) {}};
}

void AcceptorActor::on_exit() {
  if (post_->listener == listener_.get()) post_->listener = nullptr;
  listener_.reset();
}

void AcceptorActor::on_accepted(net::AcceptedSocket socket) {
  auto admission = std::make_shared<Admission>(context_, socket);
  in_context([&] {
    complained_ = false;
    if (post_->fd < 0) net::let_in(admission->fd());
    welcome(context_, admission, post_->unix_socket, loop().clock().wall_us() / 1000);
  });
}

void AcceptorActor::on_accept_error(int error) {
  in_context([&] {
    if (!complained_)
      context_.log.write(engine::LogLevel::warning,
                         std::string("Accepting a client failed: ") + std::strerror(error));
    complained_ = true;
    call_after(retry_us, [this] {
      if (post_->listener != nullptr) post_->listener->resume();
    });
  });
}

}  // namespace respawn::actors
