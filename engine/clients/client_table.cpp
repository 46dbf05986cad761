#include "engine/clients/client_table.hpp"

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
    if (!session->pushes.empty()) flush_later(*session);
  }
}

void ClientTable::push(Session& session, std::string_view bytes) {
  if (session.close_now) return;
  if (!session.keyspace_holds_batch() || session.batch.running) {
    session.pushes.append(bytes);
    if (session.keyspace_holds_batch()) return;
  } else {
    Batch& batch = session.batch;
    batch.output.append(bytes);
    batch.reply_start = batch.output.size();
    if (!session.blocked.active && session.held == 0) return;  // a reply follows soon
  }
  flush_later(session);
}

/// Requires that no command of the session runs any more.
void ClientTable::push_behind_reply(Session& session) {
  Buffer held;
  held.swap(session.pushes);
  push(session, held.view());
}

void ClientTable::flush_later(Session& session) {
  if (session.pushing) return;
  if (SessionPtr held = find(session.id)) {
    session.pushing = true;
    pushing_.push_back(std::move(held));
  }
}

Buffer ClientTable::take_pushes(Session& session) {
  Buffer bytes;
  bytes.swap(session.pushes);
  Batch& batch = session.batch;
  if (batch.state.load(std::memory_order_relaxed) == Batch::State::parked) {
    bytes.append(batch.output);
    batch.output.clear();
    batch.reply_start = 0;
  }
  return bytes;
}

std::vector<SessionPtr> ClientTable::take_pushing() {
  for (const SessionPtr& session : pushing_) session->pushing = false;
  return std::exchange(pushing_, {});
}

std::vector<SessionPtr> ClientTable::take_killed() {
  return std::exchange(killed_, {});
}

}  // namespace respawn::engine
