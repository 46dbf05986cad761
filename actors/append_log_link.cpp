#include "actors/append_log_link.hpp"

#include <utility>

namespace respawn::actors {

AppendLogLink::AppendLogLink() : mail_(std::make_shared<Mail>()) {}

DurableGate& AppendLogLink::gate_of(const net::EventLoop& loop) {
  std::lock_guard guard(mutex_);
  std::unique_ptr<DurableGate>& gate = gates_[&loop];
  if (!gate) gate = std::make_unique<DurableGate>(tail_);
  return *gate;
}

void AppendLogLink::enter(caf::actor disk) {
  std::lock_guard guard(mutex_);
  disk_ = std::move(disk);
}

/// Unless another has entered by then.
void AppendLogLink::leave(const caf::actor_addr& disk) {
  std::lock_guard guard(mutex_);
  if (disk_ && disk_.address() == disk) disk_ = nullptr;
}

void AppendLogLink::tell_disk() {
  caf::actor disk;
  {
    std::lock_guard guard(mutex_);
    disk = disk_;
  }
  // Where there is none, its successor looks by itself.
  if (disk) mail_->handed_over.send(disk, LogHandedOver{}, mail_);
}

void AppendLogLink::close() {
  std::lock_guard guard(mutex_);
  disk_ = nullptr;
}

}  // namespace respawn::actors
