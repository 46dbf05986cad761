#include "engine/run/ended_wait.hpp"

#include "engine/run/note_call.hpp"
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
  Command* command =
      store.registry.find_original(session.last_command.load(std::memory_order_relaxed)->name);
  RESPAWN_CHECK(command != nullptr);
  const BlockedState& blocked = session.blocked;
  if (!count_call(*command, blocked.run_ns, failed))
    note_call(environment,
              {session, *command, session.batch.next_command(), blocked.begun_ns, blocked.run_ns});
  environment.blocking.release(session);
  environment.step(Step::release);
}

}  // namespace respawn::engine
