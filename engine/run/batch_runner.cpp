#include "engine/run/batch_runner.hpp"

#include <algorithm>
#include <utility>

namespace respawn::engine {

namespace {

/// A batch with more output than this goes back before it is done: the connection submits the rest
/// when its reader keeps up.
constexpr std::size_t output_slice_bytes = 1024 * 1024;

}  // namespace

bool BatchRunner::submit(const SessionPtr& session) {
  if (session->batch.state.load(std::memory_order_relaxed) != Batch::State::queued) return false;
  submitted_.push_back(session);
  executor_.announce_batch(*session);
  return true;
}

void BatchRunner::run_submitted() {
  if (submitted_.empty()) return;
  turn_commands_ = 0;
  for (const SessionPtr& session : submitted_) run_batch(session);
  submitted_.clear();
  std::uint64_t& most = store_.statistics.turn_commands_max;
  most = std::max(most, turn_commands_);
  executor_.end_batches();
  if (!executor_.suspended() && broadcast()) port_.settle();
}

/// Whether somebody was told. What is told follows from any of the units before.
bool BatchRunner::broadcast() {
  LogFeed& log = store_.log.feed;
  if (log.gates()) log.between_units();
  const bool told = store_.tracking.broadcast();
  if (log.gates()) log.end_unit(nullptr);
  return told;
}

void BatchRunner::run_batch(const SessionPtr& session) {
  const bool must_wait =
      executor_.suspended() && !executor_.busy() && !executor_.waits_for(session);
  if (must_wait) [[unlikely]] {
    delayed_.push_back(session);
    return;
  }
  executor_.begin_batch(*session);
  run(session);
  if (!executor_.suspended()) go_on_with_resumed();
  executor_.client_eviction().grew(*session);
  // A unit that waits for its client was woken, or those who waited for it need wait no more.
  const bool suspended = executor_.suspended();
  const bool woken = suspended && executor_.suspended_session() != session && executor_.woken();
  if (woken || (!delayed_.empty() && (!suspended || executor_.busy()))) [[unlikely]]
    port_.go_on_soon();
  port_.settle();
}

void BatchRunner::run(const SessionPtr& session) {
  if (session->close_now) return give_back(*session, true);
  Batch& batch = session->batch;
  session->last_interaction_ms = executor_.now_us() / 1000;
  batch.begin_executing(executor_.generation());
  store_.clients.begin_batch(*session);
  executor_.client_eviction().grew(*session);
  if (session->close_now) return give_back(*session, true);
  const std::uint64_t begun_ns = executor_.now_ns();
  if (batch.next == 0 && batch.ran_ns == 0 && batch.arrived_ns != 0)
    store_.request_times.wait_ns.record_clamped(begun_ns - batch.arrived_ns);
  const std::size_t first = batch.next;
  const Outcome outcome = run_commands(*session);
  turn_commands_ += batch.next - first;
  batch.ran_ns += executor_.now_ns() - begun_ns;
  switch (outcome) {
    case Outcome::done:
      if (batch.next == batch.commands.slices.size()) note_run_time(batch);
      return give_back(*session, false);
    case Outcome::close:
      note_run_time(batch);
      return give_back(*session, true);
    case Outcome::held:
    case Outcome::blocked:
      park(*session);
      if (session->facts.finished.load(std::memory_order_acquire)) leave(session);
      return;
    case Outcome::yielded:
      send_ahead(*session);
      batch.state.store(Batch::State::queued, std::memory_order_release);
      return port_.yield(session);
    case Outcome::suspended:
      return suspend(*session);
  }
}

/// The client has its replies to what came before; unless, within a transaction, more is written.
void BatchRunner::suspend(Session& session) {
  if (session.batch.output.size() == session.batch.reply_start) send_ahead(session);
  session.batch.waited = true;
  port_.go_on_soon();
}

void BatchRunner::go_on_suspended() {
  if (!executor_.suspended()) return run_delayed();
  if (!executor_.wants_slice()) return go_on();
  const bool was_busy = executor_.busy();
  const Outcome outcome = executor_.go_on_suspended();
  if (outcome != Outcome::suspended)
    end_suspended(outcome);
  else
    port_.go_on_soon();
  if (outcome != Outcome::suspended || was_busy != executor_.busy()) run_delayed();
  port_.settle();
}

/// The batch of a command that was suspended goes on behind it.
void BatchRunner::end_suspended(Outcome outcome) {
  const SessionPtr session = executor_.suspended_session();
  const bool in_hand = session->keyspace_holds_batch();
  if (in_hand) executor_.begin_batch(*session);
  if (std::exchange(suspended_left_, false)) {
    executor_.remove_client(*session);
    if (in_hand) give_back(*session, true);
  } else if (!in_hand) {
    // It was ended while its client said nothing.
  } else if (outcome == Outcome::close) {
    note_run_time(session->batch);
    give_back(*session, true);
  } else {
    run_on(session);
  }
  if (!executor_.suspended()) go_on_with_resumed();
}

void BatchRunner::run_delayed() {
  for (const SessionPtr& session : std::exchange(delayed_, {})) submit(session);
  run_submitted();
}

Outcome BatchRunner::run_commands(Session& session) {
  Batch& batch = session.batch;
  const std::int64_t slice_end_us = executor_.now_us() + store_.config->keyspace_slice_us;
  while (batch.next < batch.commands.slices.size()) {
    const Outcome outcome = executor_.execute_next(session);
    if (outcome != Outcome::done) return outcome;
    if (batch.output.total_bytes() > output_slice_bytes) break;
    if (executor_.now_us() > slice_end_us && batch.next < batch.commands.slices.size())
      return Outcome::yielded;
  }
  return Outcome::done;
}

/// The batch is through.
void BatchRunner::note_run_time(Batch& batch) {
  if (batch.arrived_ns != 0) store_.request_times.run_ns.record_clamped(batch.ran_ns);
  batch.ran_ns = 0;
}

void BatchRunner::park(Session& session) {
  send_ahead(session);
  session.batch.waited = true;
  session.batch.state.store(Batch::State::parked, std::memory_order_release);
}

void BatchRunner::send_ahead(Session& session) {
  Batch& batch = session.batch;
  batch.reply_start = 0;
  if (batch.output.empty()) return;
  Buffer replies;
  replies.swap(batch.output);
  port_.send_ahead(session, std::move(replies));
}

void BatchRunner::give_back(Session& session, bool close) {
  if (session.transaction.queues()) session.transaction.queue.keep();
  session.batch.state.store(Batch::State::done, std::memory_order_release);
  port_.give_back(session, close);
}

/// A batch that waited.
void BatchRunner::run_on(const SessionPtr& session) {
  // It was sent more than it reads: the connection decides when the rest may run.
  if (session->facts.output_bytes.load(std::memory_order_relaxed) > output_slice_bytes)
    return give_back(*session, false);
  run(session);
}

/// Whose pause is over; in the order in which they came.
void BatchRunner::go_on_with_released() {
  while (!executor_.suspended()) {
    const Session* released = executor_.next_released();
    if (!released) return;
    const SessionPtr session = store_.clients.find(released->id);
    executor_.environment().step(Step::continuing);
    if (session->facts.gone.load(std::memory_order_acquire) ||
        session->facts.finished.load(std::memory_order_acquire)) {
      leave(session);
      continue;
    }
    executor_.begin_batch(*session);
    // Not before: until it runs, a successor has to find it.
    executor_.holding().forget(*session);
    run_on(session);
  }
}

void BatchRunner::go_on() {
  if (!executor_.suspended()) {
    executor_.serve_ready_clients();  // what expired or was evicted may be minded
    go_on_with_resumed();
    broadcast();
  } else if (!executor_.wants_slice()) {
    executor_.look_at_time();
    if (executor_.busy()) run_delayed();
  }
  port_.settle();
}

void BatchRunner::go_on_with_resumed() {
  while (!executor_.suspended()) {
    go_on_with_released();
    const std::vector<SessionPtr> resumed = executor_.take_resumed();
    if (resumed.empty()) break;
    for (const SessionPtr& session : resumed) {
      executor_.environment().step(Step::continuing);
      executor_.begin_batch(*session);
      ++session->batch.next;
      executor_.suspended() ? delay(*session) : run_on(session);
    }
  }
}

/// A batch that was to go on: one before it has been suspended.
void BatchRunner::delay(Session& session) {
  send_ahead(session);
  session.batch.state.store(Batch::State::queued, std::memory_order_release);
  delayed_.push_back(store_.clients.find(session.id));
}

void BatchRunner::grew(Session& session) {
  executor_.client_eviction().grew(session);
  port_.settle();
}

void BatchRunner::leave(const SessionPtr& session) {
  if (executor_.suspended() && executor_.suspended_session() == session) {
    session->close_now = true;
    suspended_left_ = true;  // its command ends first: it is in the middle
    executor_.leave_suspended();
    if (executor_.woken()) port_.go_on_soon();
    return;
  }
  const bool waits = session->blocked.active || session->held != 0;
  executor_.remove_client(*session);
  session->close_now = true;
  if (waits) give_back(*session, true);
}

}  // namespace respawn::engine
