#include "actors/server_context.hpp"

#include <unistd.h>

#include <utility>

namespace respawn::actors {

Admission::Admission(ServerContext& context, net::AcceptedSocket socket)
    : context_(context),
      socket_(socket),
      place_(context.counters.connected.fetch_add(1, std::memory_order_relaxed) + 1) {}

Admission::~Admission() {
  if (socket_.fd >= 0) ::close(socket_.fd);
  context_.counters.connected.fetch_sub(1, std::memory_order_relaxed);
}

net::AcceptedSocket Admission::adopt() {
  return std::exchange(socket_, net::AcceptedSocket{});
}

void ServerContext::take_over(std::shared_ptr<const config::Config> now,
                              std::span<const config::Change> changes) {
  config.set(std::move(now));
  if (config::changed_option(changes, config::Applies::connections)) directory.tell_of_change();
}

}  // namespace respawn::actors
