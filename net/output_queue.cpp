#include "net/output_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace respawn::net {
namespace {

/// Larger memory goes back to the allocator: one huge reply must not stay with us for ever.
constexpr std::size_t pooled_bytes_max = 64 * 1024;
constexpr std::size_t pooled_buffers_max = 256;

/// Up to this size, copying is cheaper than one more piece for the kernel.
constexpr std::size_t merged_bytes_max = 16 * 1024;

}  // namespace

Buffer BufferPool::take() {
  if (free_.empty()) return {};
  Buffer buffer = std::move(free_.back());
  free_.pop_back();
  return buffer;
}

void BufferPool::give(Buffer&& buffer) {
  Buffer given = std::move(buffer);
  given.clear();
  if (given.capacity() == 0 || given.capacity() > pooled_bytes_max) return;
  if (free_.size() < pooled_buffers_max) free_.push_back(std::move(given));
}

void OutputQueue::append(Buffer& bytes, BufferPool& pool) {
  if (bytes.empty()) return;
  size_bytes_ += bytes.size();
  const std::size_t waiting = buffers_.size() - first_ - sending_;
  if (waiting > 0 && buffers_.back().size() + bytes.size() <= merged_bytes_max) {
    buffers_.back().append(bytes.view());
    bytes.clear();
    return;
  }
  buffers_.push_back(std::move(bytes));
  bytes = pool.take();
}

std::size_t OutputQueue::begin_send(std::span<iovec> pieces) {
  RESPAWN_CHECK(!empty() && !sending());
  const std::size_t count = std::min(pieces.size(), buffers_.size() - first_);
  for (std::size_t i = 0; i < count; ++i) {
    Buffer& buffer = buffers_[first_ + i];
    const std::size_t offset = i == 0 ? first_offset_ : 0;
    pieces[i] = {buffer.data() + offset, buffer.size() - offset};
  }
  sending_ = count;
  return count;
}

void OutputQueue::end_send(std::size_t bytes, BufferPool& pool) {
  RESPAWN_CHECK(bytes <= size_bytes_);
  sending_ = 0;
  size_bytes_ -= bytes;
  while (bytes > 0) {
    const std::size_t left = buffers_[first_].size() - first_offset_;
    if (bytes < left) {
      first_offset_ += bytes;
      break;
    }
    bytes -= left;
    first_offset_ = 0;
    pool.give(std::move(buffers_[first_++]));
  }
  if (first_ == buffers_.size()) {
    buffers_.clear();
    first_ = 0;
  } else if (first_ >= 64 && first_ * 2 >= buffers_.size()) {  // never a long run of empty ones
    buffers_.erase(buffers_.begin(), buffers_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void OutputQueue::clear() {
  RESPAWN_CHECK(!sending());
  buffers_.clear();
  first_ = first_offset_ = size_bytes_ = 0;
}

}  // namespace respawn::net
