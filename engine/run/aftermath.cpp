#include "engine/run/aftermath.hpp"

#include "engine/run/ended_wait.hpp"

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
      if (!entry) break;
      keyspace::Waiter* behind = waiters.next(*waiter, ready->key);
      if (entry->type() == waiter->wanted) run_again(*static_cast<Session*>(waiter->owner));
      waiter = behind;
    }
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
  Command* command =
      admission_.resolve(session, args, environment_.store.registry.find(args[0]), batch.output);
  RESPAWN_CHECK(command != nullptr);
  batch.begin_executing(environment_.store.generation);
  batch.running = true;
  environment_.unit_now_us = clock_.now_us();
  const Ran ran = runner_.run(session, *command, args, batch.output, no_hashed_key);
  environment_.step(Step::behind_waiter);
  batch.running = false;
  if (ran.block) {
    batch.reply_start = batch.output.size();
    batch.state.store(Batch::State::parked, std::memory_order_relaxed);
    return;
  }
  if (is_silent(session)) batch.output.truncate(batch.reply_start);
  environment_.blocking.release(session);
  environment_.step(Step::release);
}

}  // namespace respawn::engine
