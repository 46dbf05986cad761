// How much was copied because what was to change was shared.
#pragma once

#include <cstddef>
#include <cstdint>

namespace respawn::keyspace {

/// Bytes of blocks, and of chunks of pointers to them, that lists and streams copied before they
/// changed, for others (cuts, copies) hold the old ones: that many are held for these from then on.
/// Of each thread; only ever grows.
class CopiedBytes {
 public:
  [[nodiscard]] static std::uint64_t total() { return total_; }

  static void add(std::size_t bytes) { total_ += bytes; }

 private:
  static inline thread_local std::uint64_t total_ = 0;
};

}  // namespace respawn::keyspace
