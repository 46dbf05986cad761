#include "engine/run/ended_wait.hpp"

#include "engine/table/errors.hpp"

namespace respawn::engine {

void end_wait(Environment& environment, Session& session, WaitEnd end) {
  environment.step(Step::wait_end);
  Store& store = environment.store;
  const bool failed = end == WaitEnd::error;
  if (failed) store.statistics.count_error(errors::unblocked);
  if (!is_silent(session)) {
    if (failed)
      protocol::ReplyWriter(session.batch.output, session.resp).error(errors::unblocked);
    else
      answer_timeout(session.batch.output, session.resp, session.blocked.on_timeout);
  }
  Command* command = store.registry.find(session.last_command->name);
  RESPAWN_CHECK(command != nullptr);
  count_call(store, *command, failed);
  environment.blocking.release(session);
  environment.step(Step::release);
}

void count_call(Store& store, Command& command, bool failed) {
  ++store.statistics.commands_processed;
  ++command.statistics.calls;
  if (failed) ++command.statistics.failed_calls;
}

}  // namespace respawn::engine
