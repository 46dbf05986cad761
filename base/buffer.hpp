// A growable run of bytes: replies are written into it, sockets read from and write out of it.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/shared_block.hpp"

namespace respawn {

/// Owner: whoever holds it (movable, not copyable). Memory is not zeroed. Growth doubles (realloc),
/// so appending n bytes is O(n) amortized. Invariant: size() <= capacity(). Views into it die with
/// the next append, reserve or consume. Throws std::bad_alloc when memory is out.
///
/// What is large and lies in a SharedBlock can be attached instead of copied: it belongs between
/// the bytes before and behind it, but is none of size() and view(). Whoever sends the contents
/// sends both.
class Buffer {
 public:
  /// Bytes of a block that belong in front of the byte number `at` of view().
  struct Attachment {
    std::size_t at = 0;
    BlockPtr block;
    std::string_view bytes;
  };

  Buffer() = default;

  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)),
        attached_(std::move(other.attached_)) {}

  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }

  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    attached_.swap(other.attached_);
  }

  [[nodiscard]] const char* data() const { return data_; }

  [[nodiscard]] char* data() { return data_; }

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// With what is attached.
  [[nodiscard]] std::size_t total_bytes() const {
    return size_ + (attached_ ? attached_->bytes : 0);
  }

  [[nodiscard]] bool has_attachments() const { return attached_ != nullptr; }

  /// In their order.
  [[nodiscard]] std::span<const Attachment> attachments() const {
    return attached_ ? std::span<const Attachment>(attached_->list) : std::span<const Attachment>();
  }

  /// All of it, what is attached included. O(total_bytes()).
  [[nodiscard]] std::string text() const;

  [[nodiscard]] std::string_view view() const { return {data_, size_}; }

  /// Makes room for `bytes` more and returns where they go; commit() says how many were written.
  char* reserve(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]]
      grow(bytes);
    return data_ + size_;
  }

  void commit(std::size_t bytes) { size_ += bytes; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  /// `bytes` lie in the block, which is held until they are dropped.
  void attach(BlockPtr block, std::string_view bytes);

  /// Everything that is in `other`, attachments included.
  void append(const Buffer& other);

  /// Bytes were put in before `at`: what is attached behind it has moved by so many.
  void shift_attachments(std::size_t at, std::size_t bytes);

  void push_back(char byte) {
    *reserve(1) = byte;
    ++size_;
  }

  /// Drops everything behind `size` (which is at most size()).
  void truncate(std::size_t size) {
    size_ = size;
    if (attached_) [[unlikely]]
      detach_from(size);
  }

  /// Drops the first `bytes`, moving the rest to the front. O(size). Requires no attachments.
  void consume(std::size_t bytes);

  void clear() {
    size_ = 0;
    if (attached_) [[unlikely]]
      attached_.reset();
  }

  /// Frees the memory.
  void release();

 private:
  struct Attached {
    std::vector<Attachment> list;
    std::size_t bytes = 0;  // of all of them
  };

  void grow(std::size_t bytes);
  void detach_from(std::size_t at);

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::unique_ptr<Attached> attached_;
};

}  // namespace respawn
