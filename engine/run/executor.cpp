#include "engine/run/executor.hpp"

#include "engine/run/ended_wait.hpp"
#include "engine/run/lookup.hpp"

namespace respawn::engine {

namespace {

/// The command, if there was one, is over: CLIENT CACHING holds for the one behind it, subcommands
/// of CLIENT not counted.
void end_caching(Session& session, const Command* command) {
  const bool of_client = command && command->top().spec->name == "client";
  if (!of_client) session.tracking.caching = false;
}

}  // namespace

Executor::Executor(Store& store, Services& services, const Clock& clock)
    : store_(store),
      clock_(clock),
      subscriptions_(store.clients),
      blocking_(store.clients, waiters_),
      environment_{store, subscriptions_, blocking_, services, clock, runner_, clock_.now_us()},
      memory_limit_(environment_),
      admission_(environment_, memory_limit_),
      runner_(environment_, admission_, clock_),
      aftermath_(environment_, admission_, runner_, clock_),
      upkeep_(environment_, memory_limit_, clock_),
      lookahead_(store.registry, store.databases) {
  ++store.generation;
  store.clients.enter_generation(store.generation);
  subscriptions_.rebuild();
  store.tracking.rebuild();
  blocking_.rebuild();
  store.unit.recover();
  store.unit.unit_done();
}

void Executor::add_client(SessionPtr session) {
  if (!session->user) session->become(store_.users.default_user());
  store_.clients.add(std::move(session));
}

void Executor::remove_client(Session& session) {
  blocking_.forget(session);
  subscriptions_.remove(session);
  store_.tracking.stop(session);
  store_.clients.remove(session);
}

void Executor::begin_batch(const Session& session) {
  environment_.step(Step::batch);
  clock_.read();
  upkeep_.renew_access_clock();
  lookahead_.enter(session);
}

/// Whether the pause holds the command.
bool Executor::hold(Session& session, const Command& command) {
  if (!store_.pause.holds(session, *command.spec)) return false;
  session.last_command.store(command.spec, std::memory_order_relaxed);
  blocking_.holding().hold(session);
  return true;
}

Outcome Executor::execute_next(Session& session) {
  Batch& batch = session.batch;
  const Args args = batch.next_command();
  batch.reply_start = batch.output.size();
  environment_.unit_now_us = clock_.now_us();
  const Foreseen* foreseen = lookahead_.at(batch);
  Command* command = admission_.resolve(
      session, args, foreseen ? foreseen->command : look_up(store_.registry, session, args[0]),
      batch.output);
  Ran ran;
  if (command && admission_.admit(session, *command, args, batch.output)) {
    if (store_.pause.active() && hold(session, *command)) [[unlikely]]
      return Outcome::held;
    batch.running = true;
    ran = runner_.run(session, *command, args, batch.output,
                      foreseen ? foreseen->key : no_hashed_key);
    if (ran.suspended) return Outcome::suspended;
    if (ran.block) {
      batch.running = false;
      store_.clients.end_command(session);
      blocking_.block(session, *ran.block, clock_.source().monotonic_us());
      return Outcome::blocked;
    }
  }
  if (is_silent(session) && !ran.pushes) batch.output.truncate(batch.reply_start);
  session.end_reply();
  if (session.tracking.caching) [[unlikely]]
    end_caching(session, command);
  // From here on the reply is the client's, whatever happens while others are served.
  batch.running = false;
  store_.clients.end_command(session);
  batch.reply_start = batch.output.size();
  ++batch.next;
  aftermath_.serve_ready_clients();
  return session.close_after_reply || session.close_now ? Outcome::close : Outcome::done;
}

}  // namespace respawn::engine
