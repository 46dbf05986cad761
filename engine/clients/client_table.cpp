#include "engine/clients/client_table.hpp"

#include <algorithm>
#include <utility>

namespace respawn::engine {

void ClientTable::add(SessionPtr session) {
  std::uint64_t id = session->id;
  session->keyspace_generation = generation_;
  sessions_.insert_or_assign(id, std::move(session));
}

void ClientTable::remove(Session& session) {
  set_monitor(session, false);
  sessions_.erase(session.id);
}

void ClientTable::set_monitor(Session& session, bool on) {
  session.monitor = on;
  if (on)
    monitors_.emplace(session.id, &session);
  else
    monitors_.erase(session.id);
}

SessionPtr ClientTable::find(std::uint64_t id) const {
  auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

void ClientTable::kill(Session& session) {
  if (session.close_now) return;
  session.close_now = true;
  if (SessionPtr held = find(session.id)) killed_.push_back(std::move(held));
}

void ClientTable::enter_generation(std::uint64_t keyspace_generation) {
  generation_ = keyspace_generation;
  for (const auto& [id, session] : sessions_) {
    session->keyspace_generation = keyspace_generation;
    recover_pushes(*session);
  }
}

/// The actor before may have failed with them in its hands.
void ClientTable::recover_pushes(Session& session) {
  Batch& batch = session.batch;
  const bool parked = batch.state.load(std::memory_order_acquire) == Batch::State::parked;
  if (parked) batch.output.truncate(batch.reply_start);  // the wait goes on, without half an answer
  if (!session.pushes.empty()) flush_later(session, session.pushes.total_bytes());
  if (parked && !batch.output.empty()) flush_later(session, batch.output.total_bytes());
}

void ClientTable::push(Session& session, std::string_view bytes) {
  if (push_observer_) [[unlikely]]
    push_observer_->pushed(session);
  put(session, bytes);
}

void ClientTable::push(Session& session, const Buffer& bytes) {
  if (push_observer_) [[unlikely]]
    push_observer_->pushed(session);
  put(session, bytes);
}

template <class Bytes>
void ClientTable::append(Buffer& to, const Bytes& bytes) {
  const std::size_t before = to.capacity();
  to.append(bytes);
  pushed_bytes_ += to.capacity() - before;
}

template <class Bytes>
void ClientTable::put(Session& session, const Bytes& bytes) {
  if (session.close_now) return;
  const bool holds_batch = session.keyspace_holds_batch();
  if (!holds_batch || session.batch.running) {
    append(session.pushes, bytes);
    if (!holds_batch) flush_later(session, session.pushes.total_bytes());
    return;
  }
  Batch& batch = session.batch;
  append(batch.output, bytes);
  batch.reply_start = batch.output.size();
  if (session.blocked.active || session.held != 0)  // else a reply follows soon
    flush_later(session, batch.output.total_bytes());
}

/// Requires that no command of the session runs any more.
void ClientTable::push_behind_reply(Session& session) {
  Buffer held;
  held.swap(session.pushes);
  put(session, held);
}

void ClientTable::push_before_replies(Session& session) {
  Batch& batch = session.batch;
  if (batch.output.empty()) {
    batch.output.swap(session.pushes);
  } else {
    batch.output.append(session.pushes);
    session.pushes.clear();
  }
  batch.reply_start = batch.output.size();
}

void ClientTable::flush_later(Session& session, std::size_t waiting_bytes) {
  const PushQueue wanted =
      waiting_bytes > waiting_bytes_max ? PushQueue::at_once : PushQueue::in_turn;
  if (session.push_queue >= wanted) return;
  SessionPtr held = find(session.id);
  if (!held) return;
  session.push_queue = wanted;
  if (wanted == PushQueue::at_once)
    at_once_.push_back(std::move(held));
  else
    in_turn_.push_back(std::move(held));
}

Buffer ClientTable::take_pushes(Session& session) {
  Buffer bytes;
  Batch& batch = session.batch;
  if (session.keyspace_holds_batch() && batch.running) return bytes;  // they go behind its reply
  bytes.swap(session.pushes);
  if (batch.state.load(std::memory_order_relaxed) == Batch::State::parked) {
    if (bytes.empty())
      bytes.swap(batch.output);
    else
      bytes.append(batch.output);
    batch.output.clear();
    batch.reply_start = 0;
  }
  return bytes;
}

std::vector<SessionPtr> ClientTable::take_pushing() {
  std::vector<SessionPtr> taken = std::exchange(at_once_, {});
  for (const SessionPtr& session : taken) session->push_queue = PushQueue::none;
  share_ = std::max({share_, turn_sessions_min, in_turn_.size() / turn_share});
  for (std::size_t left = share_; left > 0 && !in_turn_.empty();) {
    SessionPtr session = std::move(in_turn_.front());
    in_turn_.pop_front();
    if (session->push_queue != PushQueue::in_turn) continue;
    session->push_queue = PushQueue::none;
    taken.push_back(std::move(session));
    --left;
  }
  if (in_turn_.empty()) share_ = 0;
  return taken;
}

std::vector<SessionPtr> ClientTable::take_killed() {
  return std::exchange(killed_, {});
}

}  // namespace respawn::engine
