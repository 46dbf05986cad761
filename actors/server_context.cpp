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

}  // namespace respawn::actors
