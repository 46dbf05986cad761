#include "actors/durable_gate.hpp"

#include <algorithm>
#include <utility>

namespace respawn::actors {

void DurableGate::release() {
  called_.swap(waiters_);
  for (std::size_t i = 0; i < called_.size(); ++i)
    if (DurableWaiter* waiter = std::exchange(called_[i], nullptr)) waiter->on_log_progress();
  called_.clear();
}

void DurableGate::leave(DurableWaiter& waiter) {
  std::erase(waiters_, &waiter);
  std::replace(called_.begin(), called_.end(), &waiter, static_cast<DurableWaiter*>(nullptr));
}

}  // namespace respawn::actors
