// The event loops, all over the same interface of the kernel.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "net/event_loop.hpp"

namespace respawn::server {

struct Loops {
  std::vector<std::unique_ptr<net::EventLoop>> loops;
  std::string fallback_reason;  // why they are not what is preferred; "" when they are
};

using MakeLoop = std::function<Result<std::unique_ptr<net::EventLoop>>(net::Backend)>;

/// `count` loops. Where the choice is left to us they are io_uring's, unless one of them can't be
/// made: then all are epoll's. An error is for the user.
Result<Loops> make_loops(config::NetworkBackend wanted, std::size_t count, const MakeLoop& make);

}  // namespace respawn::server
