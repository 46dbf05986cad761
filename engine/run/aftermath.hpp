// What follows a unit: clients that waited for what it brought are served.
#pragma once

#include "engine/run/runner.hpp"

namespace respawn::engine {

/// Owner: the executor. Each blocked client is served in a unit of its own, in the order of arrival
/// at its key: its command, which is still in its batch, runs again.
class Aftermath {
 public:
  Aftermath(Environment& environment, Admission& admission, Runner& runner, UnitClock& clock)
      : environment_(environment), admission_(admission), runner_(runner), clock_(clock) {}

  void serve_ready_clients() {
    if (environment_.blocking.waiters().has_ready()) [[unlikely]]
      serve_all();
  }

  /// Whoever waits for what is durable by now.
  void serve_disk_waiters();

 private:
  void serve_all();
  void run_again(Session& session);

  Environment& environment_;
  Admission& admission_;
  Runner& runner_;
  UnitClock& clock_;
};

}  // namespace respawn::engine
