// maxmemory-clients: the largest clients are closed while all of them together take too much.
#pragma once

#include <cstddef>
#include <memory>

#include "engine/run/environment.hpp"

namespace respawn::engine {

/// Owner: the executor. Counts what the clients take while there is a limit, as each of them
/// changes; who left or shrank may be counted on, so all are counted again before any is closed.
class ClientEviction {
 public:
  explicit ClientEviction(Environment& environment) : environment_(environment) {}

  /// Whether there is a limit.
  [[nodiscard]] bool on() const { return environment_.config().maxmemory_clients != 0; }

  /// The client may take more than before; to be called before and behind its batch, and when its
  /// connection says so. Closes the largest ones past the limit, maybe this one. O(arguments), and
  /// O(n log n) past the limit or when the configuration has changed.
  void grew(Session& session);

  /// Counts all clients and closes the largest, CLIENT NO-EVICT left out, until what is left is
  /// within the limit; counts and logs each. To be called now and then. O(clients), and O(n log n)
  /// when it closes some.
  void look_at_all();

 private:
  [[nodiscard]] std::size_t limit_bytes() const;
  void count_all();
  void evict();

  Environment& environment_;
  std::shared_ptr<const config::Config> seen_;  // what was in force when all were counted
  std::size_t sum_bytes_ = 0;
};

}  // namespace respawn::engine
