#include "net/event_loop.hpp"

#include <system_error>

#include "net/epoll_loop.hpp"
#include "net/uring_loop.hpp"

namespace respawn::net {

Result<std::unique_ptr<EventLoop>> make_event_loop(caf::actor_system& system, Backend backend) {
  if (backend != Backend::epoll) {
    auto loop = UringLoop::make(system);
    if (loop || backend == Backend::io_uring) return loop;
  }
  try {
    return std::unique_ptr<EventLoop>(std::make_unique<EpollLoop>(system));
  } catch (const std::system_error& error) {
    return failure(std::string("cannot make an event loop: ") + error.what());
  }
}

}  // namespace respawn::net
