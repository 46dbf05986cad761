#include "base/buffer.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>

#include "base/check.hpp"

namespace respawn {

namespace {

constexpr std::size_t first_capacity = 256;
constexpr std::size_t page_bytes = 4096;
constexpr std::size_t capacity_max = std::numeric_limits<std::size_t>::max() / 4;

/// Small requests get a power of two, which allocators serve without waste; large ones only whole
/// pages, because doubling a 512 MB argument would cost another 512 MB.
std::size_t rounded(std::size_t bytes) {
  if (bytes <= first_capacity) return first_capacity;
  if (bytes > page_bytes) return (bytes + page_bytes - 1) / page_bytes * page_bytes;
  std::size_t power = first_capacity;
  while (power < bytes) power *= 2;
  return power;
}

}  // namespace

Buffer::~Buffer() {
  std::free(data_);
}

void Buffer::grow(std::size_t bytes) {
  if (bytes > capacity_max - size_) throw std::bad_alloc();
  const std::size_t capacity = std::max(capacity_ * 2, rounded(size_ + bytes));
  void* data = std::realloc(data_, capacity);
  if (data == nullptr) throw std::bad_alloc();
  data_ = static_cast<char*>(data);
  capacity_ = capacity;
}

void Buffer::consume(std::size_t bytes) {
  RESPAWN_CHECK(bytes <= size_ && !attached_);
  size_ -= bytes;
  if (size_ > 0 && bytes > 0) std::memmove(data_, data_ + bytes, size_);
}

std::string Buffer::text() const {
  std::string all;
  all.reserve(total_bytes());
  std::size_t at = 0;
  for (const Attachment& attachment : attachments()) {
    all.append(data_ + at, attachment.at - at).append(attachment.bytes);
    at = attachment.at;
  }
  return size_ == 0 ? all : all.append(data_ + at, size_ - at);
}

void Buffer::attach(BlockPtr block, std::string_view bytes) {
  if (!attached_) attached_ = std::make_unique<Attached>();
  attached_->list.push_back({size_, std::move(block), bytes});
  attached_->bytes += bytes.size();
}

void Buffer::append(const Buffer& other) {
  const std::size_t before = size_;
  append(other.view());
  for (const Attachment& attachment : other.attachments()) {
    attach(attachment.block, attachment.bytes);
    attached_->list.back().at = before + attachment.at;
  }
}

void Buffer::shift_attachments(std::size_t at, std::size_t bytes) {
  if (!attached_) return;
  for (Attachment& attachment : attached_->list)
    if (attachment.at >= at) attachment.at += bytes;
}

/// A block follows its header, so what is attached right at the end is not dropped.
void Buffer::detach_from(std::size_t at) {
  std::vector<Attachment>& list = attached_->list;
  while (!list.empty() && list.back().at > at) {
    attached_->bytes -= list.back().bytes.size();
    list.pop_back();
  }
  if (list.empty()) attached_.reset();
}

void Buffer::release() {
  attached_.reset();
  std::free(data_);
  data_ = nullptr;
  size_ = capacity_ = 0;
}

}  // namespace respawn
