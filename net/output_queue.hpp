// Bytes on their way to a socket: the buffers handed to send(), in order, until the kernel has
// them.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <vector>

#include "base/buffer.hpp"

namespace respawn::net {

/// Empty buffers with capacity, so that sending allocates nothing in steady state. Owner: one loop.
class BufferPool {
 public:
  /// An empty buffer, with capacity if one is free.
  Buffer take();

  /// Keeps the memory of `buffer` for take(), unless it is too large or there is enough.
  void give(Buffer&& buffer);

 private:
  std::vector<Buffer> free_;
};

/// Owner: one stream. Small buffers are merged into one, large ones stay what they are. The first
/// begin_send() buffers are not touched (neither moved nor appended to) until end_send(): the
/// kernel may be reading them.
class OutputQueue {
 public:
  /// Takes the bytes; `bytes` is left empty, with capacity when the pool has some.
  void append(Buffer& bytes, BufferPool& pool);

  [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }

  [[nodiscard]] bool empty() const { return size_bytes_ == 0; }

  [[nodiscard]] bool sending() const { return sending_ != 0; }

  /// Describes what to send next, as many buffers as fit into `pieces`; returns how many do.
  /// REQUIRES: not empty() and not sending().
  std::size_t begin_send(std::span<iovec> pieces);

  /// The kernel took `bytes` of what begin_send() described.
  void end_send(std::size_t bytes, BufferPool& pool);

  /// Drops everything. REQUIRES: not sending().
  void clear();

 private:
  std::vector<Buffer> buffers_;   // [first_, end) are unsent
  std::size_t first_ = 0;         // index of the first unsent buffer
  std::size_t first_offset_ = 0;  // bytes of it that are sent
  std::size_t sending_ = 0;       // buffers from first_ on that the kernel may be reading
  std::size_t size_bytes_ = 0;
};

}  // namespace respawn::net
