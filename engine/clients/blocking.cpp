#include "engine/clients/blocking.hpp"

#include <algorithm>
#include <limits>

namespace respawn::engine {

void answer_timeout(Buffer& output, protocol::RespVersion version, TimeoutReply on_timeout) {
  protocol::ReplyWriter reply(output, version);
  switch (on_timeout) {
    case TimeoutReply::null_array:
    case TimeoutReply::null_array_or_null:
      return reply.null_array();
    case TimeoutReply::zero:
      return reply.integer(0);
    case TimeoutReply::no_copies:
    case TimeoutReply::one_copy:
      reply.array(2);
      reply.integer(on_timeout == TimeoutReply::one_copy ? 1 : 0);
      return reply.integer(0);
  }
}

void answer_at_once(Buffer& output, protocol::RespVersion version, TimeoutReply on_timeout) {
  if (on_timeout == TimeoutReply::null_array_or_null)
    protocol::ReplyWriter(output, version).null();
  else
    answer_timeout(output, version, on_timeout);
}

namespace {

/// A shorter wait lasts this long: nobody can tell, and one timer serves many.
constexpr std::int64_t shortest_wait_us = 8'000;

/// A longer one (140,000 years) is cut to this, so that its end is a number.
constexpr std::int64_t longest_wait_ms = std::numeric_limits<std::int64_t>::max() / 2000;

}  // namespace

void Blocking::block(Session& session, const BlockRequest& request, std::int64_t now_us) {
  BlockedState& blocked = session.blocked;
  RESPAWN_CHECK(!blocked.active);
  blocked.on_timeout = request.on_timeout;
  blocked.since_us = now_us;
  if (request.timeout_ms == 0)
    blocked.deadline_us = 0;
  else
    blocked.deadline_us =
        now_us + std::max(std::min(request.timeout_ms, longest_wait_ms) * 1000, shortest_wait_us);
  blocked.waiter.owner = &session;
  blocked.waiter.sequence = waiters_->next_sequence();
  blocked.waiter.database = session.db;
  blocked.waiter.wanted = request.wanted;
  blocked.waiter.minds_loss = request.minds_loss;
  blocked.resolved = request.resolved;
  blocked.waiter.keys.assign(request.keys.begin(), request.keys.end());
  blocked.look_again_us = request.look_again_ms == 0 ? 0 : now_us + request.look_again_ms * 1000;
  enlist(blocked.waiter);
  if (blocked.due_us() != 0) deadlines_.emplace(blocked.due_us(), &session);
  blocked.active = true;
  ++clients_->blocked_count;
}

/// Who waits for no key (WAIT) is in no queue: only its time or another client ends that.
void Blocking::enlist(keyspace::Waiter& waiter) {
  if (!waiter.keys.empty()) waiters_->add(waiter);
}

void Blocking::leave(Session& session) {
  BlockedState& blocked = session.blocked;
  waiters_->remove(blocked.waiter);
  if (blocked.due_us() != 0) deadlines_.erase({blocked.due_us(), &session});
  blocked.active = false;
  --clients_->blocked_count;
}

void Blocking::set_look_again(Session& session, std::int64_t at_us) {
  BlockedState& blocked = session.blocked;
  if (blocked.due_us() != 0) deadlines_.erase({blocked.due_us(), &session});
  blocked.look_again_us = at_us;
  if (blocked.due_us() != 0) deadlines_.emplace(blocked.due_us(), &session);
}

void Blocking::look_again(Session& session) {
  set_look_again(session, 0);
  for (const std::string& key : session.blocked.waiter.keys)
    waiters_->mark_ready(session.blocked.waiter.database, key);
}

void Blocking::go_on_waiting(Session& session, const BlockRequest& request, std::int64_t now_us) {
  if (request.look_again_ms != 0) set_look_again(session, now_us + request.look_again_ms * 1000);
}

void Blocking::release(Session& session) {
  // From here on its reply is in the session, whatever happens to this table.
  session.batch.state.store(Batch::State::answered, std::memory_order_release);
  leave(session);
  session.reply_skip_this = false;
  session.tracking.caching = false;
  if (SessionPtr held = clients_->find(session.id)) resumed_.push_back(std::move(held));
}

void Blocking::forget(Session& session) {
  if (session.blocked.active) leave(session);
  holding_.forget(session);
  std::erase_if(resumed_, [&](const SessionPtr& held) { return held.get() == &session; });
}

std::int64_t Blocking::next_deadline_us() const {
  return deadlines_.empty() ? 0 : deadlines_.begin()->first;
}

Session* Blocking::first_expired(std::int64_t now_us) const {
  if (deadlines_.empty() || deadlines_.begin()->first > now_us) return nullptr;
  return deadlines_.begin()->second;
}

std::vector<SessionPtr> Blocking::take_resumed() {
  return std::exchange(resumed_, {});
}

void Blocking::rebuild() {
  deadlines_.clear();
  resumed_.clear();
  clients_->blocked_count = 0;
  for (const auto& [id, session] : clients_->all()) readmit(session);
  holding_.rebuild();
}

void Blocking::readmit(const SessionPtr& session) {
  BlockedState& blocked = session->blocked;
  Batch& batch = session->batch;
  const Batch::State state = batch.state.load(std::memory_order_acquire);
  if (state == Batch::State::answered) {
    blocked.active = false;
    resumed_.push_back(session);
    return;
  }
  if (!blocked.active) return;
  if (state != Batch::State::parked) {
    blocked.active = false;  // its command failed while it was run again: the connection answers
    return;
  }
  batch.output.truncate(batch.reply_start);  // an answer that was begun
  enlist(blocked.waiter);
  // What it waits for may have come just before the crash.
  for (const std::string& key : blocked.waiter.keys)
    waiters_->mark_ready(blocked.waiter.database, key);
  if (blocked.due_us() != 0) deadlines_.emplace(blocked.due_us(), session.get());
  ++clients_->blocked_count;
}

}  // namespace respawn::engine
