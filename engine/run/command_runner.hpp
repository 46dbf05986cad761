// How a command runs another one: transactions, scripts.
#pragma once

#include "engine/clients/session.hpp"
#include "engine/table/registry.hpp"

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

  /// The same of a command that the caller has admitted by rules of its own: a script's.
  virtual bool run_admitted(Session& session, Command& command, Args args, Buffer& output) = 0;

  /// Whether memory was over its limit when the unit began and could not be made less.
  [[nodiscard]] virtual bool out_of_memory() const = 0;

  /// Whether min-replicas-to-write forbids to write.
  [[nodiscard]] virtual bool lacks_replicas() const = 0;

  /// Runs the commands of the session's transaction, which were admitted when they were queued, in
  /// the same way; only the rights of its user are looked at once more. What one of them is refused
  /// or fails at does not stop the others. Replies that are not wanted (CLIENT REPLY) are left out.
  virtual void run_queue(Session& session, Buffer& output) = 0;
};

}  // namespace respawn::engine
