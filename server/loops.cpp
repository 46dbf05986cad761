#include "server/loops.hpp"

namespace respawn::server {

namespace {

Result<Loops> make_of(net::Backend backend, std::size_t count, const MakeLoop& make) {
  Loops made;
  while (made.loops.size() < count) {
    auto loop = make(backend);
    if (!loop) {
      std::string text = loop.error();
      if (!made.loops.empty())
        text += "; event loops made before it: " + std::to_string(made.loops.size()) + " of " +
                std::to_string(count) + " (see io-threads)";
      return failure(std::move(text));
    }
    made.loops.push_back(std::move(*loop));
  }
  return made;
}

}  // namespace

Result<Loops> make_loops(config::NetworkBackend wanted, std::size_t count, const MakeLoop& make) {
  if (wanted == config::NetworkBackend::epoll) return make_of(net::Backend::epoll, count, make);
  auto rings = make_of(net::Backend::io_uring, count, make);
  if (rings || wanted == config::NetworkBackend::io_uring) return rings;
  auto made = make_of(net::Backend::epoll, count, make);
  if (made) made->fallback_reason = rings.error();
  return made;
}

}  // namespace respawn::server
