// What the two actors tell each other about a client while either may be at work on it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace respawn::engine {

/// Written by the connection actor, but for `subscriber` (the keyspace actor); read by anybody at
/// any time. Where no order is named, relaxed: a measure, nothing follows from it.
struct SocketFacts {
  std::atomic<std::size_t> query_bytes{0};
  std::atomic<std::size_t> query_free_bytes{0};
  std::atomic<std::size_t> output_bytes{0};  // waiting for a slow reader
  std::atomic<std::uint32_t> traffic{0};     // counts whatever went in or out; wraps
  std::atomic<bool> subscriber{false};       // set by the keyspace: which output limit applies

  /// All that the connection holds for the client; about, while it is at work.
  [[nodiscard]] std::size_t held_bytes() const {
    return query_bytes.load(std::memory_order_relaxed) +
           query_free_bytes.load(std::memory_order_relaxed) +
           output_bytes.load(std::memory_order_relaxed);
  }

  /// Nothing further will be received: what was still runs, but waits for nothing
  /// (release/acquire).
  std::atomic<bool> finished{false};
  std::atomic<bool> gone{
      false};  // the socket is closed: nothing may be served to it any more (release/acquire)
};

}  // namespace respawn::engine
