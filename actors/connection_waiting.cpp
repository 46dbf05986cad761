// Output that waits for the disk: what rests on units that the append log has yet to flush.
#include <utility>

#include "actors/connection_actor.hpp"

namespace respawn::actors {

void ConnectionActor::send_when_durable(Buffer&& bytes) {
  const std::uint64_t offset = session_->log_offset.load(std::memory_order_relaxed);
  const auto verdict = parked_ ? DurableGate::Verdict::wait : gate_.judge(offset);
  if (verdict == DurableGate::Verdict::lost) return lose();
  if (verdict == DurableGate::Verdict::go) return send_now(std::move(bytes));
  if (!parked_) {
    parked_ = std::make_unique<ParkedOutput>();
    gate_.enter(*this);
  }
  parked_->bytes += bytes.total_bytes();
  parked_->pieces.push_back({offset, std::move(bytes)});
  check_output_limit();
}

void ConnectionActor::on_log_progress() {
  in_context([&] { send_parked(); });
}

void ConnectionActor::send_parked() {
  while (!parked_->pieces.empty()) {
    ParkedOutput::Piece& piece = parked_->pieces.front();
    const auto verdict = gate_.judge(piece.offset);
    if (verdict == DurableGate::Verdict::lost) return lose();
    if (verdict == DurableGate::Verdict::wait) return gate_.enter(*this);
    Buffer bytes = std::move(piece.bytes);
    parked_->bytes -= bytes.total_bytes();
    parked_->pieces.pop_front();
    send_now(std::move(bytes));
  }
  parked_.reset();
}

/// What the client would be told may be untrue, now or after a crash: it is told nothing.
void ConnectionActor::lose() {
  log_client(
      engine::LogLevel::warning,
      "The append log failed, and with it perhaps what this client was to be told: closing ");
  quit();
}

/// With what waits for the disk.
std::size_t ConnectionActor::unsent_bytes() const {
  return stream_->unsent_bytes() + (parked_ ? parked_->bytes : 0);
}

}  // namespace respawn::actors
