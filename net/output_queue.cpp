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
  if (bytes.has_attachments()) {
    append_with_blocks(bytes, pool);
    bytes.clear();
    return;
  }
  if (bytes.empty()) return;
  size_bytes_ += bytes.size();
  const std::size_t waiting = pieces_.size() - first_ - sending_;
  if (waiting > 0 && !pieces_.back().block &&
      pieces_.back().buffer.size() + bytes.size() <= merged_bytes_max) {
    pieces_.back().buffer.append(bytes.view());
    bytes.clear();
    return;
  }
  pieces_.push_back({std::move(bytes), {}, {}});
  bytes = pool.take();
}

void OutputQueue::append_with_blocks(const Buffer& bytes, BufferPool& pool) {
  const std::string_view inline_bytes = bytes.view();
  std::size_t at = 0;
  for (const Buffer::Attachment& attachment : bytes.attachments()) {
    append_copy(inline_bytes.substr(at, attachment.at - at), pool);
    at = attachment.at;
    pieces_.push_back({{}, attachment.block, attachment.bytes});
    size_bytes_ += attachment.bytes.size();
  }
  append_copy(inline_bytes.substr(at), pool);
}

void OutputQueue::append_copy(std::string_view bytes, BufferPool& pool) {
  Buffer copy = pool.take();
  copy.append(bytes);
  append(copy, pool);
  pool.give(std::move(copy));
}

std::size_t OutputQueue::begin_send(std::span<iovec> vectors) {
  RESPAWN_CHECK(!empty() && !sending());
  const std::size_t count_max = std::min(vectors.size(), pieces_.size() - first_);
  std::size_t total = 0;
  std::size_t count = 0;
  while (count < count_max && total < send_bytes_max) {
    std::string_view bytes = pieces_[first_ + count].bytes();
    if (count == 0) bytes.remove_prefix(first_offset_);
    bytes = bytes.substr(0, send_bytes_max);
    vectors[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
    total += bytes.size();
  }
  sending_ = count;
  return count;
}

void OutputQueue::end_send(std::size_t bytes, BufferPool& pool) {
  RESPAWN_CHECK(bytes <= size_bytes_);
  sending_ = 0;
  size_bytes_ -= bytes;
  while (bytes > 0) {
    const std::size_t left = pieces_[first_].bytes().size() - first_offset_;
    if (bytes < left) {
      first_offset_ += bytes;
      break;
    }
    bytes -= left;
    first_offset_ = 0;
    Piece& done = pieces_[first_++];
    done.block.reset();
    pool.give(std::move(done.buffer));
  }
  if (first_ == pieces_.size()) {
    pieces_.clear();
    first_ = 0;
  } else if (first_ >= 64 && first_ * 2 >= pieces_.size()) {  // never a long run of empty ones
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void OutputQueue::clear() {
  RESPAWN_CHECK(!sending());
  pieces_.clear();
  first_ = first_offset_ = size_bytes_ = 0;
}

}  // namespace respawn::net
