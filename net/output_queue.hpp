// Bytes on their way to a socket: what was handed to send(), in order, until the kernel has it.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string_view>
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

  [[nodiscard]] bool empty() const { return free_.empty(); }

  /// Frees them all.
  void release() { std::vector<Buffer>().swap(free_); }

 private:
  std::vector<Buffer> free_;
};

/// Owner: one stream. Small buffers are merged into one, large ones stay what they are, and blocks
/// that are attached to a buffer are sent from where they lie. The first begin_send() pieces are
/// not touched (neither moved nor appended to) until end_send(): the kernel may be reading them.
class OutputQueue {
 public:
  /// About what is sent at once, so that the owner hears of progress.
  static constexpr std::size_t send_bytes_max = 1024 * 1024;

  /// Takes the bytes; `bytes` is left empty, with capacity when the pool has some.
  void append(Buffer& bytes, BufferPool& pool);

  [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }

  [[nodiscard]] bool empty() const { return size_bytes_ == 0; }

  [[nodiscard]] bool sending() const { return sending_ != 0; }

  /// Describes what to send next, as many pieces as fit into `vectors` and into send_bytes_max (the
  /// last may go past it); returns how many there are. REQUIRES: not empty() and not sending().
  std::size_t begin_send(std::span<iovec> vectors);

  /// The kernel took `bytes` of what begin_send() described.
  void end_send(std::size_t bytes, BufferPool& pool);

  /// Drops everything. REQUIRES: not sending().
  void clear();

 private:
  /// A buffer, or bytes of a block.
  struct Piece {
    Buffer buffer;
    BlockPtr block;
    std::string_view block_bytes;

    [[nodiscard]] std::string_view bytes() const { return block ? block_bytes : buffer.view(); }
  };

  void append_with_blocks(const Buffer& bytes, BufferPool& pool);
  void append_copy(std::string_view bytes, BufferPool& pool);

  std::vector<Piece> pieces_;     // [first_, end) are unsent
  std::size_t first_ = 0;         // index of the first unsent piece
  std::size_t first_offset_ = 0;  // bytes of it that are sent
  std::size_t sending_ = 0;       // pieces from first_ on that the kernel may be reading
  std::size_t size_bytes_ = 0;
};

}  // namespace respawn::net
