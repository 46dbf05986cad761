#include "engine/clients/holding.hpp"

namespace respawn::engine {

void Holding::hold(Session& session) {
  RESPAWN_CHECK(session.held == 0 && !session.blocked.active);
  session.held = held_.empty() ? 1 : held_.rbegin()->first + 1;
  held_.emplace(session.held, &session);
  ++clients_->blocked_count;
}

void Holding::forget(Session& session) {
  if (session.held == 0) return;
  held_.erase(session.held);
  session.held = 0;
  --clients_->blocked_count;
}

void Holding::rebuild() {
  held_.clear();
  for (const auto& [id, session] : clients_->all()) {
    if (session->held == 0) continue;
    // One that was not parked yet is the connection's, which submits it again.
    if (session->batch.state.load(std::memory_order_acquire) != Batch::State::parked) {
      session->held = 0;
      continue;
    }
    held_.emplace(session->held, session.get());
    ++clients_->blocked_count;
  }
}

}  // namespace respawn::engine
