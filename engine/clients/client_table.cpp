#include "engine/clients/client_table.hpp"

#include <utility>

namespace respawn::engine {

void ClientTable::add(SessionPtr session) {
  std::uint64_t id = session->id;
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

void ClientTable::push(Session& session, std::string_view bytes) {
  if (session.close_now) return;
  if (session.batch.state.load(std::memory_order_relaxed) == Batch::State::executing) {
    session.batch.output.append(bytes);
    return;
  }
  session.pushes.append(bytes);
  if (session.pushing) return;
  if (SessionPtr held = find(session.id)) {
    session.pushing = true;
    pushing_.push_back(std::move(held));
  }
}

std::vector<SessionPtr> ClientTable::take_pushing() {
  for (const SessionPtr& session : pushing_) session->pushing = false;
  return std::exchange(pushing_, {});
}

std::vector<SessionPtr> ClientTable::take_killed() {
  return std::exchange(killed_, {});
}

}  // namespace respawn::engine
