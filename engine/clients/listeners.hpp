// Those who listen to one channel or pattern.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.hpp"

namespace respawn::engine {

struct Session;

/// Owner: Subscriptions. In the order in which they came, one behind the other in memory: a message
/// to thousands walks over them without searching. Who leaves takes no time that grows with their
/// number (O(log n), and now and then all move together).
class Listeners {
 public:
  /// `place` is greater than that of everybody here. Amortized O(1).
  void add(std::uint64_t place, Session& session) {
    listeners_.push_back({place, &session});
    ++count_;
  }

  /// Requires that somebody is at this place.
  void remove(std::uint64_t place) {
    const auto at = std::lower_bound(
        listeners_.begin(), listeners_.end(), place,
        [](const Listener& listener, std::uint64_t wanted) { return listener.place < wanted; });
    RESPAWN_CHECK(at != listeners_.end() && at->place == place && at->session != nullptr);
    at->session = nullptr;
    --count_;
    if (listeners_.size() - count_ > listeners_.size() / 2) close_gaps();
  }

  [[nodiscard]] std::size_t size() const { return count_; }

  [[nodiscard]] bool empty() const { return count_ == 0; }

  /// Calls `tell(Session&)` for each, which must not change who listens.
  template <class Tell>
  void for_each(Tell&& tell) const {
    for (const Listener& listener : listeners_)
      if (listener.session != nullptr) tell(*listener.session);
  }

 private:
  struct Listener {
    std::uint64_t place = 0;
    Session* session = nullptr;  // null: has left
  };

  void close_gaps() {
    std::erase_if(listeners_, [](const Listener& listener) { return listener.session == nullptr; });
  }

  std::vector<Listener> listeners_;  // by place
  std::size_t count_ = 0;            // of those that have not left
};

}  // namespace respawn::engine
