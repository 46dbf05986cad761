// The io_uring of one loop: submission, completion, and the buffers the kernel receives into.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace respawn::net {

/// Owner: one UringLoop. Made disabled on any thread; the thread that calls enable() is then the
/// only one that may use it (the kernel insists). Needs Linux 6.1.
class UringRing {
 public:
  UringRing() = default;
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;
  ~UringRing();

  /// Sets up ring and buffers; an errno.
  int open();
  int enable();

  /// An entry of the submission queue, zeroed; submits what is there when the queue is full.
  io_uring_sqe* entry();

  /// Submits, and waits for `completions` (0 = does not wait; `timeout_us` of -1 = for ever).
  void submit_and_wait(unsigned completions, std::int64_t timeout_us);

  /// Submits, and waits for `completions` for at most `patience_us`; for the first one as
  /// submit_and_wait() does when there is none by then. Requires that can_linger().
  void submit_and_linger(unsigned completions, std::uint32_t patience_us, std::int64_t timeout_us);

  /// Whether the kernel can do that (Linux 6.12).
  [[nodiscard]] bool can_linger() const { return can_linger_; }

  /// Submits and lets the kernel finish what it can, without waiting.
  void submit_and_settle();

  /// Calls `handle(cqe)` for every completion there is, those that arrive meanwhile included.
  template <class Handle>
  void for_each_completion(Handle&& handle) {
    for (;;) {
      const unsigned head = *ring_.cq.khead;
      const unsigned tail = io_uring_smp_load_acquire(ring_.cq.ktail);
      if (head == tail) return;
      const io_uring_cqe completion = ring_.cq.cqes[head & ring_.cq.ring_mask];
      io_uring_cq_advance(&ring_, 1);  // before, so that a nested submit never finds the queue full
      handle(completion);
    }
  }

  /// The group that receives select their buffers from.
  static constexpr std::uint16_t buffer_group = 1;

  [[nodiscard]] std::string_view received(const io_uring_cqe& completion) const;
  /// Gives the buffer of a completion back to the kernel.
  void recycle(const io_uring_cqe& completion);
  /// A receive found no buffer: gives the kernel as many again, up to a limit. It uses all it has
  /// in turn, so each of them soon takes its memory; most servers need few.
  void provide_more();

  /// Gives the pages of the buffers back; they come again as they are used. To be called where
  /// every completion was taken.
  void release_pages();

  /// Whether this kernel does everything that the loop uses: tried out on a socket pair.
  static Status probe();

 private:
  int open_buffers();
  unsigned publish_entries();
  void add_buffer(std::uint16_t id);

  io_uring ring_{};
  bool open_ = false;
  bool registered_ = false;  // the kernel knows the ring by a number of its own
  bool can_linger_ = false;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  char* buffers_ = nullptr;
  unsigned provided_ = 0;  // buffers that the kernel was given
};

}  // namespace respawn::net
