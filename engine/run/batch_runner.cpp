#include "engine/run/batch_runner.hpp"

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
  for (const SessionPtr& session : submitted_) {
    executor_.begin_batch(*session);
    run(session);
    go_on();
  }
  submitted_.clear();
  executor_.end_batches();
}

void BatchRunner::run(const SessionPtr& session) {
  if (session->close_now) return give_back(*session, true);
  Batch& batch = session->batch;
  const std::int64_t slice_end_us = executor_.now_us() + store_.config->keyspace_slice_us;
  session->last_interaction_ms = executor_.now_us() / 1000;
  batch.begin_executing(executor_.generation());
  while (batch.next < batch.commands.slices.size()) {
    switch (executor_.execute_next(*session)) {
      case Outcome::blocked:
        return park(session);
      case Outcome::close:
        return give_back(*session, true);
      case Outcome::suspended:
        return;
      case Outcome::done:
        break;
    }
    if (batch.output.size() > output_slice_bytes) break;
    if (executor_.now_us() > slice_end_us && batch.next < batch.commands.slices.size()) {
      send_ahead(*session);
      batch.state.store(Batch::State::queued, std::memory_order_release);
      return port_.yield(session);
    }
  }
  give_back(*session, false);
}

void BatchRunner::park(const SessionPtr& session) {
  send_ahead(*session);
  session->batch.state.store(Batch::State::parked, std::memory_order_release);
  if (session->facts.finished.load(std::memory_order_acquire)) leave(session);
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
  session.batch.state.store(Batch::State::done, std::memory_order_release);
  port_.give_back(session, close);
}

void BatchRunner::go_on() {
  for (auto resumed = executor_.take_resumed(); !resumed.empty();
       resumed = executor_.take_resumed()) {
    for (const SessionPtr& session : resumed) {
      executor_.environment().step(Step::continuing);
      executor_.begin_batch(*session);
      ++session->batch.next;
      // It was sent more than it reads: the connection decides when the rest may run.
      if (session->facts.output_bytes.load(std::memory_order_relaxed) > output_slice_bytes) {
        give_back(*session, false);
        continue;
      }
      run(session);
    }
  }
  port_.settle();
}

void BatchRunner::leave(const SessionPtr& session) {
  const bool waits = session->blocked.active;
  executor_.remove_client(*session);
  session->close_now = true;
  if (waits) give_back(*session, true);
}

}  // namespace respawn::engine
