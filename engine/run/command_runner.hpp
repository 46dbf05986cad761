// How a command runs another one: transactions, scripts.
#pragma once

#include "engine/clients/session.hpp"
#include "engine/table/spec.hpp"

namespace respawn::engine {

class CommandRunner {
 public:
  virtual ~CommandRunner() = default;

  /// Runs a command for `session` as a part of the running unit: at the unit's time, with admission
  /// checks of its own (the memory limit as it stood when the unit began, nothing is evicted). Its
  /// reply goes to the end of `output`; a command that would wait gets what it is answered when its
  /// time is over. What it changes and propagates belongs to the unit. False when it failed or was
  /// refused: the reply is an error then.
  virtual bool run_nested(Session& session, Args args, Buffer& output) = 0;
};

}  // namespace respawn::engine
