#include "engine/run/aftermath.hpp"

#include "engine/run/ended_wait.hpp"
#include "engine/run/lookup.hpp"

namespace respawn::engine {

void Aftermath::serve_all() {
  environment_.step(Step::serving);
  keyspace::WaiterTable& waiters = environment_.blocking.waiters();
  while (std::optional<keyspace::ReadyKey> ready = waiters.take_ready()) {
    const keyspace::Database& db =
        environment_.store.databases.at(static_cast<std::size_t>(ready->database));
    keyspace::Waiter* waiter = waiters.first(ready->database, ready->key);
    while (waiter) {
      const keyspace::Entry* entry = db.find(std::string_view(ready->key));
      if (!entry && waiters.minding() == 0) break;
      keyspace::Waiter* behind = waiters.next(*waiter, ready->key);
      if (waiter->minds_loss || (entry && entry->type() == waiter->wanted))
        run_again(*static_cast<Session*>(waiter->owner));
      waiter = behind;
    }
  }
}

void Aftermath::serve_disk_waiters() {
  Store& store = environment_.store;
  for (const std::uint64_t id : store.log.take_waiters()) {
    const SessionPtr session = store.clients.find(id);
    if (!session || !session->blocked.active) continue;
    if (store.log.is_durable(session->write_offset))
      run_again(*session);
    else
      store.log.add_waiter(id);
  }
}

void Aftermath::run_again(Session& session) {
  if (session.facts.gone.load(std::memory_order_acquire)) {
    environment_.blocking.forget(session);
    return;
  }
  environment_.step(Step::waiter);
  Batch& batch = session.batch;
  const Args args = batch.next_command();
  batch.reply_start = batch.output.size();
  Command* command = admission_.resolve(
      session, args, look_up(environment_.store.registry, session, args[0]), batch.output);
  RESPAWN_CHECK(command != nullptr);
  if (environment_.store.pause.holds(session, command->spec->flags)) {
    environment_.blocking.forget(session);
    environment_.blocking.holding().hold(session);
    return;
  }
  batch.begin_executing(environment_.store.generation);
  environment_.unit_now_us = clock_.now_us();
  // What it may do has perhaps changed while it waited.
  if (admission_.admit(session, *command, args, batch.output)) {
    batch.running = true;
    const Ran ran = runner_.run_again(session, *command, args, batch.output);
    environment_.step(Step::behind_waiter);
    batch.running = false;
    if (ran.block) {
      batch.reply_start = batch.output.size();
      batch.state.store(Batch::State::parked, std::memory_order_relaxed);
      environment_.store.clients.end_command(session);
      environment_.blocking.go_on_waiting(session, *ran.block, clock_.source().monotonic_us());
      return;
    }
  }
  if (is_silent(session)) batch.output.truncate(batch.reply_start);
  environment_.store.clients.end_command(session);
  environment_.blocking.release(session);
  environment_.step(Step::release);
}

}  // namespace respawn::engine
