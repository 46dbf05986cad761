// That data is being loaded, and how far that is.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace respawn::engine {

/// What a thread that loads says of it. Thread-safe.
struct LoadProgress {
  std::atomic<std::uint64_t> total_bytes{0};
  std::atomic<std::uint64_t> loaded_bytes{0};
  std::atomic<std::uint64_t> used_memory_bytes{0};  // of the server that wrote it; 0: not said
  std::atomic<bool> stop_wanted{false};             // by whoever waits: nobody needs it any more
};

/// Owner: the store. While it is active commands are refused, but for those whose row says
/// otherwise; nothing expires, and nothing is saved.
struct Loading {
  bool active = false;
  std::int64_t begun_s = 0;  // wall clock
  std::shared_ptr<LoadProgress> progress = std::make_shared<LoadProgress>();

  // Of the last load that ended.
  std::uint64_t keys_loaded = 0;
  std::uint64_t keys_expired = 0;
};

}  // namespace respawn::engine
