#include "engine/run/executor.hpp"

#include "engine/clients/client_info.hpp"
#include "engine/run/call_flags.hpp"
#include "engine/run/ended_wait.hpp"
#include "engine/run/heir.hpp"
#include "engine/run/lookup.hpp"

namespace respawn::engine {

namespace {

/// Whether a command of the client was running when the keyspace actor failed. (Its connection
/// leaves the batch alone until it hears of the successor.)
bool lost_a_command(const Session& session) {
  return session.batch.state.load(std::memory_order_acquire) == Batch::State::executing &&
         session.batch.running;
}

/// The client is told that a command of it may have failed, but others may be on their way behind
/// it: they must not run without the MULTI that went before, nor without the WATCH that guards
/// them. What EXEC had done by then stays, and nothing is left of the rest.
void guard_transaction(Store& store, Session& session) {
  TransactionState& transaction = session.transaction;
  const CommandSpec* lost = session.last_command.load(std::memory_order_relaxed);
  if (lost->flags.has(Flag::runs_queue) || lost->name == "discard" || lost->name == "reset")
    return store.watches.discard(session);
  if (lost->name == "watch") transaction.touched = true;
  if (lost->name != "multi") return;
  transaction.phase = TransactionState::Phase::queueing;
  transaction.broken = true;
}

/// Whether the command is a script, or a transaction with one in it.
bool may_take_long(const Session& session, const CommandSpec& spec) {
  if (spec.flags.has(Flag::runs_script)) return true;
  return spec.flags.has(Flag::runs_queue) &&
         session.transaction.queue.flags().has(Flag::runs_script);
}

/// The command, if there was one, is over: CLIENT CACHING holds for the one behind it, subcommands
/// of CLIENT not counted, or for the transaction that has begun.
void end_caching(Session& session, const Command* command) {
  if (session.transaction.queues()) return;
  const bool of_client = command && command->top().spec->name == "client";
  if (!of_client) session.tracking.caching = false;
}

}  // namespace

Executor::Executor(Store& store, Services& services, const Clock& clock)
    : store_(store),
      clock_(clock),
      subscriptions_(store.clients),
      blocking_(store.clients, waiters_),
      long_unit_(clock),
      environment_{store, subscriptions_, blocking_,  services,
                   clock, runner_,        long_unit_, store.unit.now_us},
      memory_limit_(environment_),
      admission_(environment_, memory_limit_),
      runner_(environment_, admission_, clock_),
      aside_(environment_, admission_, clock_),
      aftermath_(environment_, admission_, runner_, clock_),
      upkeep_(environment_, memory_limit_, clock_),
      lookahead_(store.registry, store.databases) {
  store.databases.tell_losses_to(waiters_);
  ++store.generation;
  store.clients.enter_generation(store.generation);
  store.unit.now_us = clock_.now_us();
  for (const auto& [id, session] : store.clients.all()) {
    if (lost_a_command(*session)) guard_transaction(store, *session);
    // Its script is gone: what it says next is not meant for anybody.
    if (std::exchange(session->debugging, false)) store.clients.kill(*session);
  }
  subscriptions_.rebuild();
  store.tracking.rebuild();
  blocking_.rebuild();
  if (store.saving.last_save_s == 0) store.saving.last_save_s = clock.wall_us() / 1'000'000;
  store.busy = false;
  if (store.scripts) store.scripts->forget_running();
  store.log.take_over();
  store.unit.recover();
  if (store.log.feed.attached()) propagate_state(store);
  store.unit.unit_done();
  if (store.log.feed.attached()) store.log.feed.end_unit(nullptr);
}

void Executor::add_client(SessionPtr session) {
  if (!session->user) session->become(store_.users.default_user());
  store_.clients.add(std::move(session));
}

void Executor::remove_client(Session& session) {
  blocking_.forget(session);
  subscriptions_.remove(session);
  store_.watches.discard(session);
  store_.tracking.stop(session);
  store_.clients.remove(session);
}

void Executor::begin_batch(const Session& session) {
  environment_.step(Step::batch);
  clock_.read();
  if (store_.log.feed.attached()) [[unlikely]]
    store_.log.look(environment_);
  upkeep_.renew_access_clock();
  lookahead_.enter(session);
}

Executor::Decision Executor::consider(Session& session, Command& command, Args args) {
  // Also of what is refused: ACL LOG shows it.
  session.last_command.store(command.spec, std::memory_order_relaxed);
  if (!admission_.admit(session, command, args, session.batch.output)) return Decision::answered;
  const Flags flags = flags_of_call(store_, session, *command.spec, args);
  const bool held = store_.pause.holds(session, flags);
  const bool queued = session.transaction.queues() && !command.spec->flags.has(Flag::never_queued);
  if (!held && !queued) return Decision::run;
  if (held) {
    blocking_.holding().hold(session);
    return Decision::hold;
  }
  queue(session, command, args, flags);
  return Decision::answered;
}

/// Into the transaction, unless that is lost already.
void Executor::queue(Session& session, Command& command, Args args, Flags flags) {
  TransactionState& transaction = session.transaction;
  if (!transaction.broken && !transaction.touched)
    transaction.queue.add(command, args, flags, session.batch.commands);
  const auto limit = static_cast<std::size_t>(store_.config->client_query_buffer_limit_bytes);
  if (transaction.queue.argument_bytes() > limit) {
    environment_.services.log.write(LogLevel::warning,
                                    "Closing client that reached max query buffer length: " +
                                        client_info(session, environment_.unit_now_us / 1000) +
                                        " (queued commands)");
    store_.clients.kill(session);
    return;
  }
  protocol::ReplyWriter(session.batch.output, session.resp).simple("QUEUED");
}

Outcome Executor::execute_next(Session& session) {
  if (session.debugging && long_unit_.waits()) [[unlikely]]
    return go_on_with(session);
  Batch& batch = session.batch;
  const Args args = batch.next_command();
  batch.reply_start = batch.output.size();
  environment_.unit_now_us = clock_.now_us();
  const Foreseen* foreseen = lookahead_.at(batch);
  Command* command = admission_.resolve(
      session, args, foreseen ? foreseen->command : look_up(store_.registry, session, args[0]),
      batch.output);
  Decision decision = command ? Decision::run : Decision::answered;
  if (command && !admission_.runs_as_it_comes(session, *command)) [[unlikely]]
    decision = consider(session, *command, args);
  if (suspended()) [[unlikely]]
    return run_beside(session, command, decision);
  if (decision == Decision::hold) [[unlikely]]
    return Outcome::held;
  if (decision == Decision::answered) [[unlikely]]
    return end_command(session, command, {});
  batch.running = true;
  const HashedKey& key = foreseen ? foreseen->key : no_hashed_key;
  if (may_take_long(session, *command->spec)) return run_long(session, *command, key);
  const Ran ran = runner_.run(session, *command, args, batch.output, key);
  if (ran.block) {
    batch.running = false;
    store_.clients.end_command(session);
    blocking_.block(session, *ran.block, clock_.source().monotonic_us());
    return Outcome::blocked;
  }
  return end_command(session, command, ran);
}

/// Its reply is written, or it was refused.
Outcome Executor::end_command(Session& session, Command* command, const Ran& ran) {
  Batch& batch = session.batch;
  if (is_silent(session) && !ran.reply_kept) batch.output.truncate(batch.reply_start);
  session.end_reply();
  if (session.tracking.caching) [[unlikely]]
    end_caching(session, command);
  // From here on the reply is the client's, whatever happens while others are served.
  batch.running = false;
  store_.clients.end_command(session);
  batch.reply_start = batch.output.size();
  ++batch.next;
  if (!suspended()) aftermath_.serve_ready_clients();
  return session.close_after_reply || session.close_now ? Outcome::close : Outcome::done;
}

/// A command of another client while a unit is suspended: one that is answered meanwhile.
Outcome Executor::run_beside(Session& session, Command* command, Decision decision) {
  Batch& batch = session.batch;
  Ran ran;
  if (decision == Decision::hold) return Outcome::held;
  if (decision == Decision::run) {
    batch.running = true;
    ran = aside_.run_aside(session, *command, batch.next_command(), batch.output);
  }
  return end_command(session, command, ran);
}

// ---- Long units ----

Outcome Executor::run_long(Session& session, Command& command, const HashedKey& key) {
  const bool talks =
      session.script_debug != ScriptDebug::off && command.spec->flags.has(Flag::runs_script);
  long_.session = &session;
  long_.command = &command;
  long_.args = session.batch.next_command();
  long_.output = &session.batch.output;
  long_.key = key;
  if (talks) keep_words(long_.args);
  session.debugging = talks;
  const auto work = [](void* argument) {
    auto& self = *static_cast<Executor*>(argument);
    LongCommand& own = self.long_;
    try {
      own.ran = self.runner_.run(*own.session, *own.command, own.args, *own.output, own.key);
    } catch (...) {
      own.failure = std::current_exception();
    }
  };
  const bool ended = long_unit_.start(work, this, store_.config->keyspace_slice_us, talks);
  if (!ended) suspended_session_ = store_.clients.find(session.id);
  return behind_slice(ended);
}

/// Its batch goes back before it ends.
void Executor::keep_words(Args args) {
  long_.kept.assign(args.begin(), args.end());
  long_.kept_args.assign(long_.kept.begin(), long_.kept.end());
  long_.args = long_.kept_args;
  long_.output = &long_.told;
  long_.key = no_hashed_key;
  long_.told.clear();
  long_.in_hand = true;
}

/// What its client says to a unit that waits for it.
Outcome Executor::go_on_with(Session& session) {
  session.batch.running = true;
  long_.in_hand = true;
  long_unit_.say(session.batch.next_command());
  environment_.unit_now_us = long_.unit_now_us;
  return behind_slice(long_unit_.go_on(store_.config->keyspace_slice_us));
}

Outcome Executor::behind_slice(bool ended) {
  if (ended) return end_long();
  return long_unit_.waits() ? wait_for_client() : pause_long();
}

/// Whether others have waited long enough.
void Executor::note_time() {
  const auto threshold_ns =
      static_cast<std::uint64_t>(store_.config->busy_reply_threshold_ms) * 1'000'000;
  store_.busy =
      store_.busy ||
      (threshold_ns > 0 && clock_.source().stopwatch_ns() - long_unit_.begun_ns() >= threshold_ns);
}

Outcome Executor::pause_long() {
  long_.unit_now_us = environment_.unit_now_us;
  note_time();
  return Outcome::suspended;
}

/// The command that is in hand is answered.
Outcome Executor::wait_for_client() {
  long_.unit_now_us = environment_.unit_now_us;
  Batch& batch = long_.session->batch;
  batch.output.append(std::exchange(long_.told, {}));
  batch.running = false;
  store_.clients.end_command(*long_.session);
  batch.reply_start = batch.output.size();
  ++batch.next;
  long_.in_hand = false;
  return Outcome::done;
}

Outcome Executor::end_long() {
  store_.busy = false;
  if (long_.failure) std::rethrow_exception(std::exchange(long_.failure, {}));
  Session& session = *long_.session;
  if (std::exchange(session.debugging, false)) {
    if (!long_.in_hand) {
      // Nobody has asked: it was ended by another client, or its own is gone.
      store_.clients.push(session, std::exchange(long_.told, {}));
      aftermath_.serve_ready_clients();
      return Outcome::done;
    }
    session.batch.output.append(std::exchange(long_.told, {}));
  }
  return end_command(session, long_.command, long_.ran);
}

Outcome Executor::go_on_suspended() {
  environment_.step(Step::slice);
  environment_.unit_now_us = long_.unit_now_us;
  return behind_slice(long_unit_.go_on(store_.config->keyspace_slice_us));
}

}  // namespace respawn::engine
